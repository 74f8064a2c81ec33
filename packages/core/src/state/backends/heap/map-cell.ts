import { type MapKey, mapKey } from '../../../record/map-key.js';
import { CHANGED, type Epochs, MADE, WRITTEN, type WrittenMap } from './epochs.js';
import { KeyPlaces } from './key-places.js';
import { mixWords } from './wide-index.js';

/** Entries up to which a map is searched one by one: an index would cost more than it saves. Half the places of the first hash table. */
const FEW = 8;
/** Fields of an entry: its key, its value, its stamp. */
const STRIDE = 3;
/** Entries of a chunk: growing one takes microseconds, however large the map. */
const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;
/** The key of a free slot, which no user can have. */
const FREE: unknown = undefined;
/** The stamp of a free slot: nothing waits for it. */
const NEVER = 0x3fffffff;

/** What changed in a map during one version. */
export interface MapChanges {
  readonly version: number;
  /** Slots touched, each once, unless it was freed and taken again. */
  readonly slots: number[];
  /** Keys removed that an earlier snapshot may hold. */
  removed: Map<MapKey, unknown> | null;
}

const bits = new Int32Array(2);
const float = new Float64Array(bits.buffer);

const UNCHANGED: readonly MapChanges[] = Object.freeze([]);

/**
 * The map of one key: entries in numbered slots, so that millions of them are found, changed and written one by one.
 * An entry is no object of its own: key, value and stamp (see `Epochs`) lie side by side in arrays.
 */
export class MapCell<V> implements WrittenMap {
  size: number;
  slotLimit: number;
  /** The entry in slot 0, the only one of many maps. */
  #key: unknown;
  #value: V | undefined;
  #stamp: number;
  /** The first chunk of the entries from slot 1 on, and the chunks behind it; null while there are none. */
  #first: unknown[] | null;
  #more: unknown[][] | null;
  #free: number[] | null;
  /**
   * Slots + 1 by number, open addressing, 0 where there is none: the index of maps with nothing but numbers for keys, up to
   * a chunk of them. It costs two reads of memory where the way through `KeyPlaces` costs five. Null otherwise.
   */
  #hash: number[] | null;
  /** Slots by key in all other maps; null while there are few. */
  #places: KeyPlaces | null;
  /** When each entry was last renewed; null without time to live. */
  #times: number[] | null;
  #changes: MapChanges[] | null;

  constructor() {
    this.size = 0;
    this.slotLimit = 0;
    this.#key = FREE;
    this.#value = undefined;
    this.#stamp = NEVER;
    this.#first = null;
    this.#more = null;
    this.#free = null;
    this.#hash = null;
    this.#places = null;
    this.#times = null;
    this.#changes = null;
  }

