import type { Duration } from '../base/duration.js';
import type { SideDeclarations } from '../functions/process-function.js';
import type { Evictor, Trigger, WindowAssigner } from '../functions/window.js';
import type { OperatorOptions, OutputOptions } from './operator-options.js';

/** What a window may be given besides its assigner. The name and uid are those of the operation on the window. */
export interface WindowOptions<T, Late extends string = string> extends OperatorOptions {
  /** Decides when the window is emitted; by default when its time has come. */
  readonly trigger?: Trigger<T>;
  /** Drops elements before or after the function runs; the window then buffers its elements. */
  readonly evictor?: Evictor<T>;
  /** How long after its end a window still takes elements (and is emitted again). */
  readonly allowedLateness?: Duration;
  /** Name of a side output for elements that come too late: `result.side('late')`. Without it they are counted and dropped. */
  readonly lateOutput?: Late;
}

/** How two streams are matched in windows. */
export interface WindowJoinOptions<L, R, KL, KR, Out> extends OutputOptions<Out> {
  /** The key of this stream's elements. */
  readonly where: KL;
  /** The key of the other stream's elements. */
  readonly equalTo: KR;
  /** The windows in which elements meet. */
  readonly window: WindowAssigner<L | R>;
  /** Decides when a window is emitted. */
  readonly trigger?: Trigger<L | R>;
  /** Drops elements of either side before or after the function runs. */
  readonly evictor?: Evictor<L | R>;
  /** How long after its end a window still takes elements. */
  readonly allowedLateness?: Duration;
}

/** A bound of an interval: a duration, with a minus sign for the past. */
export type Offset = Duration;

/** Which elements of the other stream an interval join pairs an element with. */
export interface IntervalJoinOptions<Out, Side extends SideDeclarations = {}, LateLeft extends string = string, LateRight extends string = string>
  extends OutputOptions<Out> {
  /** From and to, relative to the left element's timestamp; both bounds belong to the interval. */
  readonly between: readonly [lower: Offset, upper: Offset];
  /** True when the lower bound itself does not belong to the interval. */
  readonly lowerExclusive?: boolean;
  /** True when the upper bound itself does not belong to the interval. */
  readonly upperExclusive?: boolean;
  /** Side outputs that the function may use: `context.side.name.collect(…)`. */
  readonly sideOutputs?: Side;
  /** Name of a side output for elements of this stream that come too late; else they are counted and dropped. */
  readonly lateLeft?: LateLeft;
  /** Name of a side output for elements of the other stream that come too late; else they are counted and dropped. */
  readonly lateRight?: LateRight;
}

/** How often and how long a failed asynchronous call is tried again, within its timeout. */
export interface RetryOptions {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** The wait before the second attempt; doubled before each further one. */
  readonly delay?: Duration;
  /** The longest wait between two attempts. */
  readonly maxDelay?: Duration;
  /** Whether a failure is worth another attempt; by default all are. */
  readonly retryOn?: (error: unknown) => boolean;
}

/** How asynchronous calls are made. */
export interface AsyncMapOptions<T, Out> extends OutputOptions<Out> {
  /** The most calls under way in one parallel instance; 100 by default. Input stops while there are so many. */
  readonly capacity?: number;
  /** How long an element may take, all attempts together. */
  readonly timeout: Duration;
  /** True (default): results leave in the order of their elements. False: as they come, but never across a watermark. */
  readonly ordered?: boolean;
  readonly retry?: RetryOptions;
  /** Gives the result of an element that ran out of time; without it the job fails. */
  readonly onTimeout?: (value: T) => Out;
}

/** How a stream looks up rows of a bounded table. */
export interface LookupJoinOptions<KL, KR, Out> extends OutputOptions<Out> {
  /** The key of this stream's elements. */
  readonly where: KL;
  /** The key of the table's rows. A later row with the same key replaces an earlier one. */
  readonly equalTo: KR;
}

/** How long ids are remembered, beside the settings of every operator. */
export interface DeduplicateOptions extends OperatorOptions {
  /** How long an id is remembered after it was first seen. What comes again later passes. */
  readonly within: Duration;
  /** Whose time counts: the clock's (default), or event time, as the watermark tells it. */
  readonly time?: 'event' | 'processing';
}
