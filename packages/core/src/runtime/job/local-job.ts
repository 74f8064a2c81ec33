import type { MetricRegistry } from '../../base/metrics.js';
import type { JobProgram } from '../../operators/job-program.js';
import { inThreadManager } from './in-thread-managers.js';
import { JobManager } from './job-manager.js';
import type { JobManagerOptions } from './job-manager-options.js';

/** What a local job is started with. */
export interface LocalJobOptions extends JobManagerOptions {
  readonly metrics: MetricRegistry;
}

/** One job in the calling thread: its JobManager and its only task manager. */
export class LocalJob extends JobManager {
  constructor(program: JobProgram, options: LocalJobOptions) {
    super(program, options, inThreadManager(options));
  }
}
