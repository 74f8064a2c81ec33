import type { CheckMode } from '../../check-mode.js';
import type { StateAggregate } from '../../declarations.js';
import type { AggregatingState, ReducingState, ValueState } from '../../handles.js';
import { ownedValue } from '../heap/flat-string.js';
import type { LogKey } from './log-key.js';
import type { LogStore } from './log-store.js';
import { DEAD } from './rows.js';

/** What the states with one value per key share. The value of the current key is decoded once and kept until the key changes. */
abstract class PlainHandle<T> {
  protected readonly store: LogStore;
  protected readonly current: LogKey;
  protected readonly check: CheckMode | null;
  /** The row of the current key, a tombstone's too, or -1; valid in `#version`. */
  #slot: number;
  /** The decoded value of the row, when it is alive. */
  #value: T | undefined;
  #version: number;

  constructor(store: LogStore, current: LogKey, check: CheckMode | null) {
    this.store = store;
    this.current = current;
    this.check = check;
    this.#slot = -1;
    this.#value = undefined;
    this.#version = 0;
  }

  /** The value of the current key, or undefined. */
  protected read(): T | undefined {
    this.#find();
    const value = this.#value;
    if (value === undefined) return undefined;
    const { ttl, clock, rows } = this.store;
    if (ttl === null) return value;
    const slot = this.#slot;
    const now = clock.now(ttl);
    const time = rows.time(slot);
    if (clock.expired(ttl, time, now)) {
      this.#remove();
      return ttl.returnExpired ? value : undefined;
    }
    if (ttl.renewedBy === 'readAndWrite' && time !== now) {
      this.store.touch(slot);
      rows.setTime(slot, now);
    }
    return value;
  }

  /** Sets the value of the current key. */
  protected write(value: T): void {
    if (this.check !== null) this.check.stored(this.store, this.current, value);
    this.#find();
    const { store, current } = this;
    const slot = store.write(this.#slot, current, value);
    this.#slot = slot;
    this.#value = ownedValue(value);
    if (store.ttl !== null) store.rows.setTime(slot, store.clock.now(store.ttl));
    store.hot?.set(current.hash, current.mapped, slot, this.#value);
  }

  /** Removes the value of the current key. */
  clear(): void {
    if (this.check !== null) this.check.forget(this.store, this.current);
    this.#find();
    if (this.#value !== undefined) this.#remove();
  }

  #remove(): void {
    this.store.remove(this.#slot);
    this.#value = undefined;
    // The row may be gone or a tombstone: whoever comes next looks again.
    this.#version = 0;
  }

  #find(): void {
    const { current, store } = this;
    if (this.#version === current.version && this.#version !== 0) return;
    if (current.version === 0) current.require(`state "${store.name}"`);
    // Reading may fail; then whoever asks again has to read again.
    this.#version = 0;
    this.#look();
    this.#version = current.version;
  }

  #look(): void {
    const { current, store } = this;
    const { hot } = store;
    if (hot !== null) {
      const hash = current.hash;
      this.#slot = hot.slotOf(hash, current.mapped);
      if (this.#slot >= 0) {
        this.#value = hot.valueAt(hash) as T;
        return;
      }
    }
    this.#slot = store.find(current);
    this.#value = undefined;
    if (this.#slot < 0 || store.rows.has(this.#slot, DEAD)) return;
    this.#value = store.decodeValue() as T;
    if (hot !== null) hot.set(current.hash, current.mapped, this.#slot, this.#value);
  }
}

/** Value state on disk. */
export class LogValueState<T> extends PlainHandle<T> implements ValueState<T> {
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

/** Reducing state on disk. */
export class LogReducingState<T> extends PlainHandle<T> implements ReducingState<T> {
  readonly #reduce: (accumulated: T, value: T) => T;

  constructor(store: LogStore, current: LogKey, check: CheckMode | null, reduce: (accumulated: T, value: T) => T) {
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

/** Aggregating state on disk. */
export class LogAggregatingState<In, Acc, Out> extends PlainHandle<Acc> implements AggregatingState<In, Out> {
  readonly #aggregate: StateAggregate<In, Acc, Out>;

  constructor(store: LogStore, current: LogKey, check: CheckMode | null, aggregate: StateAggregate<In, Acc, Out>) {
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
