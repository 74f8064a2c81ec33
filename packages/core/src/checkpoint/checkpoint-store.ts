/**
 * The port between a job and the place where its checkpoints are kept: a directory, later object stores and HDFS. What
 * such a place must offer is little: writing a whole object durably, creating one only if it is absent, listing and
 * deleting.
 */
import type { AcknowledgedCheckpoint, CompletedCheckpoint } from './completed-checkpoint.js';
import type { WholeCheckpoint } from './whole-checkpoint.js';

/** Folder in a directory of checkpoints where state on disk is worked on: no part of any checkpoint. */
export const WORK_FOLDER = 'work';

/** A checkpoint or savepoint that is kept. */
export interface StoredCheckpoint {
  readonly checkpointId: number;
  readonly job: string;
  readonly kind: 'checkpoint' | 'savepoint';
  /** When it was completed, in epoch milliseconds. */
  readonly takenAt: number;
  /** Bytes of all files it needs. */
  readonly bytes: number;
  /** Bytes that were written for it alone; the rest it shares with earlier ones. */
  readonly newBytes: number;
  /** Fingerprint of the job graph it was taken from. */
  readonly fingerprint: string;
}

/** What goes with a checkpoint into its manifest. */
export interface CheckpointMetadata {
  readonly kind: 'checkpoint' | 'savepoint';
  readonly takenAt: number;
  readonly fingerprint: string;
  /** The final watermark was sent before it was taken: whoever resumes from it finds event time at its end. */
  readonly drained?: boolean;
}

/**
 * The checkpoints of one job. A run opens the store once; from then on it alone writes. All methods may take their time
 * and reject with coded errors; none leaves a checkpoint half-written that `restore` would take.
 */
export interface CheckpointStore {
  /**
   * Claims the store for a new run and gives its epoch, one more than that of any run before. Refused while another run
   * is alive; a dead or silent one is fenced off.
   */
  open(): Promise<number>;
  /** Everything kept, oldest first. Readable without `open`. */
  list(): Promise<readonly StoredCheckpoint[]>;
  /** The highest number whose commits may have begun, also of a checkpoint that cannot be read; 0 for none. New ones are numbered above it. */
  lastCommittingId?(): Promise<number>;
  /**
   * The newest checkpoint whose every byte verifies, or undefined when there is none. It falls back to an older one only
   * if no newer one had begun to commit its sinks; otherwise it stops by name.
   */
  newest(): Promise<CompletedCheckpoint | undefined>;
  /**
   * Makes a checkpoint durable that all subtasks have acknowledged; when it has resolved, a restart finds it. Deltas in
   * it build on the newest complete checkpoint. The memory of its blobs is the store's: nobody reads them afterwards.
   */
  write(checkpoint: AcknowledgedCheckpoint, metadata: CheckpointMetadata): Promise<StoredCheckpoint>;
  /**
   * Notes durably that commits of this checkpoint may begin: from now on no restart may go back before it. With that it is
   * complete, and older ones beyond the limit are deleted.
   */
  markCommitting(checkpointId: number): Promise<void>;
  /** Throws by code when a newer run has taken the store over: asked before an attempt begins. */
  assertCurrent?(): void;
  /** Says who is told, once, when a newer run has taken the store over, even if this one takes no checkpoint: it must end. */
  onReplaced?(listener: (error: Error) => void): void;
  /**
   * Hands out what the subtasks have acknowledged together with all that it builds on, for a savepoint. The parts can be
   * read until `use` has settled. The store itself does not change: its next checkpoint builds on the newest complete one.
   */
  whole<T>(checkpoint: AcknowledgedCheckpoint, use: (whole: WholeCheckpoint) => Promise<T>): Promise<T>;
  /** Ends the run's claim. */
  close(): Promise<void>;
}
