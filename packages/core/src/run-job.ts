import { runOptionsOf, type ExecuteOptions } from './api/environment.js';
import { assertMayExecute } from './api/execution-guard.js';
import { createStreamLogger } from './base/logger.js';
import { resolveOptions } from './base/options.js';
import type { MetricReading } from './base/metric-reading.js';
import type { ThreadLimits, Threads } from './base/platform-threads.js';
import type { StoredCheckpoint } from './checkpoint/checkpoint-store.js';
import { controlJob, type ControlledJobHandle } from './control-job.js';
import type { ParallelismRequest } from './graph/rescaled-graph.js';
import type { StoredSavepoint } from './checkpoint/savepoint.js';
import { loadProgram, type JobReference } from './load-program.js';
import { nodeRun } from './node-executor.js';
import type { JobHandle, JobResult, RunOptions, StopOptions } from './operators/executor.js';
import type { JobProgram } from './operators/job-program.js';
import { nodePlatform } from './platform/node/node-platform.js';
import type { JobDescription } from './runtime/job/job-description.js';
import type { JobManager } from './runtime/job/job-manager.js';
import { runInThreads } from './runtime/job/threaded-job.js';
import type { OutputForm } from './runtime/task-manager/output-buffer.js';
import { WORKER_ENTRY } from './warm-workers.js';

/** How a job runs in worker threads. */
export interface WorkerRunOptions extends RunOptions {
  /** Worker threads; as many as the job has parallel instances, but no more than the machine has cores, unless given. */
  readonly workers?: number;
  /** Limits of each worker's memory, where the usual ones do not fit. */
  readonly limits?: ThreadLimits;
  /** How long a worker may be silent: after `warnAfterMs` (10 s) a warning names the operator, after `failAfterMs` (never) the job fails. */
  readonly watchdog?: { readonly warnAfterMs?: number; readonly failAfterMs?: number };
}

/** What a program that stands between the job and its user may say besides, as the command line does. */
export interface HostedRunOptions extends WorkerRunOptions {
  /** Where worker threads come from, as from `warmWorkers`. */
  readonly threads?: Threads;
  /** `text`: `onPrint` gets no value, which costs less. `lines`: it gets a line of JSON for every printed or collected value, and `onRow` nothing. */
  readonly outputForm?: OutputForm;
}

/** What `runJob` takes: the job's arguments, settings and options, and how many threads. */
export interface RunJobOptions extends ExecuteOptions, Omit<WorkerRunOptions, keyof RunOptions> {
  /** The arguments of the job, by name. */
  readonly args?: Readonly<Record<string, unknown>>;
  /**
   * Lets the commands `millrace list`, `describe`, `stop` and so on speak to the job, through a socket that only this user
   * may use: `true` for the usual place, or the path of a folder that is closed to others. Off unless given.
   */
  readonly control?: boolean | string;
}

/** A job that runs in worker threads. With `await using` it is canceled when the block is left before it has ended. */
export interface RunningJob extends JobHandle, AsyncDisposable {
  readonly name: string;
  /** What the commands may call this run by; undefined when it does not listen. */
  readonly id: string | undefined;
  /** How far the job is; at most a quarter of a second old. */
  progress(): { readonly recordsIn: number; readonly recordsOut: number; readonly seconds: number };
  /** The job as it is now: state, plan, subtasks, checkpoints, and what has gone wrong. Plain data. */
  describe(): JobDescription;
  /** The metrics of all subtasks that are one value. */
  metrics(): readonly MetricReading[];
  /** Takes a checkpoint now; resolves when it is stored. */
  checkpoint(): Promise<StoredCheckpoint>;
  /**
   * Gives the running job another parallelism: a number for all operators that have none of their own, or numbers by
   * operator uid. It takes a checkpoint and goes on from it in the same process, with as many worker threads as it then has
   * use for. Resolves when records flow again. Rejects, and the job goes on as it was, when it cannot take a checkpoint
   * (`MR-2312`, `MR-2306`) or the parallelism is not possible (`MR-1402`, `MR-1404`, `MR-1406`).
   */
  rescale(parallelism: ParallelismRequest): Promise<void>;
  /** Takes a savepoint, in a new directory inside `directory`; resolves when it is durable. The job goes on, and commits nothing for it. */
  savepoint(options: { readonly directory: string }): Promise<StoredSavepoint>;
}

