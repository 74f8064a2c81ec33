import { mapKey } from '../../../record/map-key.js';
import { CHANGED, type Epochs, MADE, WRITTEN } from './epochs.js';
import { KeyPlaces } from './key-places.js';
import type { MapForm } from './map-form.js';
import type { NumberPages } from './number-pages.js';
import { MOST_PACKED, placeOf } from './packed-entries.js';
import { type MapChanges, RareParts } from './rare-parts.js';

/** Entries up to which a map is searched one by one: an index would cost more than it saves. */
export const FEW = 8;
/** Fields of an entry: its key, its value, its stamp. */
const STRIDE = 3;
/** Entries of a chunk: growing one takes microseconds, however large the map. */
const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;
/** The key of a free slot, which no user can have. */
const FREE: unknown = undefined;
/** The stamp of a free slot: nothing waits for it. */
const NEVER = 0x3fffffff;

/**
 * The map of one key: entries in numbered slots, so that millions of them are found, changed and written one by one.
 * An entry is no object of its own: key, value and stamp (see `Epochs`) lie side by side in arrays.
 */
export class MapCell<V> implements MapForm<V> {
  /**
   * The length of the hash table: slots + 1 by number, open addressing, 0 where there is none. It is the index of maps
   * with nothing but numbers for keys, up to a chunk of them.
   */
  #hashed: number;
  /** The stamp of slot 0. */
  #stamp: number;
  size: number;
  /** All slots are below it. */
  slotLimit: number;
  /**
   * The hash table of the keys, when there is one, and behind it the entries from slot 1 up to a chunk: in one array, since each
   * array more is a read of memory more. Null while there is no second entry.
   */
  #table: unknown[] | null;
  /** The entry in slot 0, the only one of many maps. */
  #key: unknown;
  #value: V | undefined;
  /** Slots by key where there are more numbers than a chunk, or keys of other kinds; null otherwise. */
  #places: KeyPlaces | null;
  /** The chunks of entries behind the first; null while there are none. */
  #more: unknown[][] | null;
  /** What few maps have. */
  rare: RareParts | null;
  /** What it has become when it is packed (see `otherForm`). */
  becomes: MapForm<V> | null;

  constructor(rare: RareParts | null = null) {
    this.#hashed = 0;
    this.#stamp = NEVER;
    this.size = 0;
    this.slotLimit = 0;
    this.#table = null;
    this.#key = FREE;
    this.#value = undefined;
    this.#places = null;
    this.#more = null;
    this.rare = rare;
    this.becomes = null;
  }

