import { assert } from '../../../base/assert.js';
import { freezeKey, isIntPair, type MapKey, mapKey } from '../../../record/map-key.js';
import type { Namespace, Pane } from '../../backend.js';
import { CHANGED, type Epochs, MADE, type RunningSnapshot, WRITTEN } from './epochs.js';
import { flatString } from './flat-string.js';
import type { KeyPlaces } from './key-places.js';
import { enlarged, KeySlots } from './key-slots.js';

/** The keys removed from a table during one version that an earlier snapshot may hold. */
export interface Removals {
  readonly version: number;
  readonly keys: Map<MapKey, unknown>;
}

/** What a table is made from. */
export interface SlotTableOptions {
  readonly keyGroup: number;
  readonly namespace: Namespace;
  /** Its keys, or those that it shares with the other tables of its key group. */
  readonly keys: KeySlots;
  readonly cells: boolean;
  readonly timed: boolean;
  /** Whether most values are numbers. */
  readonly numbers: boolean;
  /** Entries that it is to have room for from the start. */
  readonly expected: number;
  /** Arrays of a table that is gone, in which this one is to lie. */
  readonly memory?: TableMemory | undefined;
}

/** The arrays of a table without entries. */
export interface TableMemory {
  readonly keys: KeySlots;
  readonly values: unknown[];
  readonly stamps: Int32Array;
  readonly touched: Int32Array;
}

/** The namespace of functions without windows. */
export const VOID: Namespace = Object.freeze({ start: 0, end: 0 });

/** The stamp of a slot without an entry: nothing waits for it. */
const NEVER = 0x3fffffff;

/** The arrays of smaller tables are not worth keeping, and larger ones may never be needed again. */
const LEAST_KEPT = 1 << 8;
const MOST_KEPT = 1 << 16;
/** Nor those of which less than this part was used. */
const LEAST_USED = 1 / 4;

/** A block of slots has as many as two to this. */
const BLOCK_SHIFT = 6;
const BLOCK_MASK = (1 << BLOCK_SHIFT) - 1;
/** Slots that are looked at in one go when a snapshot looks for those that it waits for: some microseconds. */
const MOST_LOOKED_AT = 4096;
/** The block of a table that has no more than one, which is always looked at: what stands here says nothing. */
const ONLY_BLOCK = new Int32Array(1);
const NOTHING = new Int32Array(0);

/**
 * Entries by key in numbered slots: the one structure under keyed state, windows and broadcast state.
 *
 * Values lie in an array and their stamps (see `Epochs`) beside it in a typed array, so that an entry costs no object of its own.
 * `touch` looks at one bit unless it is the first since a snapshot began; then the entry's pre-image goes to the
 * running snapshot. The bits of a million entries stay in the cache, where each stamp would be waited for. Which entries a
 * delta has to hold their stamps say; and for each block of slots it is noted when it was last touched, so that most stamps need
 * not be looked at where little has changed. Lists of slots would do the same, but each is long when a checkpoint is due, and would grow in the heap that the
 * collector has to look after.
 */
export class SlotTable<V> implements Pane<V> {
  readonly start: number;
  readonly end: number;
  values: V[];
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
  /** Where its slots are found by key; that of other tables, too, when they share their keys. */
  places: KeyPlaces;
  #keys: KeySlots;
  readonly #sharesKeys: boolean;
  #stamps: Int32Array;
  /** Where it is noted what a snapshot has written: in the stamps, but for cells, which change before they are written. */
  #written: Int32Array;
  /** The version in which each block of slots was last touched. */
  #touched: Int32Array;
  /** A bit for each slot whose stamp is known to say that it was made or changed in `freshIn`; none in small tables, whose stamps lie together. */
  #fresh: Int32Array;
  /** The version that these bits are about. */
  #freshIn: number;
  /** By version, oldest first. */
  #removals: Removals[];
  /** What came of the last `readAhead`, which has to have an effect. */
  seen: number;

