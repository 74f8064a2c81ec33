import type { Logger } from '../base/logger.js';
import type { MetricsReport } from '../base/metric-reading.js';
import type { OptionValues } from '../base/options.js';
import type { CheckpointStats } from '../checkpoint/checkpoint-stats.js';
import type { Secret } from '../base/secret.js';
import type { JobProgram } from './job-program.js';

/** How a job is run: what `execute()` and `job.run()` take. All have defaults. */
export interface RunOptions {
  /** Options of the table (`docs/reference/options.md`) by name, e.g. `{ 'batch.size': 256 }`; stronger than all other places. */
  readonly options?: Partial<OptionValues>;
  /**
   * What to go on from: the newest checkpoint of the run's own directory (`latest`, the default), nothing (`none`), or the
   * path of a savepoint, of a directory of checkpoints (the newest one in it), or of the manifest of one checkpoint.
   */
  readonly resume?: string;
  /**
   * Whom the savepoint or checkpoint at the path of `resume` belongs to from then on. `no-claim` (the default): to you; the
   * run never touches it. `claim`: to the run, once its first checkpoint is complete; it is deleted when newer ones have
   * taken its place.
   */
  readonly claim?: 'claim' | 'no-claim';
  /** Also goes on from a savepoint that a stop with drain has left, and which is refused otherwise. */
  readonly resumeDrained?: boolean;
  /**
   * Keys of encrypted checkpoints by their id (option `checkpoint.encryptionKey`), each 32 bytes as 64 hexadecimal digits or in base64. A
   * key that is not here is looked for in the environment (`MILLRACE_KEY_<ID>`).
   */
  readonly encryptionKeys?: Readonly<Record<string, Secret>>;
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
  /** Directory of the savepoint that the job was stopped with. */
  readonly savepoint?: string;
}

/** How a job is stopped. */
export interface StopOptions {
  /**
   * Event time is brought to its end, so that all windows fire and all timers run. Not for a job that is to go on later:
   * whatever comes after that is late.
   */
  readonly drain?: boolean;
  /** Stops with a savepoint, in a directory of its own inside this one. Without `drain` nothing is fired, and a job that is resumed from it goes on as if it had never stopped. */
  readonly savepoint?: string;
}

/** A job that runs. */
export interface JobHandle {
  /** Resolves when the job has ended; rejects with the error that ended it. */
  readonly done: Promise<JobResult>;
  /** Ends the job now. What is not committed is gone. */
  cancel(): Promise<void>;
  /**
   * Stops the sources, lets everything that has arrived flow through, and commits it. With a savepoint it rejects by code
   * when that cannot be taken; without `drain` the job then goes on.
   */
  stop(options?: StopOptions): Promise<JobResult>;
}

/** Runs job programs: the port behind `execute()`. */
export interface Executor {
  execute(program: JobProgram, options?: RunOptions): JobHandle;
}
