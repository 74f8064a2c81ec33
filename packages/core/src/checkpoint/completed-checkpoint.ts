import type { OperatorSnapshot } from '../state/operator-snapshot.js';

/** What the subtasks have handed in for one checkpoint: whole snapshots, or only what changed since the one before. */
export interface AcknowledgedCheckpoint {
  readonly checkpointId: number;
  readonly job: string;
  /** By subtask and operator (`<subtask>/<uid>`), so that each delta finds what it builds on. */
  readonly parts: ReadonlyMap<string, OperatorSnapshot>;
  /** Sources by operator uid. */
  readonly sources: ReadonlyMap<string, SourceCheckpoint>;
}

/** A checkpoint put together from its parts: everything a restart needs, at any parallelism. */
export interface CompletedCheckpoint {
  readonly checkpointId: number;
  readonly job: string;
  /** Snapshots by operator uid, one per former subtask. */
  readonly operators: ReadonlyMap<string, readonly OperatorSnapshot[]>;
  /** Sources by operator uid. */
  readonly sources: ReadonlyMap<string, SourceCheckpoint>;
}

/** What is known of a source as a whole. */
export interface SourceKnowledge {
  /** The type of the source's node, e.g. `kafka-source`: the rest means nothing to any other. Absent in checkpoints of early versions. */
  readonly type?: string;
  /** What the enumerator gave: splits not yet assigned and what it has seen. Plain data. */
  readonly enumerator: unknown;
}

/** The part of a checkpoint that belongs to a source. */
export interface SourceCheckpoint extends SourceKnowledge {
  /** The splits that readers held, with their positions and watermarks. Plain data. */
  readonly splits: readonly unknown[];
}
