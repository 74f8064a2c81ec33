import { ByteWriter } from '../../../base/bytes.js';
import type { Namespace } from '../../backend.js';
import { TAG } from '../../format/tags.js';
import type { KeyedStore } from './keyed-store.js';
import type { ListCell } from './list-cell.js';
import { type MapForm, presentForm } from './map-form.js';
import type { EntryWriter } from './entry-writer.js';
import type { MapChanges } from './rare-parts.js';
import type { Removals, SlotTable } from './slot-table.js';

/** A piece of a snapshot's work that is done in steps. */
export interface SnapshotUnit {
  /** Writes up to about `limit` entries; true when nothing is left. */
  step(limit: number): boolean;
}

/** Namespaces whose records are copied in one go: some kilobytes. */
const MOST_IN_BLOCK = 256;

/** Writes the namespaces that were dropped: all of them into one key group after the other, where they are the same bytes. */
export class DropUnit implements SnapshotUnit {
  readonly #writer: EntryWriter;
  readonly #owner: number;
  readonly #namespaces: readonly Namespace[];
  readonly #keyGroups: readonly number[];
  /** The records of some namespaces: each key group gets the same. */
  readonly #block: ByteWriter;
  /** The namespaces that are in the block or were in one before. */
  #written: number;
  /** The key groups that have the block. */
  #through: number;

  constructor(writer: EntryWriter, store: KeyedStore<unknown>, namespaces: readonly Namespace[]) {
    this.#writer = writer;
    this.#owner = store.id;
    this.#namespaces = namespaces;
    this.#keyGroups = writer.deltaKeyGroups();
    this.#block = new ByteWriter();
    this.#written = 0;
    this.#through = this.#keyGroups.length;
  }

