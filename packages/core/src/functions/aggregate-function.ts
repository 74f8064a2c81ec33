import type { RichFunction } from './user-function.js';

/**
 * An incremental aggregation: one accumulator per key and window, changed by every element.
 *
 * `add` and `merge` may change the accumulator in place and return nothing, or return the new one; in place is the
 * fast way. `result` is called whenever a window fires and must not change the accumulator, since the window may fire
 * again. Without `result` the output is a copy of the accumulator.
 */
export interface AggregateFunction<In, Acc, Out = Acc> extends RichFunction {
  /** A fresh accumulator. Called once per key and window. */
  create(): Acc;
  /** Takes one element in. Returning nothing means the accumulator was changed in place. */
  add(accumulator: Acc, value: In): Acc | void;
  /** The result of a firing. */
  result?(accumulator: Acc): Out;
  /** Takes `other` into `accumulator`. Needed for session windows; it also lets sliding windows share their work. */
  merge?(accumulator: Acc, other: Acc): Acc | void;
  /**
   * True when grouping does not matter to the last digit (counts, integer sums, minima, maxima): only such an aggregate
   * may be reduced before an exchange. Sums of floating-point numbers are not exact.
   */
  readonly exact?: boolean;
}

/** Combines two values of one type into one: the rolling aggregate. It may change and return its first argument. */
export type ReduceFunction<T> = (accumulated: T, value: T) => T;

/** An object with a `reduce` method, for a reducer with a life cycle. */
export interface RichReduceFunction<T> extends RichFunction {
  reduce(accumulated: T, value: T): T;
}
