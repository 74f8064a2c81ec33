import type { KeyedStateDeclarations, StatesOf } from '../state/declarations.js';
import type { Collector, SideCollectors } from './collector.js';
import type { RichFunction } from './user-function.js';

/** A span of event or processing time `[start, end)`, in epoch milliseconds. The global window spans all of time. */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
  /** The last timestamp that belongs to the window: `end - 1`. Results carry it. */
  readonly maxTimestamp: number;
}

/** The clock that a window follows. */
export type TimeDomain = 'event' | 'processing';

/** What an assigner may ask. */
export interface AssignerContext {
  /** The current processing time in epoch milliseconds. */
  currentProcessingTime(): number;
}

/**
 * Chooses the windows of each element. The built-in assigners are plain data (`kind`), which lets the planner take a
 * specialised operator; a `custom` one runs on the generic operator.
 */
export type WindowAssigner<T = unknown> =
  | { readonly kind: 'tumbling'; readonly domain: TimeDomain; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'sliding'; readonly domain: TimeDomain; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'cumulative'; readonly domain: TimeDomain; readonly sizeMs: number; readonly stepMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly domain: TimeDomain; readonly gapMs: number }
  | { readonly kind: 'dynamicSession'; readonly domain: TimeDomain; readonly gapOf: (value: T) => number }
  | { readonly kind: 'global' }
  | CustomWindowAssigner<T>;

/** A window assigner of the user's own. */
export interface CustomWindowAssigner<T> {
  readonly kind: 'custom';
  readonly domain: TimeDomain;
  /** The windows of an element, each `[start, end)`. An empty list drops the element. */
  assign(value: T, timestamp: number, context: AssignerContext): readonly { readonly start: number; readonly end: number }[];
  /** True when intersecting windows of one key are merged into one, as sessions are. */
  readonly merging?: boolean;
  /** The trigger used where the user gives none; default: the time trigger of the domain. */
  readonly defaultTrigger?: () => Trigger<T>;
}

/** What happens after a trigger was asked. `fire` emits, `purge` drops the contents. */
export type TriggerResult = 'continue' | 'fire' | 'purge' | 'fireAndPurge';

/** What a trigger sees and may do. State and timers belong to the current key and window. */
export interface TriggerContext {
  readonly currentWatermark: number;
  currentProcessingTime(): number;
  registerEventTimeTimer(time: number): void;
  registerProcessingTimeTimer(time: number): void;
  deleteEventTimeTimer(time: number): void;
  deleteProcessingTimeTimer(time: number): void;
  /** A number kept for this key, window and name; undefined until it was set. Numbers are what triggers need to keep. */
  getNumber(name: string): number | undefined;
  setNumber(name: string, value: number | undefined): void;
  /** Any value kept for this key, window and name. */
  getValue(name: string): unknown;
  setValue(name: string, value: unknown): void;
}

/**
 * Decides when a window is emitted. One object serves all keys and windows of a subtask: what it keeps goes into the
 * context, never into fields.
 */
export interface Trigger<T = unknown> {
  /** A name for the plan, e.g. `count(100)`. */
  readonly name: string;
  onElement(value: T, timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult;
  onEventTime(time: number, window: TimeWindow, context: TriggerContext): TriggerResult;
  onProcessingTime(time: number, window: TimeWindow, context: TriggerContext): TriggerResult;
  /** Windows were merged into `window`: move what the trigger keeps. A trigger without it cannot be used with merging windows. */
  onMerge?(window: TimeWindow, context: TriggerMergeContext): void;
  /** The window is gone: drop what the trigger keeps and its timers. */
  clear(window: TimeWindow, context: TriggerContext): void;
}

/** A trigger context at a merge: it can also see what the merged windows kept. */
export interface TriggerMergeContext extends TriggerContext {
  /** The numbers that the merged windows kept under this name, without the result's own. */
  mergedNumbers(name: string): readonly number[];
}

/** An element in the buffer of a window with an evictor. */
export interface Buffered<T> {
  readonly value: T;
  /** Its timestamp, or undefined when it has none. */
  readonly timestamp: number | undefined;
}

/** Drops elements from a window before or after its function runs. A window with an evictor buffers its elements. */
export interface Evictor<T = unknown> {
  /** A name for the plan. */
  readonly name: string;
  /** Returns the elements that stay, in order. */
  evictBefore?(elements: readonly Buffered<T>[], window: TimeWindow, currentTime: number): readonly Buffered<T>[];
  /** Returns the elements that stay, in order. */
  evictAfter?(elements: readonly Buffered<T>[], window: TimeWindow, currentTime: number): readonly Buffered<T>[];
}

/** What a window's result function is told besides its contents. */
export interface WindowInfo<Key> {
  /** The key, or undefined on a window over all elements. */
  readonly key: Key;
  readonly window: TimeWindow;
}

/** Turns an aggregate into the window's output, with the key and window at hand. */
export type WindowResultFunction<Result, Key, Out> = (result: Result, info: WindowInfo<Key>) => Out;

/** What a process window function sees. */
export interface ProcessWindowContext<Key, Side, State extends KeyedStateDeclarations, WindowState extends KeyedStateDeclarations>
  extends WindowInfo<Key> {
  readonly watermark: number;
  readonly currentProcessingTime: number;
  readonly side: SideCollectors<Side>;
  /** State of the key, shared by its windows. */
  readonly state: StatesOf<State>;
  /** State of the key in this window, cleared with it by `clear`. Not for merging windows. */
  readonly windowState: StatesOf<WindowState>;
}

/** A function over the whole contents of a window (or over the one aggregate, when used after `aggregate`). */
export interface ProcessWindowFunction<
  In,
  Out,
  Key,
  Side = {},
  State extends KeyedStateDeclarations = {},
  WindowState extends KeyedStateDeclarations = {},
> extends RichFunction {
  readonly state?: State;
  readonly windowState?: WindowState;
  process(elements: Iterable<In>, context: ProcessWindowContext<Key, Side, State, WindowState>, out: Collector<Out>): void;
  /** The window is gone: clear what was kept in `windowState`. */
  clear?(context: ProcessWindowContext<Key, Side, State, WindowState>): void;
}
