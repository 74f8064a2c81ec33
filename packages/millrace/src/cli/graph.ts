import { parseJobArguments, planAsMermaid, planAsText, planOf, resolveOptions } from '@millrace/core/spi';
import { bundleJob } from './bundle.js';
import { loadJob } from './load-job.js';
import type { Terminal } from './terminal.js';

/** What `millrace graph` was given. */
export interface GraphCommand {
  readonly file: string;
  readonly jobArguments: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
  readonly format: 'text' | 'mermaid' | 'json';
}

/** Shows the graph of a job without running it. */
export async function graphCommand(command: GraphCommand, terminal: Terminal): Promise<number> {
  const options = resolveOptions({ commandLine: command.flags, environment: process.env }).values;
  const bundle = await bundleJob(command.file);
  process.setSourceMapsEnabled(true);
  const job = await loadJob(bundle, bundle.source);
  const program = job.build(parseJobArguments(job.args, command.jobArguments), { options });
  const plan = planOf(program.streamGraph, { check: options.check });
  const text = command.format === 'json' ? JSON.stringify(plan, undefined, 2) : command.format === 'mermaid' ? planAsMermaid(plan) : planAsText(plan);
  terminal.out(`${text.trimEnd()}\n`);
  return 0;
}
