import type {
  BroadcastDeclarations, BroadcastReadContext, BroadcastWriteContext, CoProcessFunction, KeyedBroadcastReadContext, KeyedBroadcastWriteContext,
  KeyedCoProcessFunction, KeyedProcessFunction, ProcessFunction, SideDeclarations, TimerContext,
} from '../functions/process-function.js';
import type { Collector } from '../functions/collector.js';
import type { RichFunction } from '../functions/user-function.js';
import type { ProcessWindowFunction, WindowInfo } from '../functions/window.js';
import type { KeyedStateDeclarations, ReadOnlyStatesOf } from '../state/declarations.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { SideTypes } from './field-types.js';

/** What a process function says about its results; the types of the whole function follow from it. */
export interface DeclaredOutputs<Out, Side extends SideDeclarations> {
  /** The type of the results: `type<Alert>()`, a builder of `t`, or a schema's type. */
  readonly output?: TypeInfo<Out>;
  /** Side outputs by name: `{ late: type<Order>() }`. */
  readonly sideOutputs?: Side;
}

/** A process function as `stream.process` takes it. */
export interface ProcessObject<In, Out, Side extends SideDeclarations>
  extends DeclaredOutputs<Out, Side>, ProcessFunction<In, Out, SideTypes<Side>> {}

/** A process function with state and timers by key, as `keyed.process` takes it. */
export interface KeyedProcessObject<In, Out, Key, Side extends SideDeclarations, State extends KeyedStateDeclarations>
  extends DeclaredOutputs<Out, Side>, KeyedProcessFunction<In, Out, Key, SideTypes<Side>, State> {}

/** A process function over two streams. */
export interface CoProcessObject<In1, In2, Out, Side extends SideDeclarations>
  extends DeclaredOutputs<Out, Side>, CoProcessFunction<In1, In2, Out, SideTypes<Side>> {}

/** A process function over two streams with the same key. */
export interface KeyedCoProcessObject<In1, In2, Out, Key, Side extends SideDeclarations, State extends KeyedStateDeclarations>
  extends DeclaredOutputs<Out, Side>, KeyedCoProcessFunction<In1, In2, Out, Key, SideTypes<Side>, State> {}

/** A process function over a stream and a broadcast stream. The broadcast states are declared by `broadcast(…)`. */
export interface BroadcastProcessObject<In, B, Out, Broadcast extends BroadcastDeclarations, Side extends SideDeclarations>
  extends DeclaredOutputs<Out, Side>, RichFunction {
  /** An element of the plain side; the broadcast state can only be read. */
  processElement(value: In, context: BroadcastReadContext<SideTypes<Side>, Broadcast>, out: Collector<Out>): void;
  /** An element of the broadcast side, which every parallel instance gets. */
  processBroadcast(value: B, context: BroadcastWriteContext<SideTypes<Side>, Broadcast>, out: Collector<Out>): void;
}

/** A process function over a keyed stream and a broadcast stream. */
export interface KeyedBroadcastProcessObject<
  In, B, Out, Key, Broadcast extends BroadcastDeclarations, Side extends SideDeclarations, State extends KeyedStateDeclarations,
> extends DeclaredOutputs<Out, Side>, RichFunction {
  /** Keyed states by name. */
  readonly state?: State;
  /** An element of the keyed side; the broadcast state can only be read. */
  processElement(value: In, context: KeyedBroadcastReadContext<Key, SideTypes<Side>, Broadcast, State>, out: Collector<Out>): void;
  /** An element of the broadcast side; there is no current key, and there are no timers. */
  processBroadcast(value: B, context: KeyedBroadcastWriteContext<SideTypes<Side>, Broadcast, State>, out: Collector<Out>): void;
  /** A timer of the current key is due. */
  onTimer?(
    timestamp: number,
    context: TimerContext<Key, SideTypes<Side>, State> & { readonly broadcast: ReadOnlyStatesOf<Broadcast> },
    out: Collector<Out>,
  ): void;
}

/** A process function over the contents of a window. */
export interface ProcessWindowObject<
  In, Out, Key, Side extends SideDeclarations, State extends KeyedStateDeclarations, WindowState extends KeyedStateDeclarations,
> extends DeclaredOutputs<Out, Side>, ProcessWindowFunction<In, Out, Key, SideTypes<Side>, State, WindowState> {}

/** A function over the contents of a window: what it collects or returns (an iterable) are the results. */
export type WindowFunction<In, Out, Key> = (elements: Iterable<In>, info: WindowInfo<Key>, out: Collector<Out>) => Iterable<Out> | void;
