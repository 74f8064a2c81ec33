import { askJob, jsonLine, nodePlatform } from '@millrace/core/command';
import { progressLine } from './end-job.js';
import { WrongUse } from './errors.js';
import { findJob } from './find-job.js';
import { interruptible } from './interruptible.js';
import type { Terminal } from './terminal.js';

/** What `millrace rescale` was given. */
export interface RescaleCommand {
  /** `JOB N`, `JOB`, `N` or nothing. */
  readonly words: readonly string[];
  /** `UID=N`, each. */
  readonly operators: readonly string[];
  readonly json: boolean;
  readonly timeoutMs: number;
}

interface Rescaled {
  readonly job: string;
  readonly parallelism: number;
  readonly operators: readonly { readonly uid: string; readonly name: string; readonly parallelism: number }[];
}

/** Gives a running job another parallelism and waits until records flow again. */
export async function rescaleCommand({ words, operators, json, timeoutMs }: RescaleCommand, terminal: Terminal): Promise<number> {
  const { job: word, parallelism } = wordsOf(words, operators.length > 0);
  const wanted = { ...(parallelism === undefined ? {} : { parallelism }), ...(operators.length === 0 ? {} : { operators: Object.fromEntries(operators.map(operatorOf)) }) };
  const job = findJob(word);
  return interruptible(terminal, `not waited for any longer: ${job.name} is rescaled all the same`, async (signal) => {
    terminal.note(`rescaling ${job.name} (id ${job.id}, process ${job.pid})`);
    const answer = (await askJob(nodePlatform(), job.socket, 'rescale', wanted, { timeoutMs, signal, onProgress: (news) => terminal.progress(progressLine(news)) })) as Rescaled;
    terminal.endProgress();
    if (json) terminal.out(jsonLine({ type: 'rescaled', id: job.id, ...answer }));
    const own = answer.operators.filter((operator) => operator.parallelism !== answer.parallelism).map((operator) => `, ${operator.name} ${operator.parallelism}`);
    terminal.note(`rescaled ${answer.job}: parallelism ${answer.parallelism}${own.join('')}`);
    return 0;
  });
}

/** One word is the parallelism where it is a number, and the job otherwise. */
function wordsOf(words: readonly string[], hasOperators: boolean): { readonly job: string | undefined; readonly parallelism: number | undefined } {
  const [first, second] = words;
  if (second !== undefined) return { job: first, parallelism: positive(second, 'N') };
  if (first === undefined && !hasOperators) throw WrongUse.error({ what: 'millrace rescale needs the new parallelism', remedy: 'For instance: millrace rescale order-statistics 4' });
  if (first !== undefined && /^\d+$/.test(first)) return { job: undefined, parallelism: positive(first, 'N') };
  if (!hasOperators) throw WrongUse.error({ what: `millrace rescale ${first ?? ''} needs the new parallelism`, remedy: `For instance: millrace rescale ${first ?? 'JOB'} 4` });
  return { job: first, parallelism: undefined };
}

function operatorOf(pair: string): [string, number] {
  const at = pair.lastIndexOf('=');
  if (at <= 0) throw WrongUse.error({ what: `--operator takes UID=N, not "${pair}"` });
  return [pair.slice(0, at), positive(pair.slice(at + 1), '--operator')];
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw WrongUse.error({ what: `${name}: "${text}" is no parallelism, which is a positive integer` });
}
