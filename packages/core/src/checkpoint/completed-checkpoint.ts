import type { OperatorSnapshot } from '../state/operator-snapshot.js';

/** A checkpoint that all subtasks have acknowledged: everything a restart needs, at any parallelism. */
export interface CompletedCheckpoint {
  readonly checkpointId: number;
  readonly job: string;
  /** Snapshots by operator uid, one per former subtask. */
  readonly operators: ReadonlyMap<string, readonly OperatorSnapshot[]>;
  /** Sources by operator uid. */
  readonly sources: ReadonlyMap<string, SourceCheckpoint>;
}

/** The part of a checkpoint that belongs to a source. */
export interface SourceCheckpoint {
  /** What the enumerator gave: splits not yet assigned and what it has seen. Plain data. */
  readonly enumerator: unknown;
  /** The splits that readers held, with their positions and watermarks. Plain data. */
  readonly splits: readonly unknown[];
}