  /** The slot of a key, or -1. Throws a coded error for what cannot be a key. */
  find(key: unknown): number {
    if (this.#places !== null) return this.#places.find(key);
    if (typeof key === 'number') {
      if (key !== key) mapKey(key);
      if (this.#hash !== null) return this.#findHashed(key, this.#hash);
    } else if (typeof key === 'string') {
      if (this.#hash !== null) return -1;
    } else {
      return this.#indexed().find(key);
    }
    if (this.#key === key) return 0;
    const entries = this.#first;
    if (entries === null) return -1;
    for (let slot = 1, at = 0; at < entries.length; slot++, at += STRIDE) if (entries[at] === key) return slot;
    return -1;
  }

  /** Adds an entry for a key that has none. */
  add(key: unknown, value: V, epochs: Epochs): number {
    const slot = this.#take(key, value, epochs.version + MADE);
    if (epochs.tracking) this.#changed(epochs).slots.push(slot);
    return slot;
  }

  /** Adds an entry that comes from a snapshot. */
  restore(key: unknown, value: V): number {
    return this.#take(key, value, 0);
  }

  valueAt(slot: number): V {
    return (slot === 0 ? this.#value : this.#chunk(slot)[placeIn(slot) + 1]) as V;
  }

  setValue(slot: number, value: V): void {
    if (slot === 0) this.#value = value;
    else this.#chunk(slot)[placeIn(slot) + 1] = value;
  }

  /** The key in a slot; undefined in a free one. */
  keyAt(slot: number): unknown {
    return slot === 0 ? this.#key : this.#chunk(slot)[placeIn(slot)];
  }

  timeAt(slot: number): number {
    return this.#times?.[slot] ?? 0;
  }

  setTime(slot: number, time: number): void {
    const times = (this.#times ??= []);
    while (times.length < slot) times.push(0);
    times[slot] = time;
  }

  /** Whether the snapshot of a version has not written the entry and it belongs to it. */
  awaits(slot: number, version: number): boolean {
    return this.#stampAt(slot) < version + WRITTEN;
  }

  /** Whether the entry may have been changed since the snapshot `since` began (see `SlotTable.changedSince`). */
  changedSince(slot: number, since: number): boolean {
    return this.#stampAt(slot) >= since + MADE;
  }

  markWritten(slot: number, version: number): void {
    if (this.awaits(slot, version)) this.#setStamp(slot, version + WRITTEN);
  }

  /** Marks an entry changed; its pre-image is safe. Says whether it was not marked in this version yet. */
  markDirty(slot: number, epochs: Epochs): boolean {
    if (this.#stampAt(slot) >= epochs.version + MADE) return false;
    this.#setStamp(slot, epochs.version + CHANGED);
    if (epochs.tracking) this.#changed(epochs).slots.push(slot);
    return true;
  }

  /** Removes an entry; its pre-image is safe. */
  remove(slot: number, epochs: Epochs): void {
    const key = this.keyAt(slot);
    if (epochs.tracking && this.#stampAt(slot) !== epochs.version + MADE) (this.#changed(epochs).removed ??= new Map()).set(mapKey(key), key);
    if (this.#hash !== null) this.#deleteHashed(slot, this.#hash);
    else this.#places?.delete(key);
    this.#put(slot, FREE, undefined as V, NEVER);
    this.size--;
    (this.#free ??= []).push(slot);
  }

  /** What changed at or after `since` and before `before`, oldest first. */
  changes(since: number, before: number): readonly MapChanges[] {
    if (this.#changes === null) return UNCHANGED;
    return this.#changes.filter((changes) => changes.version >= since && changes.version < before);
  }

  #take(key: unknown, value: V, stamp: number): number {
    const slot = this.#free?.pop() ?? this.slotLimit++;
    this.#put(slot, key, value, stamp);
    this.size++;
    if (this.#places !== null) this.#places.add(key, slot);
    else if (this.#hash !== null) this.#addHashed(key, slot, this.#hash);
    else if (this.slotLimit > FEW) this.#rehash(FEW * 4);
    return slot;
  }

  #put(slot: number, key: unknown, value: V, stamp: number): void {
    if (slot === 0) {
      this.#key = key;
      this.#value = value;
      this.#stamp = stamp;
      return;
    }
    const chunk = this.#chunk(slot);
    const at = placeIn(slot);
    if (at === chunk.length) {
      chunk.push(key, value, stamp);
    } else {
      chunk[at] = key;
      chunk[at + 1] = value;
      chunk[at + 2] = stamp;
    }
  }

  /** The chunk of a slot from 1 on. */
  #chunk(slot: number): unknown[] {
    if (slot <= CHUNK) return (this.#first ??= []);
    const chunks = (this.#more ??= []);
    const at = ((slot - 1) >>> CHUNK_BITS) - 1;
    if (at === chunks.length) chunks.push([]);
    return chunks[at]!;
  }

  #stampAt(slot: number): number {
    return slot === 0 ? this.#stamp : (this.#chunk(slot)[placeIn(slot) + 2] as number);
  }

  #setStamp(slot: number, stamp: number): void {
    if (slot === 0) this.#stamp = stamp;
    else this.#chunk(slot)[placeIn(slot) + 2] = stamp;
  }

  #findHashed(key: number, hash: number[]): number {
    const mask = hash.length - 1;
    const first = this.#first!;
    for (let at = placeOf(key) & mask; ; at = (at + 1) & mask) {
      const slot = hash[at]! - 1;
      if (slot < 0) return -1;
      if ((slot === 0 ? this.#key : first[(slot - 1) * STRIDE]) === key) return slot;
    }
  }

  #addHashed(key: unknown, slot: number, hash: number[]): void {
    // Above a half the ways to a free place become long.
    if (typeof key !== 'number' || this.slotLimit > CHUNK) this.#indexed();
    else if (this.slotLimit * 2 > hash.length) this.#rehash(hash.length * 2);
    else putHashed(key, slot, hash);
  }

  #deleteHashed(slot: number, hash: number[]): void {
    const mask = hash.length - 1;
    let hole = placeOf(this.keyAt(slot) as number) & mask;
    while (hash[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
    for (let at = (hole + 1) & mask; hash[at] !== 0; at = (at + 1) & mask) {
      const home = placeOf(this.keyAt(hash[at]! - 1) as number) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      hash[hole] = hash[at]!;
      hole = at;
    }
    hash[hole] = 0;
  }

  /** Makes the hash table anew, or the general index when a key is no number. */
  #rehash(length: number): void {
    const hash = new Array<number>(length).fill(0);
    for (let slot = 0; slot < this.slotLimit; slot++) {
      const key = this.keyAt(slot);
      if (typeof key === 'number') putHashed(key, slot, hash);
      else if (key !== FREE) return void this.#indexed();
    }
    this.#hash = hash;
  }

  /** The index, made when it is first needed. */
  #indexed(): KeyPlaces {
    if (this.#places === null) {
      this.#hash = null;
      this.#places = new KeyPlaces();
      for (let slot = 0; slot < this.slotLimit; slot++) if (this.keyAt(slot) !== FREE) this.#places.add(this.keyAt(slot), slot);
    }
    return this.#places;
  }

  #changed(epochs: Epochs): MapChanges {
    const known = (this.#changes ??= []);
    const last = known.at(-1);
    if (last !== undefined && last.version === epochs.version) return last;
    if (known.length > 0 && known[0]!.version < epochs.floor) this.#changes = known.filter((changes) => changes.version >= epochs.floor);
    const changes: MapChanges = { version: epochs.version, slots: [], removed: null };
    this.#changes.push(changes);
    return changes;
  }
}

/** Where the entry of a slot from 1 on begins in its chunk. */
function placeIn(slot: number): number {
  return ((slot - 1) & (CHUNK - 1)) * STRIDE;
}

/** Where a number is looked for first. */
function placeOf(key: number): number {
  if ((key | 0) === key) return mixWords(key | 0, 0);
  float[0] = key;
  return mixWords(bits[0]!, bits[1]!);
}

function putHashed(key: number, slot: number, hash: number[]): void {
  const mask = hash.length - 1;
  let at = placeOf(key) & mask;
  while (hash[at] !== 0) at = (at + 1) & mask;
  hash[at] = slot + 1;
}
