import type { BroadcastState } from '../../handles.js';
import type { CheckMode } from '../../check-mode.js';
import { ownedValue } from './flat-string.js';
import type { KeyedStore } from './keyed-store.js';
import type { SlotTable } from './slot-table.js';

/** Broadcast state on the heap: one table that belongs to the subtask and is written whole in every snapshot. */
export class HeapBroadcastState<K, V> implements BroadcastState<K, V> {
  readonly #store: KeyedStore<V>;
  readonly #table: SlotTable<V>;
  readonly #check: CheckMode | null;

  constructor(store: KeyedStore<V>, table: SlotTable<V>, check: CheckMode | null) {
    this.#store = store;
    this.#table = table;
    this.#check = check;
  }

  get(key: K): V | undefined {
    const slot = this.#table.slot(key);
    if (slot < 0) return undefined;
    this.#table.beforeRead(slot);
    const value = this.#table.values[slot]!;
    if (this.#check !== null) this.#check.borrowed(this.#store, { key }, value);
    return value;
  }

  has(key: K): boolean {
    return this.#table.slot(key) >= 0;
  }

  put(key: K, value: V): void {
    if (value === undefined || value === null) return this.remove(key);
    if (this.#check !== null) this.#check.stored(this.#store, { key }, value);
    const slot = this.#table.slot(key);
    if (slot < 0) {
      this.#table.insert(key, ownedValue(value));
      return;
    }
    this.#table.touch(slot);
    this.#table.values[slot] = ownedValue(value);
  }

  remove(key: K): void {
    if (this.#check !== null) this.#check.forget(this.#store, { key });
    this.#table.remove(key);
  }

  clear(): void {
    for (let slot = 0; slot < this.#table.slotLimit; slot++) {
      const key = this.#table.keyAt(slot);
      if (key !== undefined) this.remove(key as K);
    }
  }

  *entries(): Generator<readonly [K, V]> {
    for (let slot = 0; slot < this.#table.slotLimit; slot++) {
      const key = this.#table.keyAt(slot);
      if (key === undefined) continue;
      this.#table.beforeRead(slot);
      const value = this.#table.values[slot]!;
      if (this.#check !== null) this.#check.borrowed(this.#store, { key }, value);
      yield [key as K, value];
    }
  }

  get size(): number {
    return this.#table.size;
  }
}
