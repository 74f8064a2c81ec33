import { freezeKey, mapKey, type MapKey } from '../../../record/map-key.js';
import type { MapState } from '../../handles.js';
import { flatString, ownedValue } from './flat-string.js';
import { KeyedHandle } from './keyed-handle.js';
import { MapCell, type MapEntry } from './map-cell.js';

/** Map state on the heap. Time to live counts per entry. */
export class HeapMapState<K, V> extends KeyedHandle<MapCell<V>> implements MapState<K, V> {
  get(key: K): V | undefined {
    const entry = this.#live(mapKey(key));
    if (entry === undefined) return undefined;
    if (this.check !== null) this.check.borrowed(this.store, this.current, entry.value, key);
    return entry.value;
  }

  has(key: K): boolean {
    return this.#live(mapKey(key)) !== undefined;
  }

  put(key: K, value: V | undefined | null): void {
    if (value === undefined || value === null) return this.remove(key);
    if (this.check !== null) this.check.stored(this.store, this.current, value, key);
    const owned: unknown = typeof key === 'string' ? flatString(key) : freezeKey(key);
    const mapped = mapKey(owned);
    const { epochs, ttl, clock } = this.store;
    let slot = this.find();
    if (slot < 0) slot = this.insert(new MapCell<V>());
    const table = this.table!;
    const cell = table.values[slot]!;
    table.markDirty(slot);
    let entry = cell.index.get(mapped);
    if (entry === undefined) {
      entry = cell.add(mapped, owned, ownedValue(value), epochs);
    } else {
      if (epochs.run !== null) this.#save(slot, entry);
      cell.markDirty(entry, epochs);
      entry.value = ownedValue(value);
    }
    if (ttl !== null) entry.time = clock.now(ttl);
  }

  remove(key: K): void {
    const slot = this.find();
    if (slot < 0) return;
    if (this.check !== null) this.check.forget(this.store, this.current, key);
    const mapped = mapKey(key);
    const entry = this.table!.values[slot]!.index.get(mapped);
    if (entry !== undefined) this.#removeEntry(mapped, entry);
  }

  *entries(): Generator<readonly [K, V]> {
    for (const entry of this.#entries()) {
      if (this.check !== null) this.check.borrowed(this.store, this.current, entry.value, entry.key);
      yield [entry.key as K, entry.value];
    }
  }

  *keys(): Generator<K> {
    for (const entry of this.#entries()) yield entry.key as K;
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  get size(): number {
    const slot = this.find();
    if (slot < 0) return 0;
    if (this.store.ttl === null) return this.table!.values[slot]!.index.size;
    let size = 0;
    for (const _entry of this.#entries()) size++;
    return size;
  }

  isEmpty(): boolean {
    if (this.store.ttl === null) return this.find() < 0;
    for (const _entry of this.#entries()) return false;
    return true;
  }

  clear(): void {
    if (this.check !== null) this.check.forget(this.store, this.current);
    this.removeCurrent();
  }

  /** The entries that have not expired. The key may not change while they are visited; entries may come and go. */
  *#entries(): Generator<MapEntry<V>> {
    const slot = this.find();
    if (slot < 0) return;
    const cell = this.table!.values[slot]!;
    for (const entry of cell.index.entries()) {
      if (this.store.ttl !== null) {
        const live = this.#live(mapKey(entry.key));
        if (live !== undefined) yield live;
      } else {
        if (this.store.epochs.run !== null) this.#save(slot, entry);
        yield entry;
      }
    }
  }

  /** The entry of a map key with its pre-image safe, unless it has expired. */
  #live(mapped: MapKey): MapEntry<V> | undefined {
    const slot = this.find();
    if (slot < 0) return undefined;
    const cell = this.table!.values[slot]!;
    const entry = cell.index.get(mapped);
    if (entry === undefined) return undefined;
    const { epochs, ttl, clock } = this.store;
    if (epochs.run !== null) this.#save(slot, entry);
    if (ttl === null) return entry;
    const now = clock.now(ttl);
    if (clock.expired(ttl, entry.time, now)) {
      this.#removeEntry(mapped, entry);
      return ttl.returnExpired ? entry : undefined;
    }
    if (ttl.renewedBy === 'readAndWrite' && entry.time !== now) {
      this.table!.markDirty(slot);
      cell.markDirty(entry, epochs);
      entry.time = now;
    }
    return entry;
  }

  #removeEntry(mapped: MapKey, entry: MapEntry<V>): void {
    const slot = this.find();
    const table = this.table!;
    const cell = table.values[slot]!;
    if (this.store.epochs.run !== null) this.#save(slot, entry);
    table.markDirty(slot);
    cell.remove(mapped, entry, this.store.epochs);
    if (cell.index.size === 0) this.removeCurrent();
  }

  #save(slot: number, entry: MapEntry<V>): void {
    const run = this.store.epochs.run;
    if (run !== null && entry.written < run.version && this.table!.awaits(slot, run)) run.writeMapEntry(this.table!, slot, entry);
  }
}
