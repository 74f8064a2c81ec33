import { assert } from '../../../base/assert.js';
import { freezeKey, type MapKey, mapKey } from '../../../record/map-key.js';
import type { Namespace, Pane } from '../../backend.js';
import { CHANGED, type Epochs, MADE, WRITTEN } from './epochs.js';
import { flatString } from './flat-string.js';
import { IntIndex } from './int-index.js';
import { KeyIndex } from './key-index.js';

/** What changed in a table during one version: the raw material of a delta. */
export interface ChangeSegment {
  readonly version: number;
  /** Slots touched, each once, unless it was freed and taken again. */
  readonly slots: number[];
  /** Keys removed that an earlier snapshot may hold. */
  removed: Map<MapKey, unknown> | null;
}

/** The namespace of functions without windows. */
export const VOID: Namespace = Object.freeze({ start: 0, end: 0 });

const SMALLEST = 8;
/** A key that no user can have: it marks a free slot. */
const FREE: unknown = undefined;

/**
 * Entries by key in numbered slots: the one structure under keyed state, windows and broadcast state.
 *
 * Values lie in an array and their stamps (see `Epochs`) beside it in a typed array, so that an entry costs no object of its own.
 * `touch` is one comparison unless it is the first since a snapshot began; then the entry's pre-image goes to the
 * running snapshot and the slot onto the list of changes.
 */
export class SlotTable<V> implements Pane<V> {
  readonly start: number;
  readonly end: number;
  readonly values: V[];
  slotLimit: number;
  size: number;
  /** When each entry was last renewed; null in tables without time to live. */
  times: Float64Array | null;
  /** Which state it belongs to: the number of its section in a snapshot. */
  readonly owner: number;
  /** The key group of all keys, or -1 when each key is to be asked. */
  readonly keyGroup: number;
  /** Whether its values are cells (lists, maps), which look after their own parts. */
  readonly cells: boolean;
  /** The version in which the table was made. */
  readonly madeIn: number;
  readonly epochs: Epochs;
  readonly #keys: unknown[];
  #stamps: Int32Array;
  /** Where it is noted what a snapshot has written: in the stamps, but for cells, which change before they are written. */
  #written: Int32Array;
  /** Slots by key: whole numbers apart from all other keys. */
  readonly #ints: IntIndex;
  readonly #others: KeyIndex<number>;
  readonly #free: number[];
  #segments: ChangeSegment[];

  constructor(epochs: Epochs, owner: number, options: { readonly keyGroup: number; readonly namespace: Namespace; readonly cells: boolean; readonly timed: boolean }) {
    this.start = options.namespace.start;
    this.end = options.namespace.end;
    this.values = [];
    this.slotLimit = 0;
    this.size = 0;
    this.times = options.timed ? new Float64Array(SMALLEST) : null;
    this.owner = owner;
    this.keyGroup = options.keyGroup;
    this.cells = options.cells;
    this.madeIn = epochs.version;
    this.epochs = epochs;
    this.#keys = [];
    this.#stamps = new Int32Array(SMALLEST);
    this.#written = options.cells ? new Int32Array(SMALLEST) : this.#stamps;
    this.#ints = new IntIndex();
    this.#others = new KeyIndex();
    this.#free = [];
    this.#segments = [];
  }

  slot(key: unknown): number {
    return isInt(key) ? this.#ints.get(key | 0) : this.slotOf(mapKey(key));
  }

  /** The slot of a key of which the Map key is known, or -1. */
  slotOf(mapped: MapKey): number {
    if (isInt(mapped)) return this.#ints.get(mapped | 0);
    const slot = this.#others.get(mapped);
    return slot === undefined ? -1 : slot;
  }

  insert(key: unknown, value: V): number {
    const owned = typeof key === 'string' ? flatString(key) : freezeKey(key);
    return this.insertMapped(typeof owned === 'string' && owned.charCodeAt(0) !== 0 ? owned : mapKey(owned), owned, value);
  }

  /** Adds a key of which the Map key is known. */
  insertMapped(mapped: MapKey, key: unknown, value: V): number {
    const epochs = this.epochs;
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.slotLimit++;
      if (slot === this.#stamps.length) this.#grow();
    }
    if (isInt(mapped)) this.#ints.add(mapped | 0, slot);
    else this.#others.add(mapped, slot);
    this.#keys[slot] = key;
    this.values[slot] = value;
    this.size++;
    if (epochs.tracking) this.#segment().slots.push(slot);
    this.#stamps[slot] = epochs.version + MADE;
    this.#written[slot] = epochs.version + MADE;
    return slot;
  }

