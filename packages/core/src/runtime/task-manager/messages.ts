/**
 * What the JobManager and its task managers say to each other. Messages arrive once and in order, and nobody waits inside
 * a call for an answer. In one thread they are handed over as they are; between threads `wire.ts` packs them.
 */
import type { LogFields, LogLevel } from '../../base/logger.js';
import type { Split } from '../../connector/source.js';
import type { BarrierElement } from '../../record/element.js';
import type { RestoredSubtask, SubtaskSnapshot, TaskSettings } from '../../task/ports.js';
import type { TaskManagerReport } from './report.js';

/** Tells a task manager its part of the job. Comes first, and once. */
export interface DeployMessage {
  readonly kind: 'deploy';
  /** Its own number. */
  readonly manager: number;
  /** By subtask id: the number of the task manager that runs it. */
  readonly placement: readonly number[];
  readonly settings: TaskSettings;
  /** Number of the run on its checkpoint directory. */
  readonly epoch: number;
  /** Which attempt of the run this is, from 0. A task manager serves one attempt, so whatever it says belongs to that. */
  readonly attempt: number;
  readonly restored: RestoredSubtask | undefined;
  /** Whether channels within the thread go through the codec: where no other thread would show what cannot travel. */
  readonly codedChannels: boolean;
}

/** What the JobManager tells a task manager. */
export type ToTaskManager =
  | DeployMessage
  /** Every subtask of the job is open: records may flow. */
  | { readonly kind: 'start' }
  | { readonly kind: 'addSplits'; readonly subtask: number; readonly splits: readonly Split[] }
  | { readonly kind: 'restoreSplits'; readonly subtask: number; readonly splits: readonly unknown[] }
  | { readonly kind: 'noMoreSplits'; readonly subtask: number }
  /** Watermark alignment: how far a source may go. */
  | { readonly kind: 'alignTo'; readonly subtask: number; readonly watermark: number }
  /** A checkpoint begins at the sources. */
  | { readonly kind: 'barrier'; readonly barrier: BarrierElement }
  | { readonly kind: 'checkpointComplete'; readonly checkpointId: number }
  | { readonly kind: 'checkpointAborted'; readonly checkpointId: number }
  /** Sources end where they are; what has arrived flows through. With `drain` the final watermark follows it. */
  | { readonly kind: 'stopSources'; readonly drain: boolean }
  /** Asks for `settled` with this number, once all has settled after everything said before. */
  | { readonly kind: 'settle'; readonly probe: number }
  /** Stop where you are and close everything; `closed` is the answer. The reason is the error that ended the job, if any. */
  | { readonly kind: 'close'; readonly reason: unknown };

/** What a task manager tells the JobManager. */
export type FromTaskManager =
  /** It has built the job and waits for its part; the fingerprint says which graph it has. */
  | { readonly kind: 'ready'; readonly fingerprint: string }
  /** All its subtasks are open. */
  | { readonly kind: 'deployed' }
  | { readonly kind: 'splitRequested'; readonly subtask: number; readonly finished: readonly string[] }
  | { readonly kind: 'acknowledged'; readonly subtask: number; readonly checkpointId: number; readonly snapshot: SubtaskSnapshot }
  | { readonly kind: 'watermark'; readonly subtask: number; readonly watermark: number }
  /** All its subtasks have ended and nothing is under way; `probe` is the last number it was asked with. */
  | { readonly kind: 'settled'; readonly probe: number }
  /** One of its subtasks has failed, and its loop stands still. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Everything is closed; nothing follows. */
  | { readonly kind: 'closed'; readonly errors: readonly unknown[]; readonly report: TaskManagerReport }
  | { readonly kind: 'print'; readonly text: string; readonly row: unknown }
  | { readonly kind: 'row'; readonly channel: string; readonly row: unknown }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields | undefined }
  | { readonly kind: 'report'; readonly report: TaskManagerReport };
