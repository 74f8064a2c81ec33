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
  /** The first chunk of entries, and those behind it. */
  readonly #first: unknown[];
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
    this.#first = [];
    this.#more = null;
    this.#free = null;
    this.#places = null;
    this.#times = null;
    this.#changes = null;
  }

  /** The slot of a key, or -1. Throws a coded error for what cannot be a key. */
  find(key: unknown): number {
    if (this.#places !== null) return this.#places.find(key);
    const entries = this.#first;
    const limit = this.slotLimit;
    if (typeof key === 'number') {
      for (let slot = 0; slot < limit; slot++) if (entries[slot * STRIDE] === key) return slot;
    } else if (typeof key === 'string') {
      for (let slot = 0; slot < limit; slot++) if (entries[slot * STRIDE] === key) return slot;
      return -1;
    } else if (limit > 0) {
      return this.#indexed().find(key);
    }
    if (key !== key || typeof key !== 'number') mapKey(key);
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
    return this.#chunk(slot)[(slot & (CHUNK - 1)) * STRIDE + 1] as V;
  }

  setValue(slot: number, value: V): void {
    this.#chunk(slot)[(slot & (CHUNK - 1)) * STRIDE + 1] = value;
  }

  /** The key in a slot; undefined in a free one. */
  keyAt(slot: number): unknown {
    return this.#chunk(slot)[(slot & (CHUNK - 1)) * STRIDE];
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
    return this.#stamp(slot) < version + WRITTEN;
  }

  /** Whether the entry may have been changed since the snapshot `since` began (see `SlotTable.changedSince`). */
  changedSince(slot: number, since: number): boolean {
    return this.#stamp(slot) >= since + MADE;
  }

  markWritten(slot: number, version: number): void {
    if (this.awaits(slot, version)) this.#setStamp(slot, version + WRITTEN);
  }

  /** Marks an entry changed; its pre-image is safe. */
  markDirty(slot: number, epochs: Epochs): void {
    if (this.#stamp(slot) >= epochs.version + MADE) return;
    this.#setStamp(slot, epochs.version + CHANGED);
    if (epochs.tracking) this.#changed(epochs).slots.push(slot);
  }

  /** Removes an entry; its pre-image is safe. */
  remove(slot: number, epochs: Epochs): void {
    const chunk = this.#chunk(slot);
    const at = (slot & (CHUNK - 1)) * STRIDE;
    const key = chunk[at];
    if (epochs.tracking && chunk[at + 2] !== epochs.version + MADE) (this.#changed(epochs).removed ??= new Map()).set(mapKey(key), key);
    this.#places?.delete(key);
    chunk[at] = FREE;
    chunk[at + 1] = undefined;
    chunk[at + 2] = NEVER;
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
    const chunk = this.#chunk(slot);
    const at = (slot & (CHUNK - 1)) * STRIDE;
    if (at === chunk.length) {
      chunk.push(key, value, stamp);
    } else {
      chunk[at] = key;
      chunk[at + 1] = value;
      chunk[at + 2] = stamp;
    }
    this.size++;
    if (this.#places !== null) this.#places.add(key, slot);
    else if (this.slotLimit > FEW) this.#indexed();
    return slot;
  }

  #chunk(slot: number): unknown[] {
    if (slot < CHUNK) return this.#first;
    const chunks = (this.#more ??= []);
    const at = (slot >>> CHUNK_BITS) - 1;
    if (at === chunks.length) chunks.push([]);
    return chunks[at]!;
  }

  #stamp(slot: number): number {
    return this.#chunk(slot)[(slot & (CHUNK - 1)) * STRIDE + 2] as number;
  }

  #setStamp(slot: number, stamp: number): void {
    this.#chunk(slot)[(slot & (CHUNK - 1)) * STRIDE + 2] = stamp;
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
