import type { TypeInfo } from '../record/types/type-info.js';
import type { AggregatingState, BroadcastState, ListState, MapState, ReadOnlyBroadcastState, ReducingState, ValueState } from './handles.js';

/** How long an entry lives. */
export interface TimeToLive {
  readonly ttlMs: number;
  /** Which clock counts; default processing time, as in Flink. */
  readonly domain: 'processing' | 'event';
  /** What renews an entry: its creation and writing (default), or reading too. */
  readonly renewedBy: 'write' | 'readAndWrite';
  /** Whether an expired entry that has not been cleaned yet may still be returned; default never. */
  readonly returnExpired: boolean;
}

/** What every keyed state declaration has. Plain data, but for the functions of the user. */
interface Declared {
  readonly ttl?: TimeToLive;
  /** The name this state had in an older version of the job. */
  readonly renamedFrom?: string;
  /** Version of the state's type, counted by the user; 1 when not given. */
  readonly version?: number;
  /** Turns a value of an older version into today's. Called on restore, for each value. */
  readonly migrate?: (old: unknown, fromVersion: number) => unknown;
}

/** Declares one value per key. */
export interface ValueDeclaration<T> extends Declared {
  readonly kind: 'value';
  readonly type: TypeInfo<T>;
}

/** Declares a list per key. */
export interface ListDeclaration<T> extends Declared {
  readonly kind: 'list';
  readonly type: TypeInfo<T>;
}

/** Declares a map per key. */
export interface MapDeclaration<K, V> extends Declared {
  readonly kind: 'map';
  readonly key: TypeInfo<K>;
  readonly type: TypeInfo<V>;
}

/** Declares one reduced value per key. */
export interface ReducingDeclaration<T> extends Declared {
  readonly kind: 'reducing';
  readonly type: TypeInfo<T>;
  // A method, not a property: its parameters are compared both ways, so a declaration of any T fits the union below.
  reduce(accumulated: T, value: T): T;
}

/** The part of an aggregate function that state needs; `AggregateFunction` fits it. */
export interface StateAggregate<In, Acc, Out> {
  create(): Acc;
  add(accumulator: Acc, value: In): Acc | void;
  result?(accumulator: Acc): Out;
  merge?(accumulator: Acc, other: Acc): Acc | void;
}

/** Declares one accumulator per key. */
export interface AggregatingDeclaration<In, Acc, Out> extends Declared {
  readonly kind: 'aggregating';
  readonly type: TypeInfo<Acc>;
  readonly aggregate: StateAggregate<In, Acc, Out>;
}

/** Declares a broadcast map. */
export interface BroadcastDeclaration<K, V> {
  readonly kind: 'broadcast';
  readonly key: TypeInfo<K>;
  readonly value: TypeInfo<V>;
}

/** Any keyed state declaration. */
export type KeyedStateDeclaration =
  | ValueDeclaration<unknown>
  | ListDeclaration<unknown>
  | MapDeclaration<unknown, unknown>
  | ReducingDeclaration<unknown>
  | AggregatingDeclaration<unknown, unknown, unknown>;

/** Keyed states by name: the property is the state's name. */
export type KeyedStateDeclarations = { readonly [name: string]: KeyedStateDeclaration };

/** The handle that a declaration gives. */
export type StateOf<D> =
  D extends ValueDeclaration<infer T> ? ValueState<T>
  : D extends ListDeclaration<infer T> ? ListState<T>
  : D extends MapDeclaration<infer K, infer V> ? MapState<K, V>
  : D extends ReducingDeclaration<infer T> ? ReducingState<T>
  : D extends AggregatingDeclaration<infer In, infer _Acc, infer Out> ? AggregatingState<In, Out>
  : never;

/** The handles of a set of declarations, by name. */
export type StatesOf<Declarations> = { readonly [Name in keyof Declarations]: StateOf<Declarations[Name]> };

/** The writable handles of a set of broadcast declarations. */
export type BroadcastStateOf<Declarations> = {
  readonly [Name in keyof Declarations]: Declarations[Name] extends BroadcastDeclaration<infer K, infer V> ? BroadcastState<K, V> : never;
};

/** The read-only handles of a set of broadcast declarations. */
export type ReadOnlyStatesOf<Declarations> = {
  readonly [Name in keyof Declarations]: Declarations[Name] extends BroadcastDeclaration<infer K, infer V> ? ReadOnlyBroadcastState<K, V> : never;
};
