import { freezeKey, mapKey } from '../../../record/map-key.js';
import type { MapState } from '../../handles.js';
import { flatString, ownedValue } from './flat-string.js';
import { KeyedHandle } from './keyed-handle.js';
import { MapCell } from './map-cell.js';
import { type MapForm, presentForm } from './map-form.js';
import { otherForm } from './packing.js';

/** Map state on the heap. Time to live counts per entry. */
export class HeapMapState<K, V> extends KeyedHandle<MapForm<V>> implements MapState<K, V> {
  get(key: K): V | undefined {
    const slot = this.find();
    if (slot < 0) return nothingFor(key);
    const cell = this.table!.values[slot]!;
    const entry = cell.find(key);
    if (entry < 0) return undefined;
    if (this.store.ttl !== null) return this.#liveValue(slot, cell, entry);
    if (this.store.epochs.run !== null) this.#save(slot, cell, entry);
    const value = cell.valueAt(entry);
    if (this.check !== null) this.check.borrowed(this.store, this.current, value, key);
    return value;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  put(key: K, value: V | undefined | null): void {
    if (value === undefined || value === null) return this.remove(key);
    if (this.check !== null) this.check.stored(this.store, this.current, value, key);
    const { epochs, ttl, clock } = this.store;
    let slot = this.find();
    if (slot < 0) {
      nothingFor(key);
      slot = this.insert(new MapCell<V>());
    }
    const table = this.table!;
    let cell = table.values[slot]!;
    let entry = cell.find(key);
    if (entry < 0) {
      table.markDirty(slot);
      if (this.store.pages !== null && !cell.takes(key, value, 0)) cell = this.#otherForm(slot, cell);
      entry = cell.add(typeof key === 'string' ? flatString(key) : freezeKey(key), ownedValue(value), epochs, this.store.pages);
    } else {
      if (epochs.run !== null) this.#save(slot, cell, entry);
      if (cell.markDirty(entry, epochs)) table.markDirty(slot);
      // What was changed in place is not stored again: a store into an old array is noted by the collector. Of numbers -0 is another than 0.
      if (typeof value === 'number' || cell.valueAt(entry) !== value) {
        if (!cell.holds(value)) {
          cell = this.#otherForm(slot, cell);
          entry = cell.find(key);
        }
        cell.setValue(entry, ownedValue(value));
      }
    }
    if (ttl !== null) cell.setTime(entry, clock.now(ttl));
  }

  remove(key: K): void {
    const slot = this.find();
    if (slot < 0) return nothingFor(key);
    if (this.check !== null) this.check.forget(this.store, this.current, key);
    const cell = this.table!.values[slot]!;
    const entry = cell.find(key);
    if (entry >= 0) this.#removeEntry(slot, cell, entry);
  }

  *entries(): Generator<readonly [K, V]> {
    const slot = this.find();
    if (slot < 0) return;
    const table = this.table!;
    let cell = table.values[slot]!;
    // Entries may come and go meanwhile; the key may not change.
    if (!cell.isSteady) {
      const keys = cell.slots().map((entry) => cell.keyAt(entry) as K);
      for (const key of keys) {
        cell = presentForm(cell);
        if (table.values[slot] !== cell) return;
        const entry = cell.find(key);
        const value = entry < 0 ? undefined : this.#visited(slot, cell, entry);
        if (value !== undefined) yield [key, value];
      }
      return;
    }
    for (let entry = 0; entry < cell.slotLimit; entry++) {
      const key = cell.keyAt(entry) as K | undefined;
      if (key === undefined) continue;
      const value = this.#visited(slot, cell, entry);
      if (value !== undefined) yield [key, value];
    }
  }

  *keys(): Generator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  get size(): number {
    const slot = this.find();
    if (slot < 0) return 0;
    if (this.store.ttl === null) return this.table!.values[slot]!.size;
    let size = 0;
    for (const _entry of this.entries()) size++;
    return size;
  }

  isEmpty(): boolean {
    if (this.store.ttl === null) return this.find() < 0;
    for (const _entry of this.entries()) return false;
    return true;
  }

  clear(): void {
    if (this.check !== null) this.check.forget(this.store, this.current);
    const slot = this.find();
    if (slot < 0) return;
    const cell = this.table!.values[slot]!;
    this.removeCurrent();
    cell.retire(this.store.pages);
  }

  /** Puts the other form of a map in its place. */
  #otherForm(slot: number, cell: MapForm<V>): MapForm<V> {
    const other = otherForm(cell, this.store.pages!, 0);
    this.table!.values[slot] = other;
    return other;
  }

  /** The value of an entry that is iterated over; undefined when it has expired. */
  #visited(slot: number, cell: MapForm<V>, entry: number): V | undefined {
    if (this.store.ttl !== null) return this.#liveValue(slot, cell, entry);
    if (this.store.epochs.run !== null) this.#save(slot, cell, entry);
    const value = cell.valueAt(entry);
    if (this.check !== null) this.check.borrowed(this.store, this.current, value, cell.keyAt(entry));
    return value;
  }

  /** The value of an entry with its pre-image safe, unless it has expired: then the entry goes. */
  #liveValue(slot: number, cell: MapForm<V>, entry: number): V | undefined {
    const { epochs, clock } = this.store;
    const ttl = this.store.ttl!;
    if (epochs.run !== null) this.#save(slot, cell, entry);
    const value = cell.valueAt(entry);
    const now = clock.now(ttl);
    const time = cell.timeAt(entry);
    if (clock.expired(ttl, time, now)) {
      this.#removeEntry(slot, cell, entry);
      if (!ttl.returnExpired) return undefined;
    } else if (ttl.renewedBy === 'readAndWrite' && time !== now) {
      this.table!.markDirty(slot);
      cell.markDirty(entry, epochs);
      cell.setTime(entry, now);
    }
    if (this.check !== null) this.check.borrowed(this.store, this.current, value, cell.keyAt(entry));
    return value;
  }

  #removeEntry(slot: number, cell: MapForm<V>, entry: number): void {
    const { epochs } = this.store;
    if (epochs.run !== null) this.#save(slot, cell, entry);
    this.table!.markDirty(slot);
    cell.remove(entry, epochs);
    if (cell.size > 0) return;
    this.removeCurrent();
    cell.retire(this.store.pages);
  }

  #save(slot: number, cell: MapForm<V>, entry: number): void {
    const run = this.store.epochs.run;
    if (run !== null && cell.awaits(entry, run.version) && this.table!.awaits(slot, run)) run.writeMapEntry(this.table!, slot, cell, entry);
  }
}

/** What is found in a map that does not exist, for a key that has to be one. */
function nothingFor(key: unknown): undefined {
  mapKey(key);
  return undefined;
}
