import { existsSync } from 'node:fs';
import { askJob, didYouMean, forgetJob, knownJobs, nodePlatform, type JobEntry, type JobSummary } from '@millrace/core/command';
import { isCoded } from './error-text.js';
import { JobAmbiguous, JobUnknown, NoJobRuns } from './errors.js';

/** How long a job may take to say what it is, where many are asked. */
const SUMMARY_MS = 2000;

/** A running job, and what it says of itself; `undefined` when it does not answer. */
export interface FoundJob {
  readonly entry: JobEntry;
  readonly summary: JobSummary | undefined;
}

/** All jobs of this user that run, with what they say. What dead ones have left is removed. */
export async function runningJobs(): Promise<readonly FoundJob[]> {
  const found = await Promise.all(knownJobs(nodePlatform()).map(summarize));
  return found.filter((job) => job !== undefined);
}

async function summarize(entry: JobEntry): Promise<FoundJob | undefined> {
  try {
    return { entry, summary: (await askJob(nodePlatform(), entry.socket, 'summary', {}, { timeoutMs: SUMMARY_MS })) as JobSummary };
  } catch (error) {
    // Its process number may belong to somebody else by now: where nobody listens there is no job.
    if (!isCoded(error) || error.code !== 'MR-2355') return { entry, summary: undefined };
    if (isRefused(error)) forgetJob(nodePlatform(), entry);
    return undefined;
  }
}

/**
 * The job that a word means: its name, the run's id or the beginning of it, the number of its process, or its checkpoint
 * directory. Without a word, the only one that runs. Throws `JobUnknown`, `JobAmbiguous` or `NoJobRuns`.
 */
export function findJob(word: string | undefined): JobEntry {
  const jobs = knownJobs(nodePlatform());
  if (word === undefined) return theOnly(jobs);
  if (word.includes('/') || word === '.' || word === '..') return inDirectory(word);
  const ways: readonly ((job: JobEntry) => boolean)[] = [
    ({ id }) => id === word,
    ({ pid }) => String(pid) === word,
    ({ name }) => name === word,
    ({ id }) => word.length >= 3 && id.startsWith(word.toLowerCase()),
  ];
  for (const fits of ways) {
    const found = jobs.filter(fits);
    if (found.length === 1) return found[0] as JobEntry;
    if (found.length > 1) throw ambiguous(`"${word}" means ${found.length} running jobs`, found);
  }
  if (existsSync(word)) return inDirectory(word, jobs);
  if (jobs.length === 0) throw NoJobRuns.error({ what: `no job "${word}" is running, and no other one of this user` });
  throw JobUnknown.error({ what: `no job "${word}" is running.${didYouMean(word, jobs.map(({ name }) => name))}`, why: `these are: ${shown(jobs)}` });
}

function theOnly(jobs: readonly JobEntry[]): JobEntry {
  if (jobs.length === 1) return jobs[0] as JobEntry;
  if (jobs.length === 0) throw NoJobRuns.error({ what: 'no job of this user is running' });
  throw ambiguous(`${jobs.length} jobs are running`, jobs);
}

/** The job on a directory; `others`: those that run, where the path has no slash, so that it may as well be a mistyped name. */
function inDirectory(path: string, others: readonly JobEntry[] = []): JobEntry {
  if (!existsSync(path)) throw JobUnknown.error({ what: `there is no directory ${path}`, where: { file: path } });
  const jobs = knownJobs(nodePlatform(), path);
  if (jobs.length === 1) return jobs[0] as JobEntry;
  if (jobs.length > 1) throw ambiguous(`${jobs.length} jobs are running on ${path}`, jobs);
  throw JobUnknown.error({
    what: others.length === 0 ? `no job is running on ${path}` : `no job "${path}" is running, nor one on the directory of that name.${didYouMean(path, others.map(({ name }) => name))}`,
    ...(others.length === 0 ? {} : { why: `these are: ${shown(others)}` }),
    where: { file: path },
  });
}

function ambiguous(what: string, jobs: readonly JobEntry[]): Error {
  return JobAmbiguous.error({ what, why: shown(jobs), remedy: 'Name the one that is meant by its id or the number of its process.' });
}

function shown(jobs: readonly JobEntry[]): string {
  return jobs.map(({ name, id, pid }) => `${name} (id ${id}, process ${pid})`).join(', ');
}

/** Whether nobody listens there, as opposed to somebody who may not be spoken to. */
function isRefused(error: Error): boolean {
  return /ECONNREFUSED|ENOENT/.test(`${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`);
}
