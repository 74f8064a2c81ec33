/**
 * The port between a job and the places where its savepoints go. A savepoint is whole: it needs no file of the run that
 * took it, so its directory may be moved, copied and renamed, and outlives everything else.
 */
import type { CheckpointMetadata, StoredCheckpoint } from './checkpoint-store.js';
import type { WholeCheckpoint } from './whole-checkpoint.js';

/** A savepoint that is kept. */
export interface StoredSavepoint extends StoredCheckpoint {
  /** Its directory: what a job is resumed from. */
  readonly path: string;
}

/** A savepoint to come: its directory is there, and nothing in it. One of the two methods is called, once. */
export interface SavepointTarget {
  readonly path: string;
  readonly checkpointId: number;
  /** Writes everything durably, the manifest last. When it rejects, what it has written is gone again. */
  write(checkpoint: WholeCheckpoint, metadata: Omit<CheckpointMetadata, 'kind'>): Promise<StoredSavepoint>;
  /** Gives it up and removes the directory. */
  abandon(): void;
}

/** Where savepoints go. */
export interface Savepoints {
  /**
   * The highest number of this job's savepoints in the directory; 0 when there is none. A run that was killed may have given
   * out numbers that its successor knows nothing of.
   */
  lastId(directory: string, job: string): number;
  /** Makes the directory of a savepoint inside `directory`. Throws by code when it is there already or cannot be written. */
  prepare(directory: string, job: string, checkpointId: number): SavepointTarget;
}
