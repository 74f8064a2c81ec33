import { type MapKey, freezeKey, mapKey } from '../../../record/map-key.js';
import type { CheckMode } from '../../check-mode.js';
import type { MapState } from '../../handles.js';
import { flatString, ownedValue } from '../heap/flat-string.js';
import { liveChildren } from './cells.js';
import type { LogKey } from './log-key.js';
import type { MapStore } from './map-store.js';
import { COUNT, HASH } from './rows.js';

/** Decoded values of the current key that are kept, so that asking twice gives the same object. */
const KEPT_VALUES = 64;

/** Map state on disk. Time to live counts per entry. */
export class LogMapState<K, V> implements MapState<K, V> {
  readonly #store: MapStore;
  readonly #current: LogKey;
  readonly #check: CheckMode | null;
  readonly #kept: Map<MapKey, V>;
  #head: number;
  #version: number;

  constructor(store: MapStore, current: LogKey, check: CheckMode | null) {
    this.#store = store;
    this.#current = current;
    this.#check = check;
    this.#kept = new Map();
    this.#head = -1;
    this.#version = 0;
  }

  get(key: K): V | undefined {
    const slot = this.#entry(key);
    if (slot < 0) return undefined;
    const value = this.#live(slot, key);
    if (value !== undefined && this.#check !== null) this.#check.borrowed(this.#store, this.#current, value, key);
    return value;
  }

  has(key: K): boolean {
    const slot = this.#entry(key);
    return slot >= 0 && this.#live(slot, key) !== undefined;
  }

  put(key: K, value: V | undefined | null): void {
    if (value === undefined || value === null) return this.remove(key);
    const store = this.#store;
    if (this.#check !== null) this.#check.stored(store, this.#current, value, key);
    const owned: unknown = typeof key === 'string' ? flatString(key) : freezeKey(key);
    const mapped = mapKey(owned);
    let head = this.#find();
    if (head < 0) {
      head = store.makeHead(this.#current);
      this.#head = head;
    }
    const slot = store.put(head, this.#current.key, owned, value);
    if (store.ttl !== null) store.rows.setTime(slot, store.clock.now(store.ttl));
    this.#keep(mapped, ownedValue(value));
  }

  remove(key: K): void {
    if (this.#find() >= 0 && this.#check !== null) this.#check.forget(this.#store, this.#current, key);
    const slot = this.#entry(key);
    if (slot >= 0) this.#remove(slot, mapKey(key));
  }

  *entries(): Generator<readonly [K, V]> {
    for (const [key, value] of this.#entries()) {
      if (this.#check !== null) this.#check.borrowed(this.#store, this.#current, value, key);
      yield [key, value];
    }
  }

  *keys(): Generator<K> {
    for (const [key] of this.#entries()) yield key;
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  get size(): number {
    const head = this.#find();
    if (head < 0) return 0;
    if (this.#store.ttl === null) return this.#store.rows.get(head, COUNT);
    let size = 0;
    for (const _entry of this.#entries()) size++;
    return size;
  }

  isEmpty(): boolean {
    if (this.#store.ttl === null) return this.#find() < 0;
    for (const _entry of this.#entries()) return false;
    return true;
  }

  clear(): void {
    if (this.#check !== null) this.#check.forget(this.#store, this.#current);
    const head = this.#find();
    if (head < 0) return;
    this.#store.removeHead(head);
    this.#head = -1;
    this.#kept.clear();
  }

  /** The entries that have not expired. The key may not change while they are visited; entries may come and go. */
  *#entries(): Generator<readonly [K, V]> {
    const head = this.#find();
    if (head < 0) return;
    const { rows } = this.#store;
    const version = this.#version;
    const slots = liveChildren(rows, head);
    const hashes = slots.map((slot) => rows.get(slot, HASH));
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at]!;
      if (this.#version !== version || !this.#store.isEntryOf(slot, head, hashes[at]!)) continue;
      const key = this.#store.decodeMapKey(slot) as K;
      const value = this.#live(slot, key);
      if (value !== undefined) yield [key, value];
    }
  }

  #find(): number {
    const current = this.#current;
    if (this.#version === current.version && this.#version !== 0) return this.#head;
    if (current.version === 0) current.require(`state "${this.#store.name}"`);
    if (this.#kept.size > 0) this.#kept.clear();
    this.#head = this.#store.findHead(current);
    this.#version = current.version;
    return this.#head;
  }

  #entry(key: K): number {
    const head = this.#find();
    return head < 0 ? -1 : this.#store.findEntry(head, key);
  }

  /** The value of an entry whose record is in the log's reader, unless it has expired. */
  #live(slot: number, key: K): V | undefined {
    const store = this.#store;
    const mapped = mapKey(key);
    const value = this.#kept.get(mapped) ?? (store.decodeValue() as V);
    const { ttl, clock, rows } = store;
    if (ttl !== null) {
      const now = clock.now(ttl);
      const time = rows.time(slot);
      if (clock.expired(ttl, time, now)) {
        this.#remove(slot, mapped);
        return ttl.returnExpired ? value : undefined;
      }
      if (ttl.renewedBy === 'readAndWrite' && time !== now) {
        store.touch(slot);
        rows.setTime(slot, now);
      }
    }
    if (typeof value === 'object') this.#keep(mapped, value);
    return value;
  }

  #keep(mapped: MapKey, value: V): void {
    if (this.#kept.size < KEPT_VALUES || this.#kept.has(mapped)) this.#kept.set(mapped, value);
  }

  #remove(slot: number, mapped: MapKey): void {
    this.#kept.delete(mapped);
    const { rows } = this.#store;
    const last = rows.get(this.#head, COUNT) === 1;
    this.#store.removeEntry(slot);
    if (last) this.#head = -1;
  }
}
