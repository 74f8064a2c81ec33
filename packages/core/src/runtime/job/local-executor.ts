import { MetricRegistry } from '../../base/metrics.js';
import { resolveOptions } from '../../base/options.js';
import type { Platform } from '../../base/platform.js';
import type { Executor } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import { followSignal, jobOptions, type JobRunSettings } from './job-options.js';
import { LocalJob } from './local-job.js';

/** The executor behind `execute()` and `job.run()`: it runs the whole job in the calling thread. */
export function localExecutor(platform: Platform): Executor {
  // Without a store there is nothing to resume from, so whatever the option says is a fresh start.
  return { execute: (program, options = {}) => runLocally(program, platform, { ...options, resume: 'none' }) };
}

/** What a local run takes beyond the options of every run. */
export interface LocalRunOptions extends JobRunSettings {
  readonly metrics?: MetricRegistry;
}

/** Starts a job in the calling thread. */
export function runLocally(program: JobProgram, platform: Platform, options: LocalRunOptions = {}): LocalJob {
  const values = resolveOptions({ code: options.options ?? {} }).values;
  const job = new LocalJob(program, { ...jobOptions(program, platform, options, values), metrics: options.metrics ?? new MetricRegistry() });
  followSignal(job, options.signal);
  return job;
}
