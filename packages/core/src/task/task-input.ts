import type { ErrorLocation } from '../base/errors.js';
import type { BarrierElement } from '../record/element.js';

/** What a run of the input found: it stopped with more at hand, there is nothing at the moment, or everything was read. */
export type InputProgress = 'more' | 'nothing' | 'end';

/** What waits in front of a subtask. */
export interface InputQueue {
  /** Bytes that have come so far through channels. */
  readonly bytes: number;
  /** Batches that wait. */
  readonly batches: number;
  /** How full the fullest channel is, 0 to 1. */
  readonly usage: number;
}

/** Where a subtask's records come from: a gate over channels, a source, or both. */
export interface TaskInput {
  /** Records read so far. */
  readonly recordsIn: number;
  /**
   * Pushes records and events into the chain until the flow stops, the turn is over, or there is nothing more. Called
   * again after 'end' it says 'end' again, but still delivers barriers.
   */
  run(): InputProgress;
  /** Set while a barrier waits: the source then stops at the end of its batch. A gate finds its barriers by itself. */
  pauseAtBatchEnd: boolean;
  /** True in the middle of a batch: a source's snapshot waits until it is through. */
  readonly hasPartialBatch: boolean;
  /**
   * Only with a source and a gate: the source has come to the barrier. The answer is false while channels have not brought
   * theirs; the snapshot is taken with the last of them, and from then on it is true. May be asked again.
   */
  sourceAtBarrier?(barrier: BarrierElement): boolean;
  /** True when others take over what is not read here: it may be left for what cannot be done elsewhere. */
  readonly isShared?: boolean;
  /** What is to be read is left for now: it is not silent. */
  standBack?(): void;
  /** Whether any of it comes through channels. */
  readonly readsChannels: boolean;
  /** What waits in front of it, for metrics. */
  queue(): InputQueue;
  /** The place of the record under way, as far as it is known here: for errors. */
  currentPlace(): ErrorLocation;
}