  /** The slot of a key, or -1. Throws a coded error for what cannot be a key. */
  find(key: unknown): number {
    if (this.#places !== null) return this.#places.find(key);
    if (typeof key === 'number') {
      if (key !== key) mapKey(key);
      if (this.#hashed !== 0) return this.#findHashed(key, this.#table!);
      return this.#findNumber(key);
    }
    if (typeof key !== 'string') return this.#indexed().find(key);
    if (this.#hashed !== 0) return -1;
    if (this.#key === key) return 0;
    const entries = this.#table;
    if (entries !== null) for (let slot = 1, at = 0; slot < this.slotLimit; slot++, at += STRIDE) if (entries[at] === key) return slot;
    return -1;
  }

  /** Whether its slots stay what they are, whatever is added or removed. */
  get isSteady(): boolean {
    return this.slotLimit > FEW;
  }

  takes(key: unknown, value: V, expected: number): boolean {
    // When it is known that many will come, they go to the page at once.
    if (this.slotLimit !== FEW && (this.slotLimit !== 0 || expected <= FEW)) return true;
    if (typeof key !== 'number' || typeof value !== 'number' || this.size < this.slotLimit || this.#places !== null || this.#hashed !== 0 || expected * 4 > MOST_PACKED * 3) return true;
    for (let slot = 0; slot < this.slotLimit; slot++) if (typeof this.keyAt(slot) !== 'number' || typeof this.valueAt(slot) !== 'number') return true;
    return false;
  }

  holds(_value: unknown): boolean {
    return true;
  }

  add(key: unknown, value: V, epochs: Epochs, _pages: NumberPages | null): number {
    const slot = this.put(key, value, epochs.version + MADE, 0);
    this.#list(slot, epochs);
    return slot;
  }

  restore(key: unknown, value: V, _pages: NumberPages | null, expected: number): number {
    return this.put(key, value, 0, expected);
  }

  /** Adds an entry with a stamp, of so many as `expected` says. */
  put(key: unknown, value: V, stamp: number, expected: number): number {
    let slot = this.rare?.free.pop();
    if (slot === undefined) {
      slot = this.slotLimit++;
      if (slot === CHUNK) this.#rareParts().listedFrom = versionAfter(stamp);
    }
    // The index first: it may lay the entries elsewhere.
    if (this.#places !== null) this.#places.add(key, slot);
    else if (this.#hashed !== 0) this.#addHashed(key, slot, this.#table!);
    else if (this.slotLimit > FEW) this.#rehash(roomFor(Math.min(expected, CHUNK) * 1.5, FEW * 4), key, slot);
    this.#put(slot, key, value, stamp);
    this.size++;
    return slot;
  }

  valueAt(slot: number): V {
    return (slot === 0 ? this.#value : this.#entries(slot)[this.#placeIn(slot) + 1]) as V;
  }

  setValue(slot: number, value: V): void {
    if (slot === 0) this.#value = value;
    else this.#entries(slot)[this.#placeIn(slot) + 1] = value;
  }

  /** The key in a slot; undefined in a free one. */
  keyAt(slot: number): unknown {
    return slot === 0 ? this.#key : this.#entries(slot)[this.#placeIn(slot)];
  }

  /** The slots of all entries as they are now, in the order in which the entries came. */
  slots(): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.slotLimit; slot++) if (this.keyAt(slot) !== FREE) slots.push(slot);
    return slots;
  }

  /** It has nothing that it would have to give back. */
  retire(_pages: NumberPages | null): void {}

  takeForSnapshot(since: number, version: number): number[] {
    const taken: number[] = [];
    for (let slot = 0; slot < this.slotLimit; slot++) {
      if (!this.awaits(slot, version)) continue;
      if (since !== 0 && !this.changedSince(slot, since)) continue;
      this.#setStamp(slot, version + WRITTEN);
      taken.push(slot);
    }
    return taken;
  }

  timeAt(slot: number): number {
    return this.rare?.times?.[slot] ?? 0;
  }

  setTime(slot: number, time: number): void {
    const times = (this.#rareParts().times ??= []);
    while (times.length < slot) times.push(0);
    times[slot] = time;
  }

  /** Whether the snapshot of a version has not written the entry and it belongs to it. */
  awaits(slot: number, version: number): boolean {
    return this.stampAt(slot) < version + WRITTEN;
  }

  /** Whether the entry may have been changed since the snapshot `since` began (see `SlotTable.changedSince`). */
  changedSince(slot: number, since: number): boolean {
    return this.stampAt(slot) >= since + MADE;
  }

  markWritten(slot: number, version: number): void {
    if (this.awaits(slot, version)) this.#setStamp(slot, version + WRITTEN);
  }

  markDirty(slot: number, epochs: Epochs): boolean {
    if (this.stampAt(slot) >= epochs.version + MADE) return false;
    this.#setStamp(slot, epochs.version + CHANGED);
    this.#list(slot, epochs);
    return true;
  }

  remove(slot: number, epochs: Epochs): void {
    const key = this.keyAt(slot);
    if (epochs.tracking && this.stampAt(slot) !== epochs.version + MADE) this.#rareParts().noteRemoved(key, epochs);
    if (this.#hashed !== 0) this.#deleteHashed(slot, this.#table!);
    else this.#places?.delete(key);
    this.#put(slot, FREE, undefined as V, NEVER);
    this.size--;
    this.#rareParts().free.push(slot);
  }

  /** The slots touched at or after `since` and before `before`, oldest first; null where only the stamps tell: all but large maps have no list. */
  changes(since: number, before: number): readonly MapChanges[] | null {
    return this.#isListed() && since >= this.#rareParts().listedFrom ? this.#rareParts().changes(since, before) : null;
  }

  /** Its list of changes tells of nothing that happened before the version after a stamp. */
  tellAllBefore(latest: number): void {
    if (this.#isListed()) this.#rareParts().listedFrom = versionAfter(latest);
  }

  /** Whether touched slots are listed: a map is looked through faster than a list is kept, until it is large. */
  #isListed(): boolean {
    return this.slotLimit > CHUNK;
  }

  #list(slot: number, epochs: Epochs): void {
    if (epochs.tracking && this.#isListed()) this.#rareParts().changed(epochs).slots.push(slot);
  }

  #put(slot: number, key: unknown, value: V, stamp: number): void {
    if (slot === 0) {
      this.#key = key;
      this.#value = value;
      this.#stamp = stamp;
      return;
    }
    const entries = this.#entries(slot);
    const at = this.#placeIn(slot);
    entries[at] = key;
    entries[at + 1] = value;
    entries[at + 2] = stamp;
  }

  /** The array that holds a slot from 1 on. */
  #entries(slot: number): unknown[] {
    if (slot <= CHUNK) return (this.#table ??= []);
    const chunks = (this.#more ??= []);
    const at = ((slot - 1) >>> CHUNK_BITS) - 1;
    if (at === chunks.length) chunks.push([]);
    return chunks[at]!;
  }

  /** Where the entry of a slot from 1 on begins in its array. */
  #placeIn(slot: number): number {
    return slot <= CHUNK ? this.#hashed + (slot - 1) * STRIDE : ((slot - 1) & (CHUNK - 1)) * STRIDE;
  }

  /** See `Epochs`; `NEVER` in a free slot. */
  stampAt(slot: number): number {
    return slot === 0 ? this.#stamp : (this.#entries(slot)[this.#placeIn(slot) + 2] as number);
  }

  #setStamp(slot: number, stamp: number): void {
    if (slot === 0) this.#stamp = stamp;
    else this.#entries(slot)[this.#placeIn(slot) + 2] = stamp;
  }

  #findNumber(key: number): number {
    if (this.#key === key) return 0;
    const entries = this.#table;
    if (entries !== null) for (let slot = 1, at = 0; slot < this.slotLimit; slot++, at += STRIDE) if (entries[at] === key) return slot;
    return -1;
  }

  #findHashed(key: number, table: unknown[]): number {
    const hashed = this.#hashed;
    for (let at = placeOf(key) & (hashed - 1); ; at = (at + 1) & (hashed - 1)) {
      // In an array of numbers it is a double; the rest is to be done with whole ones.
      const slot = ((table[at] as number) | 0) - 1;
      if (slot < 0) return -1;
      if ((slot === 0 ? this.#key : table[hashed + (slot - 1) * STRIDE]) === key) return slot;
    }
  }

  /** Puts a key that is not in its slot yet into the hash table, or into one that is larger, or into the general index. */
  #addHashed(key: unknown, slot: number, table: unknown[]): void {
    // Above a half the ways to a free place become long.
    if (typeof key !== 'number' || this.slotLimit > CHUNK) this.#indexed().add(key, slot);
    else if (this.slotLimit * 2 > this.#hashed) this.#rehash(this.#hashed * 2, key, slot);
    else putHashed(key, slot, table, this.#hashed);
  }

  #deleteHashed(slot: number, table: unknown[]): void {
    const mask = this.#hashed - 1;
    let hole = placeOf(this.keyAt(slot) as number) & mask;
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = placeOf(this.keyAt((table[at] as number) - 1) as number) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table[hole] = table[at];
      hole = at;
    }
    table[hole] = 0;
  }

  /** Makes a hash table of a length, with a key that is to come into a slot; the general index instead when a key is no number. */
  #rehash(hashed: number, added: unknown, addedSlot: number): void {
    for (let slot = 0; slot < this.slotLimit; slot++) {
      const key = slot === addedSlot ? added : this.keyAt(slot);
      if (typeof key !== 'number' && key !== FREE) return this.#indexed().add(added, addedSlot);
    }
    // As many entries as the hash table is made for.
    const table = new Array<unknown>(hashed + (hashed / 2 - 1) * STRIDE).fill(0, 0, hashed);
    this.#moveEntries(table, hashed);
    for (let slot = 0; slot < this.slotLimit; slot++) {
      const key = slot === addedSlot ? added : this.keyAt(slot);
      if (key !== FREE) putHashed(key as number, slot, table, hashed);
    }
  }

  /** Lays the entries of the first chunk behind a hash table of another length. */
  #moveEntries(table: unknown[], hashed: number): void {
    const before = this.#table!;
    const length = Math.min(before.length - this.#hashed, table.length - hashed);
    for (let at = 0; at < length; at++) {
      const part = before[this.#hashed + at];
      // What is missing stays so: an array of numbers would become one of objects with the first thing that is none.
      if (part !== undefined) table[hashed + at] = part;
    }
    this.#table = table;
    this.#hashed = hashed;
  }

  /** The general index, made when it is first needed. */
  #indexed(): KeyPlaces {
    if (this.#places === null) {
      if (this.#hashed !== 0) this.#moveEntries(new Array<unknown>((this.slotLimit - 1) * STRIDE), 0);
      this.#places = new KeyPlaces();
      for (let slot = 0; slot < this.slotLimit; slot++) if (this.keyAt(slot) !== FREE) this.#places.add(this.keyAt(slot), slot);
    }
    return this.#places;
  }

  #rareParts(): RareParts {
    return (this.rare ??= new RareParts());
  }
}

/** The first version in which nothing with such a stamp, or an earlier one, happened. */
function versionAfter(stamp: number): number {
  return (stamp >> 2) * 4 + 4;
}

/** The length of a hash table of which so many entries fill three quarters at most: a power of two. */
function roomFor(entries: number, least: number): number {
  let room = least;
  while (room * 3 < entries * 4) room *= 2;
  return room;
}

function putHashed(key: number, slot: number, table: unknown[], hashed: number): void {
  let at = placeOf(key) & (hashed - 1);
  while (table[at] !== 0) at = (at + 1) & (hashed - 1);
  table[at] = slot + 1;
}
