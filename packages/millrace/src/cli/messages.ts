import type { JobResult, OptionValues } from '@millrace/core/spi';

/** What to do with saved state, as the command line says. */
export interface RestoreChoice {
  /** `latest`, `none`, or the path of a checkpoint directory. */
  readonly resume: string;
  readonly mapUid: Readonly<Record<string, string>>;
  readonly dropState: readonly string[];
  readonly resetWatermarks: boolean;
  readonly claim: 'claim' | 'no-claim';
  readonly resumeDrained: boolean;
}

/** What the thread that leads the job is started with. The job itself follows as a message, once it is bundled. */
export interface CoordinatorStart {
  /** The job's own arguments, as they came from the command line. */
  readonly jobArguments: readonly string[];
  readonly options: OptionValues;
  readonly restore: RestoreChoice;
  /** Rows and events are wanted as JSON lines. */
  readonly json: boolean;
  /** Whether the job listens for other commands. */
  readonly control: boolean;
  /** Shared with the command: how much output is on its way (`output-flow.ts`). */
  readonly outputFlow: SharedArrayBuffer;
}

/** What the command tells that thread. */
export type ToCoordinator =
  | { readonly type: 'job'; readonly bundle: string; readonly source: string }
  | { readonly type: 'stop' };

/** An error on its way between threads. */
export interface ErrorMessage {
  /** Set for coded errors. */
  readonly code: string | undefined;
  /** The whole text as people see it. */
  readonly text: string;
  /** The parts of a coded error, as plain data. */
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

/** What it tells the command. */
export type FromCoordinator =
  | { readonly type: 'started'; readonly job: string; readonly id: string | undefined }
  /** Another command has asked for the job's end. */
  | { readonly type: 'asked'; readonly verb: 'stop' | 'cancel' }
  | { readonly type: 'output'; readonly text: string }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'finished'; readonly result: JobResult }
  | { readonly type: 'failed'; readonly error: ErrorMessage };
