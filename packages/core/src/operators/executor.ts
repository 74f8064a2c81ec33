import type { JobProgram } from './job-program.js';

/** How a job is run: what `execute()` and `job.run()` take. All have defaults. */
export interface RunOptions {
  readonly parallelism?: number;
  readonly check?: boolean;
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  /** Receives the rows of `print` and collecting sinks by channel; by default `print` goes to standard output. */
  readonly onRow?: (channel: string, row: unknown) => void;
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
  execute(program: JobProgram, options: RunOptions): JobHandle;
}
