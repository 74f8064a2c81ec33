import type { RichFunction } from './user-function.js';
import type { Collector } from './collector.js';

/** One result per element. */
export type MapFunction<In, Out> = (value: In) => Out;

/** A map function with a life cycle. */
export interface RichMapFunction<In, Out> extends RichFunction {
  map(value: In): Out;
}

/** Keeps the elements it returns true for. */
export type FilterFunction<In> = (value: In) => boolean;

/** A filter with a life cycle. */
export interface RichFilterFunction<In> extends RichFunction {
  filter(value: In): boolean;
}

/**
 * Any number of results per element: collect them into `out`, or return an iterable. A generator is pulled only while
 * the outputs take more, so it may yield without bound.
 */
export type FlatMapFunction<In, Out> = (value: In, out: Collector<Out>) => Iterable<Out> | void;

/** A flat map with a life cycle. */
export interface RichFlatMapFunction<In, Out> extends RichFunction {
  flatMap(value: In, out: Collector<Out>): Iterable<Out> | void;
}

/** Gives the key of an element: a string, number, bigint, boolean, tuple of them, or plain object of them. */
export type KeySelector<In, Key> = (value: In) => Key;

/** Chooses the channel of an element, from 0 to `channels - 1`. */
export type PartitionFunction<Key> = (key: Key, channels: number) => number;
