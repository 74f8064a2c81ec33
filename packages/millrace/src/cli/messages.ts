import type { JobResult } from '@millrace/core/spi';
import type { OptionValues } from '@millrace/core/spi';

/** What the worker thread of a job is started with. */
export interface WorkerStart {
  /** URL of the bundled job. */
  readonly bundle: string;
  /** The job's own arguments, as they came from the command line. */
  readonly jobArguments: readonly string[];
  readonly options: OptionValues;
  /** Rows of `print` are wanted as values, not as text. */
  readonly rows: boolean;
}

/** What the command tells the worker. */
export type ToWorker = { readonly type: 'stop' } | { readonly type: 'cancel' };

/** An error on its way between threads. */
export interface ErrorMessage {
  /** Set for coded errors. */
  readonly code: string | undefined;
  /** The whole text as people see it. */
  readonly text: string;
  readonly details: unknown;
  /** Where the error underneath came from, when it was one of the user's. */
  readonly stack: string | undefined;
  /** True when the command was used wrongly (exit code 2). */
  readonly wrongUse: boolean;
}

/** How far a job is. */
export interface Progress {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly seconds: number;
}

/** What the worker tells the command. */
export type FromWorker =
  | { readonly type: 'started'; readonly job: string; readonly parallelism: number }
  | { readonly type: 'print'; readonly text: string }
  | { readonly type: 'row'; readonly channel: string; readonly row: unknown }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'finished'; readonly result: JobResult }
  | { readonly type: 'failed'; readonly error: ErrorMessage };