  /** Adds an entry that comes from a snapshot: no snapshot has to be told. */
  restore(key: unknown, value: V): number {
    const slot = this.insert(key, value);
    this.#stamps[slot] = 0;
    this.#written[slot] = 0;
    return slot;
  }

  touch(slot: number): void {
    const { version } = this.epochs;
    // Nothing in a table that was made after the last snapshot began is of interest to a snapshot: most windows are so young.
    if (this.madeIn !== version && this.#stamps[slot]! < version + MADE) this.#firstTouch(slot);
  }

  /** Must be called before a value is handed out that may be changed later: writes the pre-image, marks nothing. */
  beforeRead(slot: number): void {
    const run = this.epochs.run;
    if (run !== null && this.#written[slot]! < run.version + WRITTEN) run.writePreImage(this, slot);
  }

  remove(key: unknown): void {
    const slot = this.slot(key);
    if (slot >= 0) this.removeSlot(slot);
  }

  /** Removes the entry in a slot. */
  removeSlot(slot: number): void {
    const key = this.#keys[slot];
    assert(key !== FREE, 'a slot is removed once');
    const { epochs } = this;
    const run = epochs.run;
    if (run !== null && this.#written[slot]! < run.version + WRITTEN) {
      if (this.cells) run.adoptCell(this, slot);
      else run.writePreImage(this, slot);
    }
    const mapped = mapKey(key);
    if (epochs.tracking && this.#stamps[slot] !== epochs.version + MADE) (this.#segment().removed ??= new Map()).set(mapped, key);
    if (isInt(mapped)) this.#ints.delete(mapped | 0);
    else this.#others.delete(mapped);
    this.#keys[slot] = FREE;
    this.values[slot] = undefined as V;
    this.#free.push(slot);
    this.size--;
  }

  keyAt(slot: number): unknown {
    return this.#keys[slot];
  }

  /** Whether the running snapshot has not seen this slot's entry and it belongs to it. */
  awaits(slot: number, run: RunningView): boolean {
    return this.#keys[slot] !== FREE && this.#written[slot]! < run.version + WRITTEN;
  }

  /**
   * Whether the entry may have been changed since the snapshot `since` began. Also true when a later snapshot wrote it
   * and never completed: then a delta holds it once more, which does no harm.
   */
  changedSince(slot: number, since: number): boolean {
    return this.#stamps[slot]! >= since + MADE;
  }

  /** Says that a snapshot holds the entry, or has no need of it. */
  markWritten(slot: number, version: number): void {
    if (this.#written[slot]! < version + WRITTEN) this.#written[slot] = version + WRITTEN;
  }

  /** What changed at or after `since` and before `before`, oldest first. */
  changes(since: number, before: number): readonly ChangeSegment[] {
    return this.#segments.filter((segment) => segment.version >= since && segment.version < before);
  }

  /** Marks the slot changed without writing a pre-image: for cells, which write those of their parts. */
  markDirty(slot: number): void {
    const { epochs } = this;
    if (this.#stamps[slot]! >= epochs.version + MADE) return;
    if (epochs.tracking) this.#segment().slots.push(slot);
    this.#stamps[slot] = epochs.version + CHANGED;
  }

  #firstTouch(slot: number): void {
    const run = this.epochs.run;
    if (run !== null && this.#written[slot]! < run.version + WRITTEN) run.writePreImage(this, slot);
    this.markDirty(slot);
  }

  #segment(): ChangeSegment {
    const { version, floor } = this.epochs;
    const last = this.#segments.at(-1);
    if (last !== undefined && last.version === version) return last;
    if (this.#segments.length > 0 && this.#segments[0]!.version < floor) {
      this.#segments = this.#segments.filter((segment) => segment.version >= floor);
    }
    const segment: ChangeSegment = { version, slots: [], removed: null };
    this.#segments.push(segment);
    return segment;
  }

  #grow(): void {
    const length = this.#stamps.length;
    const larger = length < 1 << 16 ? length * 2 : length + (length >> 1);
    const written = this.#written;
    this.#stamps = grown(this.#stamps, new Int32Array(larger));
    this.#written = this.cells ? grown(written, new Int32Array(larger)) : this.#stamps;
    // Left to themselves the arrays would take half as much again.
    this.values.length = larger;
    this.#keys.length = larger;
    if (this.times !== null) this.times = grown(this.times, new Float64Array(larger));
  }
}

/** The part of a running snapshot that a table compares with. */
interface RunningView {
  readonly version: number;
}

/** Whether a key is a whole number of 32 bits (-0 counts as 0). */
function isInt(key: unknown): key is number {
  return typeof key === 'number' && (key | 0) === key;
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
