import type { Logger } from '../base/logger.js';
import type { MetricsReport } from '../base/metric-reading.js';
import type { OptionValues } from '../base/options.js';
import type { CheckpointStats } from '../checkpoint/checkpoint-stats.js';
import type { JobProgram } from './job-program.js';

/** How a job is run: what `execute()` and `job.run()` take. All have defaults. */
export interface RunOptions {
  /** Options of the table (`docs/reference/options.md`) by name, e.g. `{ 'batch.size': 256 }`; stronger than all other places. */
  readonly options?: Partial<OptionValues>;
  /**
   * What to go on from: the newest checkpoint of the run's own directory (`latest`, the default), nothing (`none`), or the
   * newest checkpoint in another directory, by its path.
   */
  readonly resume?: string;
  /** New uids by old uid, for operators that were renamed since. */
  readonly mapUid?: Readonly<Record<string, string>>;
  /** Event time starts anew after a restore. */
  readonly resetWatermarks?: boolean;
  /** Operators (`uid`) and single states (`uid/state`) whose restored state may be dropped. */
  readonly dropState?: readonly string[];
  /** Aborting it cancels the job. */
  readonly signal?: AbortSignal;
  /** A chance to emit a watermark after every record: results do not depend on batches. For golden jobs and tests. */
  readonly watermarkPerRecord?: boolean;
  /** Receives the rows of collecting sinks by channel. */
  readonly onRow?: (channel: string, row: unknown) => void;
  /** Receives what `print` shows, with the value behind it; by default the text goes to standard output. */
  readonly onPrint?: (text: string, row: unknown) => void;
  /** Is given all metrics of the job, every second unless `metrics.interval` says otherwise, and once more at the end. What it throws is a warning. */
  readonly onMetrics?: (report: MetricsReport) => void;
  /** Is told of each checkpoint that is complete or has failed, with what it has cost. What it throws is a warning. */
  readonly onCheckpoint?: (stats: CheckpointStats) => void;
  /** Where messages go; by default warnings and errors go to standard error. */
  readonly logger?: Logger;
}

/** What a finished job tells. */
export interface JobResult {
  readonly job: string;
  readonly state: 'FINISHED' | 'CANCELED';
  /** Seconds from start to end. */
  readonly seconds: number;
  /** Records read by all sources. */
  readonly recordsIn: number;
  /** Records written by all sinks. */
  readonly recordsOut: number;
  /** Elements dropped for being late, over all windows. */
  readonly lateRecordsDropped: number;
  /** Records that could not be decoded and were skipped. */
  readonly decodeErrors: number;
}

/** A job that runs. */
export interface JobHandle {
  /** Resolves when the job has ended; rejects with the error that ended it. */
  readonly done: Promise<JobResult>;
  /** Ends the job now. What is not committed is gone. */
  cancel(): Promise<void>;
  /** Stops the sources, lets everything that has arrived flow through, and commits it. */
  stop(): Promise<JobResult>;
}

/** Runs job programs: the port behind `execute()`. */
export interface Executor {
  execute(program: JobProgram, options?: RunOptions): JobHandle;
}
