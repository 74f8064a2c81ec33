/**
 * The states as a user's function sees them. Every call is synchronous and works on the current key (and, inside a
 * window or trigger, the current window).
 *
 * What a getter returns is borrowed until the callback returns: it may be changed and given back with `update`, which
 * is the cheap way, but changing it without giving it back is a bug that check mode reports.
 */

/** One value per key. */
export interface ValueState<T> {
  /** The value, or undefined when there is none or it has expired. */
  value(): T | undefined;
  /** Sets the value; undefined or null clears it. */
  update(value: T | undefined | null): void;
  clear(): void;
}

/** A list per key. */
export interface ListState<T> {
  /** The elements in order of their adding; an empty iterable when there are none. */
  get(): Iterable<T>;
  add(value: T): void;
  addAll(values: Iterable<T>): void;
  /** Replaces the whole list. */
  update(values: Iterable<T>): void;
  readonly size: number;
  clear(): void;
}

/** A map per key; made for many entries. The order of iteration is not promised. */
export interface MapState<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  /** Sets an entry; undefined or null removes it. */
  put(key: K, value: V | undefined | null): void;
  remove(key: K): void;
  entries(): Iterable<readonly [K, V]>;
  keys(): Iterable<K>;
  values(): Iterable<V>;
  readonly size: number;
  isEmpty(): boolean;
  clear(): void;
}

/** One value per key into which added values are combined by the declared reduce function. */
export interface ReducingState<T> {
  get(): T | undefined;
  add(value: T): void;
  clear(): void;
}

/** One accumulator per key into which values are added by the declared aggregate function. */
export interface AggregatingState<In, Out> {
  get(): Out | undefined;
  add(value: In): void;
  clear(): void;
}

/** A map that every parallel instance holds in full; writable only on the broadcast side. */
export interface BroadcastState<K, V> extends ReadOnlyBroadcastState<K, V> {
  put(key: K, value: V): void;
  remove(key: K): void;
  clear(): void;
}

/** A broadcast state as the other side sees it. */
export interface ReadOnlyBroadcastState<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  entries(): Iterable<readonly [K, V]>;
  readonly size: number;
}

/**
 * A list that belongs to the parallel instance, not to a key. At a change of parallelism a `list` is dealt out among
 * the instances; of a `union` every instance gets all elements.
 */
export interface OperatorListState<T> {
  get(): readonly T[];
  add(value: T): void;
  update(values: readonly T[]): void;
  clear(): void;
}
