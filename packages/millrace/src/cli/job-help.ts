import { describeJobArguments, type ArgumentHelp, type Job } from '@millrace/core/spi';
import { bundleJob } from './bundle.js';
import { loadJob } from './load-job.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

/** Shows the arguments that a job takes. False when the job has one of that name itself, which is then what was meant. */
export async function showJobHelp(file: string, terminal: Terminal): Promise<boolean> {
  const { url, source } = await bundleJob(file);
  const job = await loadJob(url, source);
  if (Object.hasOwn(job.args, 'help')) return false;
  terminal.out(jobHelpText(job));
  return true;
}

function jobHelpText({ name, args }: Job): string {
  const rows = describeJobArguments(args).map((argument) => [`  ${argument.flag}`, takesText(argument), argument.doc ?? '']);
  if (rows.length === 0) return `The job ${name} takes no arguments.\n`;
  const lines = table(rows).replace(/ +$/gm, '');
  return `The job ${name} takes, behind --:\n\n${lines}`;
}

function takesText({ takes, mayBeLeftOut, default: value }: ArgumentHelp): string {
  if (value !== undefined) return `${takes}; ${String(value)} unless given`;
  return mayBeLeftOut ? `${takes}; may be left out` : takes;
}
