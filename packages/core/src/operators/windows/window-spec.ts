import type { AggregateFunction, ReduceFunction, RichReduceFunction } from '../../functions/aggregate-function.js';
import type { FunctionSource } from '../../functions/user-function.js';
import type { Evictor, ProcessWindowFunction, Trigger, WindowAssigner, WindowInfo, WindowResultFunction } from '../../functions/window.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { StoredForm } from '../../state/backend.js';

/** What a window does with its elements before it fires. */
export type WindowFunctionSpec =
  | { readonly kind: 'reduce'; readonly reduce: FunctionSource<ReduceFunction<unknown> | RichReduceFunction<unknown>> }
  | { readonly kind: 'aggregate'; readonly aggregate: FunctionSource<AggregateFunction<unknown, unknown, unknown>>; readonly bare?: BareAggregate }
  /** The elements are kept one by one, for a process window function. */
  | { readonly kind: 'process' };

/**
 * The same aggregate with accumulators of another form, for operators that keep nothing but them in their tables: a number where
 * snapshots hold an array of one.
 */
export interface BareAggregate {
  readonly aggregate: AggregateFunction<unknown, unknown, unknown>;
  readonly form: StoredForm;
}

/** Turns the contents of a window into results that are pulled one by one, while the outputs take more. */
export type WindowIteration = (elements: Iterable<unknown>, info: WindowInfo<unknown>) => Iterator<unknown>;

/** What becomes of a window's contents when it fires. */
export type WindowResultSpec =
  | { readonly kind: 'map'; readonly fn: WindowResultFunction<unknown, unknown, unknown> }
  | { readonly kind: 'process'; readonly fn: FunctionSource<AnyProcessWindowFunction> }
  | { readonly kind: 'iterate'; readonly fn: WindowIteration };

/** A process window function whose types are not known here. */
export type AnyProcessWindowFunction = ProcessWindowFunction<unknown, unknown, unknown, Record<string, unknown>>;

/** Everything a window operator is made from. */
export interface WindowSpec {
  readonly assigner: WindowAssigner<unknown>;
  /** The key of an element; undefined for a window over all elements of a stream with parallelism 1. */
  readonly keyOf: ((value: unknown) => unknown) | undefined;
  /** The type of the keys; dynamic when not given. */
  readonly keyType?: TypeInfo;
  readonly elementType: TypeInfo;
  /** The type of what a reduce or aggregate keeps. */
  readonly accumulatorType: TypeInfo;
  /** The default trigger of the assigner when not given. */
  readonly trigger?: Trigger<unknown>;
  readonly evictor?: Evictor<unknown>;
  readonly allowedLatenessMs: number;
  /** The side output for late elements; without one they are counted and dropped. */
  readonly lateOutput: string | undefined;
  readonly function: WindowFunctionSpec;
  /** The reduced or aggregated value itself when not given. */
  readonly result?: WindowResultSpec;
  /** The side outputs that the process window function may use. */
  readonly sideOutputs: readonly string[];
}

/** The names under which window operators keep their state: one logical format for all of them. */
export const WINDOW_STATE: {
  readonly contents: string;
  readonly slices: string;
  readonly sessions: string;
  readonly triggers: string;
  readonly timers: string;
} = Object.freeze({
  /** Accumulators by window and key. */
  contents: 'window-contents',
  /** Accumulators of the pieces that sliding and cumulative windows share, by piece and key. */
  slices: 'window-slices',
  /** The merging windows of each key with their accumulators, in the global window. */
  sessions: 'window-sessions',
  /** What triggers keep, by window and key. */
  triggers: 'window-triggers',
  timers: 'window-timers',
});

/** The key of everything in a window over all elements. */
export const SINGLE_KEY = 0;
