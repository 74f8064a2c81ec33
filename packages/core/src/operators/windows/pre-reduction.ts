import type { AggregateFunction } from '../../functions/aggregate-function.js';

/** A batch of partial accumulators goes off at so many bytes, by estimate, if not full before. */
export const MAX_PARTIAL_BATCH_BYTES: number = 1 << 20;

/** The pieces of time whose records may become one accumulator. */
export interface SliceBounds {
  /** The start of the slice that holds `time`. */
  sliceStart(time: number): number;
  /** The end of the slice that starts at `start`. */
  sliceEnd(start: number): number;
  /** The end of the first window that holds `time`. */
  firstEnd(time: number): number;
}

/**
 * What senders need to know of a window whose records may be reduced before they are sent: decision 0036. Offered by
 * the operator's factory where it changes no result; whether it is done depends on the exchange, and on whether it pays.
 */
export interface PreReduction {
  /** The same key for all elements of a window over all of them. */
  readonly keyOf: (value: unknown) => unknown;
  readonly slices: SliceBounds;
  readonly aggregate: AggregateFunction<unknown, unknown, unknown>;
}
