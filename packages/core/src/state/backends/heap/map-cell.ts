import { type MapKey, mapKey } from '../../../record/map-key.js';
import { CHANGED, type Epochs, MADE, WRITTEN, type WrittenMap } from './epochs.js';
import { KeyPlaces } from './key-places.js';

/** Entries up to which a map is searched one by one: an index would cost more than it saves. */
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
  /** Slots by key; null while there are few. */
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
    this.#places = null;
    this.#times = null;
    this.#changes = null;
  }

  /** The slot of a key, or -1. Throws a coded error for what cannot be a key. */
  find(key: unknown): number {
    if (this.#places !== null) return this.#places.find(key);
    if (typeof key === 'number') {
      if (this.#key === key) return 0;
      if (key !== key) mapKey(key);
    } else if (typeof key === 'string') {
      if (this.#key === key) return 0;
    } else {
      return this.#indexed().find(key);
    }
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
    this.#places?.delete(key);
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
    else if (this.slotLimit > FEW) this.#indexed();
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

  /** The index, made when it is first needed. */
  #indexed(): KeyPlaces {
    if (this.#places === null) {
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
