import type { Collector, SideCollectors } from './collector.js';
import type { WindowInfo } from './window.js';

/** What an interval join function is told of the pair it sees. */
export interface IntervalJoinContext<Side = {}> {
  /** Timestamp of the left element. */
  readonly leftTimestamp: number;
  /** Timestamp of the right element. */
  readonly rightTimestamp: number;
  /** The later of the two, which the results carry. */
  readonly timestamp: number;
  readonly side: SideCollectors<Side>;
}

/** Called for every pair of an interval join. What it returns, unless undefined, is a result; `out` takes more. */
export type IntervalJoinFunction<L, R, Out, Side = {}> = (left: L, right: R, context: IntervalJoinContext<Side>, out: Collector<Out>) => Out | void;

/** Makes one result of each pair of a window join. */
export type WindowJoinFunction<L, R, Out, Key = unknown> = (left: L, right: R, info: WindowInfo<Key>) => Out;

/** Sees all elements of both inputs with one key in one window; either side may be empty. It returns its results: an array, a generator, or nothing. */
export type CoGroupFunction<L, R, Out, Key = unknown> = (left: readonly L[], right: readonly R[], info: WindowInfo<Key>) => Iterable<Out> | void;
