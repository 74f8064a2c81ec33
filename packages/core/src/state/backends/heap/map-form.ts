import type { Epochs, WrittenMap } from './epochs.js';
import type { NumberPages } from './number-pages.js';
import type { MapChanges, RareParts } from './rare-parts.js';

/**
 * The map of one key in one of its two forms: `PackedMap` with more than a few entries that are all numbers by numbers,
 * else `MapCell`. It takes its other form (`otherForm`), and stands in its table in place of the first, when `takes` or `holds` says so.
 */
export interface MapForm<V> extends WrittenMap {
  readonly size: number;
  /** All slots are below it; 0 where nobody goes through them one by one. */
  readonly slotLimit: number;
  /** Whether its slots stay what they are, whatever is added or removed; else until something is. */
  readonly isSteady: boolean;
  /** What few maps have. */
  readonly rare: RareParts | null;
  /** Its other form, when it has taken that: whoever holds a map for longer asks. */
  readonly becomes: MapForm<V> | null;
  /** The slot of a key, or -1. Throws a coded error for what cannot be a key. */
  find(key: unknown): number;
  /** Whether it keeps its form with such an entry more, of so many as `expected` says. */
  takes(key: unknown, value: V, expected: number): boolean;
  /** Whether it keeps its form with such a value. */
  holds(value: unknown): boolean;
  /** Adds an entry that it takes, for a key that has none. */
  add(key: unknown, value: V, epochs: Epochs, pages: NumberPages | null): number;
  /** As `add`, for an entry that comes from a snapshot, of so many as `expected` says. */
  restore(key: unknown, value: V, pages: NumberPages | null, expected: number): number;
  valueAt(slot: number): V;
  setValue(slot: number, value: V): void;
  setTime(slot: number, time: number): void;
  /** See `Epochs`. */
  stampAt(slot: number): number;
  /** The slots of all entries as they are now, in the order in which the entries came. */
  slots(): number[];
  /**
   * The slots of the entries that the snapshot of a version has to write, in the order in which they came, marked as written: those
   * changed since `since`, or all that it awaits when that is 0. For maps that are not steady.
   */
  takeForSnapshot(since: number, version: number): number[];
  /** Marks an entry changed; its pre-image is safe. Says whether it was not marked in this version yet. */
  markDirty(slot: number, epochs: Epochs): boolean;
  /** Removes an entry; its pre-image is safe. */
  remove(slot: number, epochs: Epochs): void;
  /** The slots touched at or after `since` and before `before`, oldest first; null where only the stamps tell. */
  changes(since: number, before: number): readonly MapChanges[] | null;
  /** The map is out of its table: gives back what it shares with others, once no snapshot reads it. */
  retire(pages: NumberPages | null): void;
}

/** The form that a map has now which somebody has held for longer. */
export function presentForm<V>(map: MapForm<V>): MapForm<V> {
  let form = map;
  while (form.becomes !== null) form = form.becomes;
  return form;
}
