import type { StateAggregate } from '../../declarations.js';
import type { AggregatingState, ReducingState, ValueState } from '../../handles.js';
import type { CheckMode } from '../../check-mode.js';
import type { CurrentKey } from './current-key.js';
import { ownedValue } from './flat-string.js';
import { KeyedHandle } from './keyed-handle.js';
import type { KeyedStore } from './keyed-store.js';

/** What the states with one value per key share: reading and writing with time to live and check mode. */
abstract class PlainHandle<T> extends KeyedHandle<T> {
  /** The value of the current key with its pre-image safe, or undefined. */
  protected read(): T | undefined {
    const slot = this.find();
    if (slot < 0) return undefined;
    const table = this.table!;
    table.beforeRead(slot);
    const { ttl } = this.store;
    if (ttl === null) return table.values[slot];
    const now = this.store.clock.now(ttl);
    if (this.store.clock.expired(ttl, table.times![slot]!, now)) {
      const value = ttl.returnExpired ? table.values[slot] : undefined;
      this.removeCurrent();
      return value;
    }
    if (ttl.renewedBy === 'readAndWrite' && table.times![slot] !== now) {
      table.touch(slot);
      table.times![slot] = now;
    }
    return table.values[slot];
  }

  /** Sets the value of the current key. */
  protected write(value: T): void {
    if (this.check !== null) this.check.stored(this.store, this.current, value);
    const owned = ownedValue(value);
    let slot = this.find();
    if (slot < 0) {
      slot = this.insert(owned);
    } else {
      const table = this.table!;
      table.touch(slot);
      // An object that was changed in place is not stored again: the collector would have to note every such store.
      if (typeof owned !== 'object' || table.values[slot] !== owned) table.values[slot] = owned;
    }
    const { ttl } = this.store;
    if (ttl !== null) this.table!.times![slot] = this.store.clock.now(ttl);
  }

  /** Removes the value of the current key. */
  clear(): void {
    if (this.check !== null) this.check.forget(this.store, this.current);
    this.removeCurrent();
  }
}

/** Value state on the heap. */
export class HeapValueState<T> extends PlainHandle<T> implements ValueState<T> {
  value(): T | undefined {
    const value = this.read();
    if (this.check !== null && value !== undefined) this.check.borrowed(this.store, this.current, value);
    return value;
  }

  update(value: T | undefined | null): void {
    if (value === undefined || value === null) this.clear();
    else this.write(value);
  }
}

/** Reducing state on the heap. */
export class HeapReducingState<T> extends PlainHandle<T> implements ReducingState<T> {
  readonly #reduce: (accumulated: T, value: T) => T;

  constructor(store: KeyedStore<T>, current: CurrentKey, check: CheckMode | null, reduce: (accumulated: T, value: T) => T) {
    super(store, current, check);
    this.#reduce = reduce;
  }

  get(): T | undefined {
    const value = this.read();
    if (this.check !== null && value !== undefined) this.check.borrowed(this.store, this.current, value);
    return value;
  }

  add(value: T): void {
    const before = this.read();
    this.write(before === undefined ? value : this.#reduce(before, value));
  }
}

/** Aggregating state on the heap. */
export class HeapAggregatingState<In, Acc, Out> extends PlainHandle<Acc> implements AggregatingState<In, Out> {
  readonly #aggregate: StateAggregate<In, Acc, Out>;

  constructor(store: KeyedStore<Acc>, current: CurrentKey, check: CheckMode | null, aggregate: StateAggregate<In, Acc, Out>) {
    super(store, current, check);
    this.#aggregate = aggregate;
  }

  get(): Out | undefined {
    const accumulator = this.read();
    if (accumulator === undefined) return undefined;
    if (this.#aggregate.result !== undefined) return this.#aggregate.result(accumulator);
    // The accumulator goes on changing, so the user gets a copy.
    return this.store.codec.copy(accumulator) as Out;
  }

  add(value: In): void {
    const before = this.read() ?? this.#aggregate.create();
    const after = this.#aggregate.add(before, value);
    this.write(after === undefined ? before : (after as Acc));
  }
}
