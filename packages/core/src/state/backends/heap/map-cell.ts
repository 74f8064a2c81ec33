import type { MapKey } from '../../../record/map-key.js';
import type { Epochs } from './epochs.js';
import { KeyIndex } from './key-index.js';

/** One entry of a map, with its stamps (see `Epochs`). */
export class MapEntry<V> {
  readonly key: unknown;
  value: V;
  written: number;
  /** The version of the last change; -1 once it is removed. */
  dirty: number;
  /** When it was last renewed; 0 without time to live. */
  time: number;

  constructor(key: unknown, value: V, written: number, dirty: number) {
    this.key = key;
    this.value = value;
    this.written = written;
    this.dirty = dirty;
    this.time = 0;
  }
}

/** What changed in a map during one version. */
export interface MapChanges<V> {
  readonly version: number;
  readonly entries: MapEntry<V>[];
  removed: Map<MapKey, unknown> | null;
}

/** The map of one key: an index of its own, so that millions of entries are found, changed and written one by one. */
export class MapCell<V> {
  readonly index: KeyIndex<MapEntry<V>>;
  #changes: MapChanges<V>[];

  constructor() {
    this.index = new KeyIndex();
    this.#changes = [];
  }

  /** Adds an entry for a key that has none. */
  add(mapped: MapKey, key: unknown, value: V, epochs: Epochs): MapEntry<V> {
    const entry = new MapEntry(key, value, epochs.version + 1, epochs.version);
    this.index.add(mapped, entry);
    if (epochs.tracking) this.#changed(epochs).entries.push(entry);
    return entry;
  }

  /** Adds an entry that comes from a snapshot. */
  restore(mapped: MapKey, key: unknown, value: V): MapEntry<V> {
    const entry = new MapEntry(key, value, 0, 0);
    this.index.add(mapped, entry);
    return entry;
  }

  /** Marks an entry changed; its pre-image is safe. */
  markDirty(entry: MapEntry<V>, epochs: Epochs): void {
    if (entry.dirty === epochs.version) return;
    entry.dirty = epochs.version;
    if (epochs.tracking) this.#changed(epochs).entries.push(entry);
  }

  /** Removes an entry; its pre-image is safe. */
  remove(mapped: MapKey, entry: MapEntry<V>, epochs: Epochs): void {
    this.index.delete(mapped);
    entry.dirty = -1;
    if (epochs.tracking && entry.written !== epochs.version + 1) (this.#changed(epochs).removed ??= new Map()).set(mapped, entry.key);
  }

  /** What changed at or after `since` and before `before`, oldest first. */
  changes(since: number, before: number): readonly MapChanges<V>[] {
    return this.#changes.filter((changes) => changes.version >= since && changes.version < before);
  }

  #changed(epochs: Epochs): MapChanges<V> {
    const last = this.#changes.at(-1);
    if (last !== undefined && last.version === epochs.version) return last;
    if (this.#changes.length > 0 && this.#changes[0]!.version < epochs.floor) {
      this.#changes = this.#changes.filter((changes) => changes.version >= epochs.floor);
    }
    const changes: MapChanges<V> = { version: epochs.version, entries: [], removed: null };
    this.#changes.push(changes);
    return changes;
  }
}
