import { resolveOptions } from '../../base/options.js';
import type { Platform } from '../../base/platform.js';
import type { ThreadLimits } from '../../base/platform-threads.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { OutputForm } from '../task-manager/output-buffer.js';
import { JobManager } from './job-manager.js';
import { followSignal, jobOptions, type JobRunSettings } from './job-options.js';
import { threadManagers } from './thread-managers.js';
import { workerLimits } from './worker-limits.js';

/** What a run in worker threads takes beyond the options of every run. */
export interface ThreadedRunOptions extends JobRunSettings {
  /** URL of the module that a worker runs. */
  readonly entryUrl: string;
  /** How a worker loads the job; must be able to travel. */
  readonly job: unknown;
  /** Worker threads; as many as the job has parallel instances, but no more than the machine has cores, unless given. */
  readonly workers?: number;
  /** Limits of each worker's memory, where the usual ones do not fit. */
  readonly limits?: ThreadLimits;
  /** What `onPrint` and `onRow` get; printed values beside their texts, where `onPrint` is given, unless said otherwise. */
  readonly outputForm?: OutputForm;
  /** Whether a worker waits when its output is not read; needs real threads. */
  readonly boundOutput?: boolean;
}

/** Starts a job whose subtasks run in worker threads; the calling thread only coordinates. */
export function runInThreads(program: JobProgram, platform: Platform, options: ThreadedRunOptions): JobManager {
  const values = resolveOptions({ code: options.options ?? {} }).values;
  const managers = threadManagers({
    platform,
    workers: options.workers ?? platform.machine.cores().length,
    entryUrl: options.entryUrl,
    job: options.job,
    outputForm: options.outputForm ?? (options.onPrint === undefined ? 'text' : 'rows'),
    limits: workerLimits(options.limits),
    boundOutput: options.boundOutput === true,
  });
  const job = new JobManager(program, jobOptions(program, platform, options, values), managers);
  followSignal(job, options.signal);
  return job;
}
