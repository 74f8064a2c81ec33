import type { ByteWriter } from '../../../base/bytes.js';
import { TAG } from '../../format/tags.js';
import type { EntryWriter } from '../heap/entry-writer.js';
import { MADE, WRITTEN } from '../heap/epochs.js';
import type { SnapshotUnit } from '../heap/table-unit.js';
import type { Changes } from './change-list.js';
import type { ListStore } from './list-store.js';
import { NAMESPACE_BYTES } from './log-key.js';
import type { LogStore, PreImages } from './log-store.js';
import { ReadAhead } from './read-ahead.js';
import { CHILD, DEAD, FIRST, FREE, GROUP, GROUP_MASK, HEAD, ITEMS, LAST, LENGTH, MADE_IN, NEXT, OFFSET, PREV, SEGMENT, STAMP } from './rows.js';
import { HEADER_BYTES, type Segment } from './segment-log.js';

const NOTHING = new Uint8Array(0);
const SKIPPED = -2;
/** Rows of other key groups that are passed over as one step. */
const ROWS_PER_STEP = 64;

/**
 * Writes one state into a snapshot: all its rows for a base, the changed ones for a delta. Records are copied as bytes,
 * since a record holds key and value as a snapshot does.
 */
export class StoreUnit implements SnapshotUnit, PreImages {
  readonly #store: LogStore;
  readonly #writer: EntryWriter;
  readonly #kind: string;
  /** What a delta looks at; null for a base. */
  readonly #lists: readonly { readonly changes: Changes; readonly count: number }[] | null;
  readonly #limit: number;
  readonly #ahead: ReadAhead<Segment>;
  /** Whether the walk reads, and not somebody who sends a pre-image from elsewhere. */
  #walking: boolean;
  /** Whether all is written. What a delta is asked for after that only looks changed, since a snapshot on which it does not build has written it. */
  #isThrough: boolean;
  #list: number;
  #at: number;
  /** The list being written: its head and next chunk. */
  #head: number;
  #chunk: number;
  #replaces: boolean;
  /** The key of the head last written, and where its record lies. */
  #key: Uint8Array;
  #keySegment: number;
  #keyOffset: number;
  #start: number;
  #end: number;

  constructor(store: LogStore, writer: EntryWriter) {
    this.#store = store;
    this.#writer = writer;
    this.#kind = store.meta.kind;
    this.#lists = writer.since === 0 ? null : store.changes.between(writer.since, writer.version).map((changes) => ({ changes, count: changes.count }));
    this.#limit = store.rows.limit;
    this.#ahead = new ReadAhead<Segment>();
    this.#walking = false;
    this.#isThrough = false;
    this.#list = 0;
    this.#at = 0;
    this.#head = -1;
    this.#chunk = -1;
    this.#replaces = false;
    this.#key = NOTHING;
    this.#keySegment = -1;
    this.#keyOffset = -1;
    this.#start = 0;
    this.#end = 0;
  }

  step(limit: number): boolean {
    this.#walking = true;
    try {
      this.#isThrough = this.#walk(limit);
      return this.#isThrough;
    } finally {
      this.#walking = false;
    }
  }

