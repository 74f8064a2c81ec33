import { askJob, jsonLine, nodePlatform } from '@millrace/core/command';
import { findJob } from './find-job.js';
import { interruptible } from './interruptible.js';
import { count } from './table.js';
import type { Terminal } from './terminal.js';

/** What `millrace stop` and `millrace cancel` were given. */
export interface EndCommand {
  readonly verb: 'stop' | 'cancel';
  /** Which job; the only one that runs, unless given. */
  readonly job: string | undefined;
  /** What goes with the request. */
  readonly with: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  readonly timeoutMs: number;
}

interface Ended {
  readonly job: string;
  readonly state: string;
  readonly recordsIn?: number;
  readonly recordsOut?: number;
  readonly savepoint?: string;
}

/** Ends a running job and waits until it has ended. */
export async function endCommand(command: EndCommand, terminal: Terminal): Promise<number> {
  const { verb, json, timeoutMs } = command;
  const job = findJob(command.job);
  return interruptible(terminal, `not waited for any longer: ${job.name} ends all the same`, async (signal) => {
    terminal.note(`${verb === 'stop' ? 'stopping' : 'canceling'} ${job.name} (id ${job.id}, process ${job.pid})`);
    const answer = await askJob(nodePlatform(), job.socket, verb, command.with, { timeoutMs, signal, onProgress: (news) => terminal.progress(progressLine(news)) });
    terminal.endProgress();
    const ended = answer as Ended;
    const state = verb === 'stop' ? 'STOPPED' : ended.state;
    if (json) terminal.out(jsonLine({ type: 'ended', id: job.id, ...ended, state }));
    else if (ended.savepoint !== undefined) terminal.out(`${ended.savepoint}\n`);
    const records = ended.recordsIn === undefined ? '' : `: ${count(ended.recordsIn)} records in · ${count(ended.recordsOut ?? 0)} results out`;
    terminal.note(`${state.toLowerCase()} ${ended.job}${records}`);
    return 0;
  });
}

/** What a job says of itself while it ends. */
export function progressLine(news: unknown): string {
  const { state, recordsIn, recordsOut } = (news ?? {}) as { readonly state?: string; readonly recordsIn?: number; readonly recordsOut?: number };
  return state === undefined ? 'waiting' : `${state.toLowerCase()} · ${count(recordsIn ?? 0)} records in · ${count(recordsOut ?? 0)} out`;
}
