import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import type { SourceCheckpoint } from './completed-checkpoint.js';

/** A base or delta of one key group; its bytes are read when it is its turn, so that not all state lies in memory. */
export interface WholePart {
  readonly keyGroup: number;
  readonly kind: 'base' | 'delta';
  /** The bytes, verified, a piece at a time; a piece is valid until the next. Throws a coded error when the file that holds them is damaged. */
  pieces(): Iterable<Uint8Array>;
}

/** What the subtasks have handed in, together with everything that their deltas build on. */
export interface WholeCheckpoint {
  readonly checkpointId: number;
  readonly job: string;
  /** Epochs of the run that began the line of checkpoints, and of the run that takes this one. */
  readonly origin: { readonly lineage: number; readonly run: number };
  /** By subtask and operator: the snapshot, and in `chain` all parts in place of its own. */
  readonly operators: readonly { readonly snapshot: OperatorSnapshot; readonly chain: readonly WholePart[] }[];
  readonly sources: ReadonlyMap<string, SourceCheckpoint>;
}
