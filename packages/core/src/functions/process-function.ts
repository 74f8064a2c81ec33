import type { TypeInfo } from '../record/types/type-info.js';
import type { BroadcastStateOf, KeyedStateDeclarations, ReadOnlyStatesOf, StatesOf } from '../state/declarations.js';
import type { Collector, SideCollectors } from './collector.js';
import type { RichFunction } from './user-function.js';

/** Side outputs by name, each with its type: `{ late: type<Order>() }`. */
export type SideDeclarations = { readonly [name: string]: TypeInfo };

/** What every process callback sees. */
export interface ProcessContext<Side> {
  /** Timestamp of the element or timer, in epoch milliseconds; undefined when the element has none. */
  readonly timestamp: number | undefined;
  /** The current watermark; -Infinity before the first. */
  readonly watermark: number;
  /** The processing time in epoch milliseconds, read at this call. */
  readonly processingTime: number;
  readonly side: SideCollectors<Side>;
}

/** Registers timers for the current key. A timer is known by its time: registering twice is registering once. */
export interface TimerService {
  registerEventTime(time: number): void;
  deleteEventTime(time: number): void;
  registerProcessingTime(time: number): void;
  deleteProcessingTime(time: number): void;
}

/** What a keyed process callback sees. */
export interface KeyedProcessContext<Key, Side, State extends KeyedStateDeclarations> extends ProcessContext<Side> {
  readonly key: Key;
  readonly state: StatesOf<State>;
  readonly timers: TimerService;
}

/** What `onTimer` sees. */
export interface TimerContext<Key, Side, State extends KeyedStateDeclarations> extends KeyedProcessContext<Key, Side, State> {
  readonly domain: 'event' | 'processing';
}

/** A function over single elements of a stream without keys. */
export interface ProcessFunction<In, Out, Side = {}> extends RichFunction {
  processElement(value: In, context: ProcessContext<Side>, out: Collector<Out>): void;
}

/** A function over the elements of each key, with state and timers. */
export interface KeyedProcessFunction<In, Out, Key, Side = {}, State extends KeyedStateDeclarations = {}> extends RichFunction {
  readonly state?: State;
  processElement(value: In, context: KeyedProcessContext<Key, Side, State>, out: Collector<Out>): void;
  onTimer?(timestamp: number, context: TimerContext<Key, Side, State>, out: Collector<Out>): void;
}

/** A function over two connected streams without keys; no order is promised between the two. */
export interface CoProcessFunction<In1, In2, Out, Side = {}> extends RichFunction {
  processElement1(value: In1, context: ProcessContext<Side>, out: Collector<Out>): void;
  processElement2(value: In2, context: ProcessContext<Side>, out: Collector<Out>): void;
}

/** A function over two connected keyed streams that share state and timers by key. */
export interface KeyedCoProcessFunction<In1, In2, Out, Key, Side = {}, State extends KeyedStateDeclarations = {}> extends RichFunction {
  readonly state?: State;
  processElement1(value: In1, context: KeyedProcessContext<Key, Side, State>, out: Collector<Out>): void;
  processElement2(value: In2, context: KeyedProcessContext<Key, Side, State>, out: Collector<Out>): void;
  onTimer?(timestamp: number, context: TimerContext<Key, Side, State>, out: Collector<Out>): void;
}

/** What the keyed (or plain) side of a broadcast function sees: the broadcast state is read-only here. */
export interface BroadcastReadContext<Side, Broadcast extends BroadcastDeclarations> extends ProcessContext<Side> {
  readonly broadcast: ReadOnlyStatesOf<Broadcast>;
}

/** What the broadcast side sees: it may write, since every parallel instance sees the same elements. */
export interface BroadcastWriteContext<Side, Broadcast extends BroadcastDeclarations> extends ProcessContext<Side> {
  readonly broadcast: BroadcastStateOf<Broadcast>;
}

/** Broadcast states by name. */
export type BroadcastDeclarations = { readonly [name: string]: { readonly kind: 'broadcast'; readonly key: TypeInfo; readonly value: TypeInfo } };

/** A function over a plain stream and a broadcast stream. */
export interface BroadcastProcessFunction<In, B, Out, Broadcast extends BroadcastDeclarations, Side = {}> extends RichFunction {
  readonly broadcast: Broadcast;
  processElement(value: In, context: BroadcastReadContext<Side, Broadcast>, out: Collector<Out>): void;
  processBroadcast(value: B, context: BroadcastWriteContext<Side, Broadcast>, out: Collector<Out>): void;
}

/** What the keyed side of a keyed broadcast function sees. */
export interface KeyedBroadcastReadContext<Key, Side, Broadcast extends BroadcastDeclarations, State extends KeyedStateDeclarations>
  extends KeyedProcessContext<Key, Side, State> {
  readonly broadcast: ReadOnlyStatesOf<Broadcast>;
}

/** What the broadcast side of a keyed broadcast function sees; it may visit the state of every key, but has no timers. */
export interface KeyedBroadcastWriteContext<Side, Broadcast extends BroadcastDeclarations, State extends KeyedStateDeclarations>
  extends BroadcastWriteContext<Side, Broadcast> {
  /** Calls `visit` once for every key that has a value in the named state. */
  applyToKeyedState<Name extends keyof State>(name: Name, visit: (key: unknown, state: StatesOf<State>[Name]) => void): void;
}

/** A function over a keyed stream and a broadcast stream. */
export interface KeyedBroadcastProcessFunction<
  In, B, Out, Key, Broadcast extends BroadcastDeclarations, Side = {}, State extends KeyedStateDeclarations = {},
> extends RichFunction {
  readonly broadcast: Broadcast;
  readonly state?: State;
  processElement(value: In, context: KeyedBroadcastReadContext<Key, Side, Broadcast, State>, out: Collector<Out>): void;
  processBroadcast(value: B, context: KeyedBroadcastWriteContext<Side, Broadcast, State>, out: Collector<Out>): void;
  onTimer?(timestamp: number, context: TimerContext<Key, Side, State> & { readonly broadcast: ReadOnlyStatesOf<Broadcast> }, out: Collector<Out>): void;
}
