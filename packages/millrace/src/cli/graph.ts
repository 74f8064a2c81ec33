import { parseJobArguments, planAsMermaid, planAsText, planOf, resolveOptions, type Job } from '@millrace/core/spi';
import { bundleJob } from './bundle.js';
import type { GRAPH_FORMATS } from './graph-formats.js';
import { loadJob } from './load-job.js';
import type { Terminal } from './terminal.js';
import { callersMistake } from './wrong-use.js';

/** What `millrace graph` was given. */
export interface GraphCommand {
  readonly file: string;
  readonly jobArguments: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
  readonly format: (typeof GRAPH_FORMATS)[number];
}

/** Shows the graph of a job without running it. Arguments that the job needs may be left out. */
export async function graphCommand(command: GraphCommand, terminal: Terminal): Promise<number> {
  const options = callersMistake(() => resolveOptions({ commandLine: command.flags, environment: process.env }).values);
  const { url, source } = await bundleJob(command.file);
  process.setSourceMapsEnabled(true);
  const job = await loadJob(url, source);
  const invented = placeholders(job, command.jobArguments);
  const values = callersMistake(() => parseJobArguments(job.args, [...command.jobArguments, ...invented]));
  if (invented.length > 0) terminal.note(`not given, so made up for the graph: ${invented.join(' ')}`);
  const { streamGraph } = job.build(values, { options });
  const plan = planOf(streamGraph, { check: options.check, mode: options['checkpoint.mode'] });
  terminal.out(command.format === 'json' ? `${JSON.stringify(plan, undefined, 2)}\n` : command.format === 'mermaid' ? planAsMermaid(plan) : planAsText(plan));
  return 0;
}

/** The graph rarely depends on a path or a rate, so nobody has to think of one to look at it. */
function placeholders(job: Job, given: readonly string[]): string[] {
  const named = new Set(given.filter((word) => word.startsWith('--')).map((word) => word.slice(2).replace(/=.*$/s, '')));
  return Object.entries(job.args).flatMap(([name, argument]) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (argument.optional || argument.default !== undefined || named.has(name) || named.has(flag)) return [];
    return [`--${flag}=${placeholder(name, argument)}`];
  });
}

function placeholder(name: string, argument: Job['args'][string]): string {
  switch (argument.kind) {
    case 'number':
      return String(argument.min ?? (argument.max !== undefined && argument.max < 1 ? argument.max : 1));
    case 'boolean':
      return 'false';
    case 'duration':
      return '1s';
    case 'choice':
      return argument.choices?.[0] ?? '';
    default:
      return name.toUpperCase();
  }
}