/**
 * Runs the job that a module exports, its subtasks spread over worker threads; the calling thread only coordinates. Every
 * worker imports the module by itself, so it has no side effects at top level.
 *
 * @example
 * ```ts no-run needs a job file of its own
 * import { runJob } from 'millrace';
 *
 * await using job = await runJob(new URL('./job.js', import.meta.url), { parallelism: 4, args: { input: 'orders.ndjson' } });
 * const { recordsIn } = await job.done;
 * console.log(recordsIn);
 * ```
 */
export async function runJob(url: URL | string, options: RunJobOptions = {}): Promise<RunningJob> {
  assertMayExecute(String(url));
  const { args = {}, workers, limits, watchdog, control = false, ...settings } = options;
  const run = runOptionsOf(settings as ExecuteOptions);
  const reference: JobReference = { url: String(url), arguments: { values: args }, options: run.options ?? {} };
  const { job, program } = await loadProgram(nodePlatform(), reference);
  const more: WorkerRunOptions = { ...(workers === undefined ? {} : { workers }), ...(limits === undefined ? {} : { limits }), ...(watchdog === undefined ? {} : { watchdog }) };
  const manager = runInWorkers(program, reference, { ...run, ...more });
  if (control === false) return new WorkerJob(job.name, manager, undefined);
  const { values } = resolveOptions({ code: run.options ?? {} });
  const controlled = controlJob(manager, {
    checkpointDirectory: values['checkpoint.dir'],
    logger: run.logger ?? createStreamLogger({ stream: nodePlatform().streams.stderr, clock: nodePlatform().clock, level: 'warn' }),
    ...(control === true ? {} : { folder: control }),
  });
  await controlled.ready;
  return new WorkerJob(job.name, manager, controlled);
}

/** Runs a job program in worker threads that build it again from the reference. */
export function runInWorkers(program: JobProgram, reference: JobReference, { workers, limits, watchdog, threads, outputForm, ...options }: HostedRunOptions = {}): JobManager {
  const platform = threads === undefined ? nodePlatform() : { ...nodePlatform(), threads };
  return runInThreads(program, platform, {
    ...nodeRun(program, options),
    entryUrl: WORKER_ENTRY,
    job: reference,
    boundOutput: true,
    ...(workers === undefined ? {} : { workers }),
    ...(limits === undefined ? {} : { limits }),
    ...(watchdog === undefined ? {} : { watchdog }),
    ...(outputForm === undefined ? {} : { outputForm }),
  });
}

class WorkerJob implements RunningJob {
  readonly name: string;
  readonly id: string | undefined;
  readonly done: Promise<JobResult>;
  readonly #manager: JobManager;

  constructor(name: string, manager: JobManager, controlled: ControlledJobHandle | undefined) {
    this.name = name;
    this.id = controlled?.id;
    // Whoever asked for the end hears of it before the program goes on.
    this.done = controlled === undefined ? manager.done : manager.done.finally(() => controlled.close());
    this.#manager = manager;
  }

  async cancel(): Promise<void> {
    await this.#manager.cancel();
    await this.done.catch(() => {});
  }

  async stop(options?: StopOptions): Promise<JobResult> {
    await this.#manager.stop(options);
    return this.done;
  }

  progress(): ReturnType<RunningJob['progress']> {
    return this.#manager.progress();
  }

  describe(): JobDescription {
    return this.#manager.describe();
  }

  metrics(): readonly MetricReading[] {
    return this.#manager.metrics();
  }

  checkpoint(): Promise<StoredCheckpoint> {
    return this.#manager.checkpoint();
  }

  rescale(parallelism: ParallelismRequest): Promise<void> {
    return this.#manager.rescale(parallelism);
  }

  savepoint(options: { readonly directory: string }): Promise<StoredSavepoint> {
    return this.#manager.savepoint(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }
}

