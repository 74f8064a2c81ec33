import type { Collector } from '../functions/collector.js';

/** What a function that pairs two elements by interval is told. */
export interface IntervalJoinContext {
  /** Timestamp of the left element, in epoch milliseconds. */
  readonly leftTimestamp: number;
  /** Timestamp of the right element, in epoch milliseconds. */
  readonly rightTimestamp: number;
  /** Timestamp of the result: the later of the two. */
  readonly timestamp: number;
}

/** Called for each pair of an interval join. What it returns, unless undefined, is a result; `out` takes more. */
export type IntervalJoinFunction<L, R, Out> = (left: L, right: R, context: IntervalJoinContext, out: Collector<Out>) => Out | void;

/** What an asynchronous function is told. */
export interface AsyncContext {
  /** Aborted when the time of the element is over, or the job ends. */
  readonly signal: AbortSignal;
}

/** Gives one result for each element, later. */
export type AsyncFunction<In, Out> = (value: In, context: AsyncContext) => Promise<Out>;
