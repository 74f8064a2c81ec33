import { isAbsolutePath } from '../../base/paths.js';
import type { Platform } from '../../base/platform.js';
import { planOf } from '../../graph/plan.js';
import type { StoredSavepoint } from '../../checkpoint/savepoint.js';
import type { ParallelismRequest } from '../../graph/rescaled-graph.js';
import type { JobHandle } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { JobDescription } from '../job/job-description.js';
import type { ControlActions } from './control-server.js';
import { ControlRequestInvalid } from './errors.js';

/** The job behind a control socket, as far as it can be asked for things. */
export interface ControlledJob extends JobHandle {
  readonly program: JobProgram;
  describe(): JobDescription;
  rescale(request: ParallelismRequest): Promise<void>;
  savepoint(options: { readonly directory: string }): Promise<StoredSavepoint>;
  progress(): { readonly recordsIn: number; readonly recordsOut: number; readonly seconds: number };
}

/** What is known of a job beside what it says itself. */
export interface ControlledRun {
  readonly id: string;
  readonly checkpointDirectory: string | undefined;
}

/** A job in few words, as `millrace list` shows it. */
export interface JobSummary {
  readonly id: string;
  readonly job: string;
  readonly state: string;
  readonly pid: number;
  readonly parallelism: number;
  readonly startedAt: number;
  /** The clock of the job's machine. */
  readonly now: number;
  readonly checkpointDirectory: string | undefined;
  /** When the newest checkpoint of this run became complete. */
  readonly checkpointAt: number | undefined;
  readonly restarts: number;
}

/** Between two words on how far a job is that ends. */
const NEWS_MS = 500;

/** What a job can be asked for through its control socket. */
export function jobActions(platform: Platform, job: ControlledJob, run: ControlledRun): ControlActions {
  return {
    summary: () => summaryOf(platform, job, run),
    describe: () => ({
      id: run.id,
      pid: platform.process.pid,
      host: platform.machine.hostName(),
      now: platform.clock.now(),
      checkpointDirectory: run.checkpointDirectory,
      progress: job.progress(),
      ...job.describe(),
      plan: planOf(job.program.streamGraph),
    }),
    stop: (given, progress) => {
      takes(given, ['drain', 'savepoint']);
      const { drain, savepoint } = given;
      if (drain !== undefined && typeof drain !== 'boolean') throw ControlRequestInvalid.error({ what: '"drain" is neither true nor false' });
      const options = { ...(drain === undefined ? {} : { drain }), ...(savepoint === undefined ? {} : { savepoint: directoryOf('savepoint', savepoint) }) };
      return withNews(platform, job, progress, () => job.stop(options));
    },
    savepoint: (given, progress) => {
      takes(given, ['directory']);
      const directory = given['directory'] ?? run.checkpointDirectory;
      if (directory === undefined) throw ControlRequestInvalid.error({ what: 'the job has no checkpoint directory, so the savepoint needs one of its own', remedy: 'Name it: millrace savepoint JOB DIR' });
      return withNews(platform, job, progress, () => job.savepoint({ directory: directoryOf('directory', directory) }));
    },
    rescale: (given, progress) => {
      takes(given, ['parallelism', 'operators']);
      return withNews(platform, job, progress, () => rescale(job, given));
    },
    cancel: (given, progress) => {
      takes(given, []);
      return withNews(platform, job, progress, async () => {
        await job.cancel();
        return { job: job.describe().job, state: job.describe().state };
      });
    },
  };
}

function summaryOf(platform: Platform, job: ControlledJob, run: ControlledRun): JobSummary {
  const { job: name, state, parallelism, startedAt, checkpoints, restarts } = job.describe();
  return {
    id: run.id, job: name, state, pid: platform.process.pid, parallelism, startedAt, now: platform.clock.now(),
    checkpointDirectory: run.checkpointDirectory, checkpointAt: checkpoints?.last?.at, restarts,
  };
}

/** The job may run in another directory than whoever asks. */
function directoryOf(name: string, path: unknown): string {
  if (typeof path === 'string' && isAbsolutePath(path)) return path;
  throw ControlRequestInvalid.error({ what: `"${name}" is no absolute path` });
}

/** First the whole job, then single operators: the whole would take back what was said of them. */
async function rescale(job: ControlledJob, { parallelism, operators }: Readonly<Record<string, unknown>>): Promise<unknown> {
  const byUid = typeof operators === 'object' && operators !== null ? Object.entries(operators) : [];
  if (parallelism === undefined && byUid.length === 0) throw ControlRequestInvalid.error({ what: '"rescale" takes "parallelism", "operators" or both' });
  for (const [name, value] of [...(parallelism === undefined ? [] : [['parallelism', parallelism]]), ...byUid]) {
    if (!Number.isSafeInteger(value) || (value as number) < 1) throw ControlRequestInvalid.error({ what: `the parallelism of ${JSON.stringify(name)} is no positive integer` });
  }
  if (parallelism !== undefined) await job.rescale(parallelism as number);
  if (byUid.length > 0) await job.rescale(Object.fromEntries(byUid) as Record<string, number>);
  const { job: name, state, parallelism: now, operators: running } = job.describe();
  return { job: name, state, parallelism: now, operators: running.map(({ uid, name: operator, parallelism: of }) => ({ uid, name: operator, parallelism: of })) };
}

/** Lets the asker see how the job goes on while something takes its time. */
async function withNews(platform: Platform, job: ControlledJob, progress: (news: unknown) => void, action: () => Promise<unknown>): Promise<unknown> {
  let timer = platform.timers.setTimer(0, tell, { keepsAlive: false });
  function tell(): void {
    progress({ state: job.describe().state, ...job.progress() });
    timer = platform.timers.setTimer(NEWS_MS, tell, { keepsAlive: false });
  }
  try {
    return await action();
  } finally {
    timer.cancel();
  }
}

/** Throws for a value that the verb does not take: doing half of what was meant would be worse. */
function takes(given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw ControlRequestInvalid.error({ what: `the job does not take ${unknown.map((name) => `"${name.slice(0, 64)}"`).join(', ')} here` });
}