  step(limit: number): boolean {
    if (this.#through >= this.#keyGroups.length) this.#makeBlock();
    const last = this.#namespaces[this.#written - 1]!;
    const records = this.#block.view();
    const end = Math.min(this.#keyGroups.length, this.#through + limit);
    for (; this.#through < end; this.#through++) this.#writer.section(this.#owner, this.#keyGroups[this.#through]!).removals().append(records, last);
    return this.#through >= this.#keyGroups.length && this.#written >= this.#namespaces.length;
  }

  #makeBlock(): void {
    const block = this.#block;
    block.reset();
    const end = Math.min(this.#namespaces.length, this.#written + MOST_IN_BLOCK);
    for (; this.#written < end; this.#written++) {
      const { start, end: to } = this.#namespaces[this.#written]!;
      block.u8(TAG.namespace);
      block.f64(start);
      block.f64(to);
      block.u8(TAG.dropNamespace);
    }
    this.#through = 0;
  }
}

/** Writes one table: all of it for a base; what was removed, then what was changed, for a delta. */
export class TableUnit implements SnapshotUnit {
  readonly #writer: EntryWriter;
  readonly #store: KeyedStore<unknown>;
  readonly #table: SlotTable<unknown>;
  /** What was changed since is looked at; 0 when every entry is, though some keys may be written as a delta. */
  readonly #since: number;
  /** The removed keys that are still to be written; null when none is left. */
  #removed: Iterator<unknown> | null;
  /** Slots that existed when the snapshot began; later ones hold nothing of interest. */
  readonly #slotLimit: number;
  #at: number;
  #cell: SnapshotUnit | null;
  /** Slots that were looked at together and are written one by one; null for cells. */
  readonly #ahead: number[] | null;

  constructor(writer: EntryWriter, store: KeyedStore<unknown>, table: SlotTable<unknown>) {
    this.#writer = writer;
    this.#store = store;
    this.#table = table;
    const isWhole = store.whole || writer.sinceOf(table.keyGroup) === 0;
    // Where some of its keys are written as a base and others as a delta, each is asked.
    const isMixed = table.keyGroup < 0 && writer.rebased.size > 0;
    this.#since = isWhole || isMixed ? 0 : writer.since;
    const removals = isWhole ? [] : table.removals(writer.since, writer.version);
    this.#removed = removals.length === 0 ? null : removedKeys(removals);
    this.#slotLimit = table.slotLimit;
    this.#at = 0;
    this.#cell = null;
    this.#ahead = store.cells ? null : [];
  }

  step(limit: number): boolean {
    if (this.#ahead !== null) return this.#stepTogether(this.#ahead, limit);
    let left = limit;
    while (left-- > 0) {
      if (this.#cell !== null) {
        if (!this.#cell.step(left + 1)) return false;
        this.#cell = null;
      }
      const slot = this.#nextSlot();
      if (slot === DONE) return true;
      if (slot >= 0) this.#beginCell(slot);
    }
    return false;
  }

  /** A step in which the values of as many entries as it writes are looked at before the first of them is written. */
  #stepTogether(slots: number[], limit: number): boolean {
    for (let left = limit; this.#removed !== null; left--) {
      if (left === 0) return false;
      this.#writeRemoval(this.#removed);
    }
    slots.length = 0;
    this.#at = this.#table.due(this.#at, this.#slotLimit, this.#since, this.#writer.version, slots, limit);
    this.#table.readAhead(slots);
    for (let at = 0; at < slots.length; ) {
      const end = this.#writer.announce(this.#store, this.#table, slots, at);
      this.#writer.together(this.#store, this.#table, slots, at, end);
      at = end;
    }
    return this.#at >= this.#slotLimit;
  }

  #writeRemoval(removed: Iterator<unknown>): void {
    const removal = removed.next();
    if (removal.done === true) this.#removed = null;
    else this.#writer.removedKey(this.#store, this.#table, removal.value);
  }

  /** The next slot to look at; -1 when a removal was written instead, DONE at the end. */
  #nextSlot(): number {
    if (this.#removed !== null) {
      this.#writeRemoval(this.#removed);
      return -1;
    }
    if (this.#since !== 0) this.#at = this.#table.nextTouched(this.#at, this.#since);
    return this.#at < this.#slotLimit ? this.#at++ : DONE;
  }

  /** Whether the snapshot waits for the entry in a slot, as far as that can be told without its key. */
  #isDue(slot: number): boolean {
    return this.#table.awaits(slot, this.#writer) && (this.#since === 0 || this.#table.changedSince(slot, this.#since));
  }

  #beginCell(slot: number): void {
    const { version } = this.#writer;
    if (!this.#isDue(slot)) return;
    if (!this.#writer.includes(this.#store, this.#table, slot)) this.#table.markWritten(slot, version);
    else this.#cell = cellUnit(this.#writer, this.#store, this.#table, slot);
  }
}

const DONE = -2;

function* removedKeys(removals: readonly Removals[]): Generator<unknown> {
  for (const { keys } of removals) yield* keys.values();
}

/** The work of writing the cell in a slot. The cell is written to its end even when it leaves the slot meanwhile. */
export function cellUnit(writer: EntryWriter, store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number): SnapshotUnit {
  return store.meta.kind === 'list' ? new ListUnit(writer, store, table, slot) : new MapUnit(writer, store, table, slot);
}

/** Writes one list in pieces. */
class ListUnit implements SnapshotUnit {
  readonly #writer: EntryWriter;
  readonly #store: KeyedStore<unknown>;
  readonly #table: SlotTable<unknown>;
  readonly #slot: number;
  readonly #key: unknown;
  readonly #cell: ListCell<unknown>;

  constructor(writer: EntryWriter, store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number) {
    this.#writer = writer;
    this.#store = store;
    this.#table = table;
    this.#slot = slot;
    this.#key = table.keyAt(slot);
    this.#cell = table.values[slot] as ListCell<unknown>;
  }

  step(limit: number): boolean {
    const done = this.#writer.listPiece(this.#store, this.#table, this.#key, this.#cell, limit);
    if (done && this.#table.values[this.#slot] === this.#cell) this.#table.markWritten(this.#slot, this.#writer.version);
    return done;
  }
}

/** Writes one map in pieces: for a delta its removed keys and changed entries, for a base all. */
class MapUnit implements SnapshotUnit {
  readonly #writer: EntryWriter;
  readonly #store: KeyedStore<unknown>;
  readonly #table: SlotTable<unknown>;
  readonly #slot: number;
  readonly #key: unknown;
  #cell: MapForm<unknown>;
  /** What was changed since belongs to a delta; 0 when all entries are written. */
  readonly #since: number;
  /** Where the slots of a delta are listed; null when all entries are looked at. */
  readonly #changes: readonly MapChanges[] | null;
  readonly #removed: Iterator<unknown> | null;
  /** Slots that existed at the first step, -1 before: later ones hold nothing of interest. */
  #limit: number;
  #segment: number;
  #at: number;

  constructor(writer: EntryWriter, store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number) {
    this.#writer = writer;
    this.#store = store;
    this.#table = table;
    this.#slot = slot;
    this.#key = table.keyAt(slot);
    this.#cell = table.values[slot] as MapForm<unknown>;
    const since = writer.sinceOfKey(table, this.#key);
    this.#since = since;
    this.#changes = since === 0 ? null : this.#cell.changes(since, writer.version);
    this.#removed = since === 0 ? null : (this.#cell.rare?.removals(since, writer.version) ?? null);
    this.#limit = -1;
    this.#segment = 0;
    this.#at = 0;
  }

  step(limit: number): boolean {
    let left = limit;
    for (; this.#removed !== null; left--) {
      if (left === 0) return false;
      const removal = this.#removed.next();
      if (removal.done === true) break;
      this.#writer.removedMapKey(this.#store, this.#table, this.#key, removal.value);
    }
    // It may have taken its other form since the last step.
    this.#cell = presentForm(this.#cell);
    const { version } = this.#writer;
    // Slots that do not stay what they are may be others at the next step.
    let isThrough = this.#limit < 0 && !this.#cell.isSteady;
    const batch = isThrough ? this.#cell.takeForSnapshot(this.#since, version) : [];
    if (this.#limit < 0) this.#limit = this.#cell.slotLimit;
    for (; left > 0 && !isThrough; left--) {
      const entry = this.#next();
      if (entry === DONE) isThrough = true;
      else this.#take(entry, batch);
    }
    this.#writer.mapEntries(this.#store, this.#table, this.#key, this.#cell, batch);
    if (isThrough && this.#table.values[this.#slot] === this.#cell) this.#table.markWritten(this.#slot, version);
    return isThrough;
  }

  /** Adds an entry to a batch when it has to be written, and marks it. */
  #take(entry: number, batch: number[]): void {
    const { version } = this.#writer;
    if (!this.#cell.awaits(entry, version)) return;
    if (this.#since !== 0 && this.#changes === null && !this.#cell.changedSince(entry, this.#since)) return;
    this.#cell.markWritten(entry, version);
    batch.push(entry);
  }

  /** The slot of the next entry to look at, DONE at the end. */
  #next(): number {
    if (this.#changes === null) return this.#at < this.#limit ? this.#at++ : DONE;
    for (;;) {
      const segment = this.#changes[this.#segment];
      if (segment === undefined) return DONE;
      if (this.#at < segment.slots.length) return segment.slots[this.#at++]!;
      this.#segment++;
      this.#at = 0;
    }
  }
}
