import { runningJobs, type FoundJob } from './find-job.js';
import { span, table } from './table.js';
import type { Terminal } from './terminal.js';

/** Shows the running jobs of this user. */
export async function listCommand(json: boolean, terminal: Terminal): Promise<number> {
  const jobs = await runningJobs();
  if (json) terminal.out(`${JSON.stringify(jobs.map(plain))}\n`);
  else if (jobs.length === 0) terminal.note('no job is running');
  else terminal.out(table([['ID', 'JOB', 'STATE', 'UP', 'PARALLELISM', 'PROCESS', 'LAST CHECKPOINT'], ...jobs.map(row)]));
  return 0;
}

function row({ entry, summary }: FoundJob): string[] {
  if (summary === undefined) return [entry.id, entry.name, 'NOT ANSWERING', span(Date.now() - entry.startedAt), '', String(entry.pid), ''];
  const { now, startedAt, checkpointAt, checkpointDirectory } = summary;
  const checkpoint = checkpointDirectory === undefined ? 'none: no directory' : checkpointAt === undefined ? 'none yet' : `${span(now - checkpointAt)} ago`;
  return [entry.id, entry.name, summary.state, span(now - startedAt), String(summary.parallelism), String(entry.pid), checkpoint];
}

/** The state is null for a job that does not answer, and so is what only the job knows. */
function plain({ entry, summary }: FoundJob): Record<string, unknown> {
  const { id, name, pid, host, socket, checkpointDirectory, startedAt } = entry;
  return {
    id, job: name, state: summary?.state ?? null, pid, host, startedAt, parallelism: summary?.parallelism ?? null, restarts: summary?.restarts ?? null,
    checkpointDirectory: checkpointDirectory ?? null, checkpointAt: summary?.checkpointAt ?? null, socket,
  };
}