  #walk(limit: number): boolean {
    for (let left = limit; left > 0; ) {
      if (this.#head >= 0) {
        left -= this.#writeChunk();
        continue;
      }
      const slot = this.#nextSlot();
      if (slot === -1) return true;
      left--;
      if (slot === SKIPPED) continue;
      if (this.#store.rows.has(slot, FREE)) continue;
      if (this.#kind === 'list') this.#beginList(slot);
      else if (this.#store.awaits(slot)) this.writeRow(slot);
    }
    return false;
  }

  writeRow(slot: number): void {
    const { rows } = this.#store;
    const { version } = this.#writer;
    const since = this.#since(slot);
    const dead = rows.has(slot, DEAD);
    // The tombstones of a base are left as they are: those who wait to purge them look at their stamps.
    if (dead && since === 0) return;
    const included = since === 0 || rows.get(slot, STAMP) >= since + MADE;
    rows.set(slot, STAMP, Math.max(rows.get(slot, STAMP), version + WRITTEN));
    if (!included || (this.#isThrough && since !== 0)) return;
    if (this.#kind === 'map') this.#writeMapRow(slot, dead, since);
    else if (dead) this.#writeRemoval(slot);
    else this.#writeValue(slot);
  }

  finishList(head: number): void {
    if (this.#isThrough && this.#since(head) !== 0) return (this.#store as ListStore).markListWritten(head, this.#writer.version);
    if (this.#head !== head) {
      const before = { head: this.#head, chunk: this.#chunk, replaces: this.#replaces };
      this.#head = -1;
      this.#beginList(head);
      while (this.#head >= 0) this.#writeChunk();
      this.#head = before.head;
      this.#chunk = before.chunk;
      this.#replaces = before.replaces;
      return;
    }
    while (this.#head >= 0) this.#writeChunk();
  }

  #nextSlot(): number {
    if (this.#lists === null) return this.#at < this.#limit ? this.#at++ : -1;
    for (;;) {
      const list = this.#lists[this.#list];
      if (list === undefined) return this.#nextRebased();
      if (this.#at < list.count) return list.changes.slots[this.#at++]!;
      this.#list++;
      this.#at = 0;
    }
  }

  /** After the changes: the next row of the key groups that are written as bases, SKIPPED when there is none among the next few, -1 at the end. */
  #nextRebased(): number {
    const { rebased } = this.#writer;
    if (rebased.size === 0) return -1;
    const { rows } = this.#store;
    const end = Math.min(this.#limit, this.#at + ROWS_PER_STEP);
    if (this.#at === end) return -1;
    while (this.#at < end) {
      const slot = this.#at++;
      const group = rows.get(slot, GROUP);
      if ((group & FREE) === 0 && rebased.has(group & GROUP_MASK)) return slot;
    }
    return SKIPPED;
  }

  /** The version from which on a row's key group is written; 0 for a base. */
  #since(slot: number): number {
    return this.#writer.sinceOf(this.#store.rows.get(slot, GROUP) & GROUP_MASK);
  }

  #writeValue(slot: number): void {
    const store = this.#store;
    const { log } = store;
    this.#read(slot);
    const { bytes, start } = log;
    const valueAt = start + HEADER_BYTES + log.keyLength;
    const writer = this.#begin(TAG.value, slot, false);
    writer.bytes(bytes.subarray(start + HEADER_BYTES + this.#skip(), valueAt));
    if (store.ttl !== null) writer.f64(store.rows.time(slot));
    writer.bytes(bytes.subarray(valueAt, start + store.rows.get(slot, LENGTH)));
  }

  #writeRemoval(slot: number): void {
    const store = this.#store;
    const { log } = store;
    this.#read(slot);
    const from = log.start + HEADER_BYTES;
    const to = from + log.keyLength;
    const { bytes } = log;
    this.#begin(TAG.removeKey, slot, true).bytes(bytes.subarray(from + this.#skip(), to));
  }

  #writeMapRow(slot: number, dead: boolean, since: number): void {
    const store = this.#store;
    const { rows, log } = store;
    if (!rows.has(slot, CHILD)) {
      // A map that was cleared and filled anew begins empty: all its entries are new and follow one by one.
      if (since !== 0 && (dead || rows.get(slot, MADE_IN) >= since)) this.#writeRemoval(slot);
      return;
    }
    const head = rows.get(slot, HEAD);
    this.#useHead(head);
    this.#read(slot);
    const { bytes, start } = log;
    const from = start + HEADER_BYTES;
    const valueAt = from + log.keyLength;
    const writer = this.#beginAt(dead ? TAG.removeMapEntry : TAG.mapEntries, head, dead);
    writer.bytes(this.#key);
    if (!dead) writer.varint53(1);
    writer.bytes(bytes.subarray(from, valueAt));
    if (dead) return;
    if (store.ttl !== null) writer.f64(rows.time(slot));
    writer.bytes(bytes.subarray(valueAt, start + rows.get(slot, LENGTH)));
  }

  #beginList(slot: number): void {
    const store = this.#store as ListStore;
    const { rows } = store;
    const { version } = this.#writer;
    const since = this.#since(slot);
    if (rows.has(slot, CHILD) || !store.awaitsList(slot)) return;
    const included = since === 0 || rows.get(slot, STAMP) >= since + MADE;
    if (rows.has(slot, DEAD)) {
      if (since === 0) return;
      store.markListWritten(slot, version);
      if (included) this.#writeRemoval(slot);
      return;
    }
    this.#head = slot;
    this.#replaces = since === 0 || rows.get(slot, MADE_IN) >= since;
    this.#chunk = included ? this.#firstChunk(slot) : -1;
  }

  /** The first chunk that belongs to the snapshot. */
  #firstChunk(head: number): number {
    const { rows } = this.#store;
    if (this.#replaces) return rows.get(head, FIRST);
    const since = this.#since(head);
    let first = -1;
    for (let chunk = rows.get(head, LAST); chunk >= 0 && rows.get(chunk, STAMP) >= since; chunk = rows.get(chunk, PREV)) first = chunk;
    return first;
  }

  /** Writes the next chunk of the list under way, or ends it; returns how many elements that was, at least one. */
  #writeChunk(): number {
    const store = this.#store as ListStore;
    const { rows, log } = store;
    const chunk = this.#chunk;
    const head = this.#head;
    if (chunk < 0 || rows.get(chunk, STAMP) >= this.#writer.version) {
      store.markListWritten(head, this.#writer.version);
      this.#head = -1;
      return 1;
    }
    this.#useHead(head);
    this.#read(chunk);
    const writer = this.#beginAt(this.#replaces ? TAG.listReplace : TAG.listAppend, head, false);
    writer.bytes(this.#key);
    writer.varint53(rows.get(chunk, ITEMS));
    writer.bytes(log.bytes.subarray(log.start + HEADER_BYTES, log.start + rows.get(chunk, LENGTH)));
    this.#replaces = false;
    this.#chunk = rows.get(chunk, NEXT);
    return rows.get(chunk, ITEMS);
  }

  /** Reads the key and namespace of a head. */
  #useHead(head: number): void {
    const store = this.#store;
    const { rows, log } = store;
    const segment = rows.get(head, SEGMENT);
    const offset = rows.get(head, OFFSET);
    if (segment === this.#keySegment && offset === this.#keyOffset) return;
    this.#read(head);
    this.#keySegment = segment;
    this.#keyOffset = offset;
    this.#readNamespace();
    const from = log.start + HEADER_BYTES;
    this.#key = log.bytes.slice(from + this.#skip(), from + log.keyLength);
  }

  #read(slot: number): void {
    const { rows, log } = this.#store;
    if (this.#walking) log.readInOrder(rows.get(slot, SEGMENT), rows.get(slot, OFFSET), rows.get(slot, LENGTH), this.#ahead);
    else this.#store.readRecord(slot);
  }

  /** Begins a record of the row whose record is in the log's reader. */
  #begin(tag: number, slot: number, removal: boolean): ByteWriter {
    this.#readNamespace();
    return this.#beginAt(tag, slot, removal);
  }

  #beginAt(tag: number, slot: number, removal: boolean): ByteWriter {
    const section = this.#writer.section(this.#store.id, this.#store.rows.get(slot, GROUP) & GROUP_MASK);
    return (removal ? section.removals() : section.entries).begin(tag, this.#start, this.#end);
  }

  #readNamespace(): void {
    if (!this.#store.namespaced) return;
    const { log } = this.#store;
    log.reader.position = log.start + HEADER_BYTES;
    this.#start = log.reader.f64();
    this.#end = log.reader.f64();
  }

  #skip(): number {
    return this.#store.namespaced ? NAMESPACE_BYTES : 0;
  }
}