  constructor(epochs: Epochs, owner: number, options: SlotTableOptions) {
    this.start = options.namespace.start;
    this.end = options.namespace.end;
    const { memory } = options;
    const length = memory?.values.length ?? enlarged(0, options.expected);
    this.values = (memory?.values as V[] | undefined) ?? emptyArray<V>(length, options.numbers);
    this.slotLimit = 0;
    this.size = 0;
    this.times = options.timed ? new Float64Array(enlarged(0, options.expected)) : null;
    this.owner = owner;
    this.keyGroup = options.keyGroup;
    this.cells = options.cells;
    this.madeIn = epochs.version;
    this.epochs = epochs;
    this.places = options.keys.places;
    this.#keys = options.keys;
    this.#sharesKeys = options.keys.shift !== 0;
    this.#stamps = memory?.stamps ?? new Int32Array(length).fill(NEVER);
    this.#written = options.cells ? new Int32Array(length).fill(NEVER) : this.#stamps;
    this.#touched = memory?.touched ?? (length <= 1 << BLOCK_SHIFT ? ONLY_BLOCK : new Int32Array(blocksOf(length)));
    this.#fresh = NOTHING;
    this.#freshIn = 0;
    this.#removals = [];
    this.seen = 0;
  }

  slot(key: unknown): number {
    const place = this.places.find(key);
    // A key of this table alone is there only as long as its entry.
    if (!this.#sharesKeys) return place;
    const slot = place >> this.#keys.shift;
    return slot >= 0 && this.has(slot) ? slot : -1;
  }

  /** Whether there is an entry in a slot. */
  has(slot: number): boolean {
    return slot < this.slotLimit && this.#stamps[slot] !== NEVER;
  }

  insert(key: unknown, value: V): number {
    return this.insertOwned(typeof key === 'string' ? flatString(key) : typeof key === 'object' && isIntPair(key) ? key : freezeKey(key), value);
  }

  /** As `insert`, with the key that state is to keep: a flat string, a frozen composite; of a pair it keeps the numbers. */
  insertOwned(key: unknown, value: V): number {
    // Another table may have the key already, if they share them.
    const known = this.#sharesKeys ? this.#keys.find(key) : -1;
    const slot = known < 0 ? this.#keys.take(key) : known;
    this.insertAt(slot, value);
    return slot;
  }

  /** Adds an entry in the slot of its key, which has none in this table. */
  insertAt(slot: number, value: V): void {
    const epochs = this.epochs;
    if (slot >= this.#stamps.length) this.#grow(slot + 1);
    if (slot >= this.slotLimit) this.slotLimit = slot + 1;
    this.#keys.use(slot);
    this.values[slot] = value;
    this.size++;
    this.#touched[slot >> BLOCK_SHIFT] = epochs.version;
    this.#stamps[slot] = epochs.version + MADE;
    this.#written[slot] = epochs.version + MADE;
  }

  /** Adds an entry that comes from a snapshot: no snapshot has to be told. */
  restore(key: unknown, value: V): number {
    const slot = this.insert(key, value);
    this.#stamps[slot] = 0;
    this.#written[slot] = 0;
    return slot;
  }

  /** Makes room for so many entries. Says whether its key group never had a key. */
  reserve(entries: number): boolean {
    if (entries > this.#stamps.length) this.#grow(entries);
    return this.#keys.reserve(entries);
  }

  /** As `restore`, of a key that is a flat text with this hash, and has no entry here; `isNew`: nor in any other table, and it is found only once `KeyDirectory.addNoted` was called. */
  restoreText(key: string, hash: number, value: V, isNew: boolean): number {
    const known = isNew ? -1 : this.#keys.find(key);
    const slot = isNew ? this.#keys.takeNoted(key, hash) : known < 0 ? this.#keys.take(key) : known;
    this.insertAt(slot, value);
    this.#stamps[slot] = 0;
    this.#written[slot] = 0;
    return slot;
  }

  touch(slot: number): void {
    const { version } = this.epochs;
    // Nothing in a table that was made after the last snapshot began is of interest to a snapshot: most windows are so young.
    if (this.madeIn === version || this.#isFresh(slot, version)) return;
    if (this.#stamps[slot]! < version + MADE) this.#firstTouch(slot);
  }

  /** Must be called before a value is handed out that may be changed later: writes the pre-image, marks nothing. */
  beforeRead(slot: number): void {
    const { run } = this.epochs;
    if (run !== null) this.#keep(slot, run);
  }

  /** Writes the pre-image of an entry whose value is handed out, unless the snapshot has it or has no need of it. */
  #keep(slot: number, run: RunningSnapshot): void {
    if (!this.cells && this.#isFresh(slot, this.epochs.version)) return;
    if (this.#written[slot]! < run.version + WRITTEN) run.writePreImage(this, slot);
  }

  remove(key: unknown): void {
    const slot = this.slot(key);
    if (slot >= 0) this.removeSlot(slot);
  }

  /** Removes the entry in a slot. */
  removeSlot(slot: number): void {
    assert(this.has(slot), 'a slot is removed once');
    const { epochs } = this;
    const run = epochs.run;
    if (run !== null && this.#written[slot]! < run.version + WRITTEN) {
      if (this.cells) run.adoptCell(this, slot);
      else run.writePreImage(this, slot);
    }
    if (epochs.tracking && this.#stamps[slot] !== epochs.version + MADE) {
      const key = this.#keys.keyAt(slot);
      this.#removed().set(mapKey(key), key);
    }
    this.#stamps[slot] = NEVER;
    this.#written[slot] = NEVER;
    if (this.#fresh.length > 0) this.#fresh[slot >> 5]! &= ~(1 << slot);
    this.values[slot] = undefined as V;
    this.#keys.release(slot);
    this.size--;
  }

  keyAt(slot: number): unknown {
    return this.has(slot) ? this.#keys.keyAt(slot) : undefined;
  }

  /** As `keyAt`, for who writes the key at once and keeps nothing of it. */
  keyToWrite(slot: number): unknown {
    return this.has(slot) ? this.#keys.keyToWrite(slot) : undefined;
  }

  /**
   * Reads something of the keys and values in some slots, which are written next: where they lie all over the memory it is waited for many of
   * them at once, and for each by itself when it is written.
   */
  readAhead(slots: readonly number[]): void {
    const { values } = this;
    let seen = this.#keys.readAhead(slots);
    for (let at = 0; at < slots.length; at++) if (typeof values[slots[at]!] === 'object') seen++;
    this.seen = seen;
  }

  /** Whether the running snapshot has not seen this slot's entry and it belongs to it. */
  awaits(slot: number, run: RunningView): boolean {
    return this.#written[slot]! < run.version + WRITTEN;
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

  /** What was removed at or after `since` and before `before`, oldest first. */
  removals(since: number, before: number): readonly Removals[] {
    return this.#removals.filter(({ version }) => version >= since && version < before);
  }

  /** The first slot from `slot` on that is in a block in which something may have been changed since the snapshot `since` began; one behind all when there is none. */
  nextTouched(slot: number, since: number): number {
    if (this.#touched === ONLY_BLOCK) return slot;
    const touched = this.#touched;
    const blocks = blocksOf(this.slotLimit);
    let block = slot >> BLOCK_SHIFT;
    if (block < blocks && touched[block]! >= since) return slot;
    while (++block < blocks && touched[block]! < since);
    return block << BLOCK_SHIFT;
  }

  /**
   * Lists the slots from `from` on that the snapshot of `version` waits for, up to `most` of them; all of them where `since` is 0, else those that may have been
   * changed since. Says where it has stopped, since it looks at a limited number of slots, and not at those from `before` on. Not for cells.
   */
  due(from: number, before: number, since: number, version: number, slots: number[], most: number): number {
    const stamps = this.#stamps;
    // A base and a delta take the same way, lest the first delta throw away what was compiled for the base: since 0 all blocks were touched.
    const oldest = since + (since === 0 ? 0 : MADE);
    const written = version + WRITTEN;
    const last = Math.min(before, from + MOST_LOOKED_AT);
    let at = this.nextTouched(from, since);
    while (at < last && slots.length < most) {
      const stamp = stamps[at]!;
      if (stamp >= oldest && stamp < written) slots.push(at);
      at++;
      if ((at & BLOCK_MASK) === 0) at = this.nextTouched(at, since);
    }
    return at;
  }

  /** Marks the slot changed without writing a pre-image: for cells, which write those of their parts. */
  markDirty(slot: number): void {
    const { version } = this.epochs;
    if (this.#isFresh(slot, version) || this.#stamps[slot]! >= version + MADE) return;
    this.#touched[slot >> BLOCK_SHIFT] = version;
    this.#stamps[slot] = version + CHANGED;
    if (this.#freshIn !== version && !this.#beginBits(version)) return;
    this.#fresh[slot >> 5]! |= 1 << slot;
  }

  /** Whether a bit says that the slot was made or changed in this version. Without one its stamp is asked. */
  #isFresh(slot: number, version: number): boolean {
    return this.#freshIn === version && (this.#fresh[slot >> 5]! & (1 << slot)) !== 0;
  }

  /** Makes the bits those of a version; false when the table is too small to have any. */
  #beginBits(version: number): boolean {
    const { length } = this.#stamps;
    if (length <= 1 << BLOCK_SHIFT) return false;
    if (this.#fresh.length === 0) this.#fresh = new Int32Array(wordsOf(length));
    else this.#fresh.fill(0);
    this.#freshIn = version;
    return true;
  }

  #firstTouch(slot: number): void {
    const run = this.epochs.run;
    if (run !== null && this.#written[slot]! < run.version + WRITTEN) run.writePreImage(this, slot);
    this.markDirty(slot);
  }

  /**
   * Gives up its arrays, for a table to come: where one is made for each window, V8 would move them to the old generation and soon have to collect that.
   * The table is empty then, and nobody uses it any more, no snapshot either. Undefined where that is not worth while.
   */
  giveUp(): TableMemory | undefined {
    const length = this.#stamps.length;
    if (this.cells || this.times !== null || length < LEAST_KEPT || length > MOST_KEPT || this.size < length * LEAST_USED) return undefined;
    // With a number an array of numbers stays one.
    const memory: TableMemory = { keys: this.#keys, values: this.values.fill(0 as V), stamps: this.#stamps.fill(NEVER), touched: this.#touched.fill(0) };
    this.#keys.clear();
    this.clear();
    return memory;
  }

  /** Lets go of its entries and arrays. */
  clear(): void {
    this.#keys = new KeySlots();
    this.places = this.#keys.places;
    this.values = [];
    this.times = null;
    this.#stamps = this.#written = this.#touched = this.#fresh = NOTHING;
    this.#removals = [];
    this.slotLimit = 0;
    this.size = 0;
  }

  /** The keys removed in this version. */
  #removed(): Map<MapKey, unknown> {
    const { version, floor } = this.epochs;
    const last = this.#removals.at(-1);
    if (last !== undefined && last.version === version) return last.keys;
    if (this.#removals.length > 0 && this.#removals[0]!.version < floor) this.#removals = this.#removals.filter((removals) => removals.version >= floor);
    const keys = new Map<MapKey, unknown>();
    this.#removals.push({ version, keys });
    return keys;
  }

  #grow(least: number): void {
    const larger = enlarged(this.#stamps.length, least);
    const written = this.#written;
    this.#stamps = grown(this.#stamps, new Int32Array(larger).fill(NEVER));
    if (larger > 1 << BLOCK_SHIFT) {
      // What was the only block is looked at: nobody has noted when it was touched.
      const touched = this.#touched === ONLY_BLOCK ? new Int32Array(1).fill(this.epochs.version) : this.#touched;
      this.#touched = grown(touched, new Int32Array(blocksOf(larger)));
    }
    this.#written = this.cells ? grown(written, new Int32Array(larger).fill(NEVER)) : this.#stamps;
    if (this.#fresh.length > 0) this.#fresh = grown(this.#fresh, new Int32Array(wordsOf(larger)));
    // Left to themselves the arrays would take half as much again.
    this.values.length = larger;
    if (this.times !== null) this.times = grown(this.times, new Float64Array(larger));
  }
}

/** Left to itself an array would grow by half again; and with holes from the start it stays of one kind. */
function emptyArray<V>(length: number, numbers: boolean): V[] {
  const values: V[] = numbers ? (numberArray() as V[]) : [];
  values.length = length;
  return values;
}

/**
 * An array that V8 keeps as plain numbers while nothing else is put into it. It learns from the place where an array is made what will be in
 * it, so those for numbers have a place of their own.
 */
function numberArray(): number[] {
  return [];
}

function blocksOf(slots: number): number {
  return (slots + (1 << BLOCK_SHIFT) - 1) >> BLOCK_SHIFT;
}

function wordsOf(slots: number): number {
  return (slots + 31) >> 5;
}

/** The part of a running snapshot that a table compares with. */
interface RunningView {
  readonly version: number;
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
