import type { ByteReader } from '../../../base/bytes.js';
import { type MapKey, mapKey } from '../../../record/map-key.js';
import type { TimeToLive } from '../../declarations.js';
import { encodeFailure } from '../../format/encode-failure.js';
import type { StateMeta } from '../../format/state-meta.js';
import type { ValueCodec } from '../../format/value-codec.js';
import { type Epochs, CHANGED, MADE, WRITTEN } from '../heap/epochs.js';
import type { TtlClock } from '../heap/ttl-clock.js';
import { ChangeList } from './change-list.js';
import type { Compaction } from './compaction.js';
import { HashIndex } from './hash-index.js';
import { HotValues } from './hot-values.js';
import { type LogKey, NAMESPACE_BYTES } from './log-key.js';
import { CELL_STRIDE, CHILD, DEAD, FREE, GROUP, GROUP_MASK, HASH, LENGTH, OFFSET, PLAIN_STRIDE, Rows, SEGMENT, STAMP } from './rows.js';
import { type ByteRange, HEADER_BYTES, type RecordOwner, type SegmentLog } from './segment-log.js';

/** Whoever writes a store's part of the running snapshot: told of a row before it changes. */
export interface PreImages {
  /** Writes what the snapshot has to hold of a row (not of lists), and marks it. */
  writeRow(slot: number): void;
  /** Writes the rest of a list, or its removal, before it changes otherwise than by appending. */
  finishList(head: number): void;
}

/** What a store is made from. */
export interface LogStoreOptions {
  readonly id: number;
  readonly meta: StateMeta;
  readonly codec: ValueCodec;
  readonly keyCodec: ValueCodec;
  readonly mapKeyCodec: ValueCodec | undefined;
  readonly epochs: Epochs;
  readonly clock: TtlClock;
  readonly log: SegmentLog;
  readonly compaction: Compaction;
  readonly operatorUid: string;
}

/**
 * One keyed state on disk: an index of rows in memory, and the records they point to in the log.
 *
 * A row carries the stamp of its last change, as an entry on the heap does. Values are decoded for every reader, so
 * only changes, not reads, have to send a pre-image to a running snapshot; and what is sent is the record's bytes. A
 * removed entry that an earlier snapshot may hold stays as a tombstone, whose last record still tells its key, until no
 * delta can need it.
 */
export class LogStore implements RecordOwner {
  readonly id: number;
  readonly name: string;
  readonly meta: StateMeta;
  readonly codec: ValueCodec;
  readonly keyCodec: ValueCodec;
  readonly mapKeyCodec: ValueCodec | undefined;
  readonly ttl: TimeToLive | null;
  readonly clock: TtlClock;
  readonly epochs: Epochs;
  readonly namespaced: boolean;
  readonly rows: Rows;
  readonly index: HashIndex;
  readonly log: SegmentLog;
  readonly operatorUid: string;
  /** The rows of hot keys, and in states with one value per key their decoded values; null in states with namespaces. */
  readonly hot: HotValues | null;
  readonly changes: ChangeList;
  /** Keys with an entry. */
  size: number;
  readonly #compaction: Compaction;
  #preImages: PreImages | null;

  constructor(options: LogStoreOptions) {
    const { meta } = options;
    const cells = meta.kind === 'list' || meta.kind === 'map';
    this.id = options.id;
    this.name = meta.name;
    this.meta = meta;
    this.codec = options.codec;
    this.keyCodec = options.keyCodec;
    this.mapKeyCodec = options.mapKeyCodec;
    this.ttl = meta.ttl;
    this.clock = options.clock;
    this.epochs = options.epochs;
    this.namespaced = meta.namespaced;
    this.rows = new Rows(cells ? CELL_STRIDE : PLAIN_STRIDE, meta.ttl !== null);
    this.index = new HashIndex(this.rows);
    this.log = options.log;
    this.operatorUid = options.operatorUid;
    this.hot = meta.namespaced ? null : new HotValues();
    this.changes = new ChangeList(options.epochs);
    this.size = 0;
    this.#compaction = options.compaction;
    this.#preImages = null;
  }

  /** A snapshot begins: until it ends rows go to `preImages` before they change. */
  snapshotBegins(preImages: PreImages): void {
    this.#preImages = preImages;
  }

  /** Where pre-images go, while a snapshot runs. */
  get preImages(): PreImages | null {
    return this.epochs.run === null ? null : this.#preImages;
  }

  isAt(slot: number, segment: number, offset: number): boolean {
    const { rows } = this;
    return slot < rows.limit && !rows.has(slot, FREE) && rows.get(slot, SEGMENT) === segment && rows.get(slot, OFFSET) === offset;
  }

  moved(slot: number, segment: number, offset: number): void {
    this.rows.set(slot, SEGMENT, segment);
    this.rows.set(slot, OFFSET, offset);
  }

  /** The hash by which the current key is found. */
  hashOf(key: LogKey): number {
    return this.namespaced ? key.namespacedHash : key.hash;
  }

  /** The row of the current key, which may be a tombstone, or -1. A found record is left in the log's reader. */
  find(key: LogKey): number {
    const { index, rows } = this;
    let slot = index.first(this.hashOf(key));
    while (slot >= 0) {
      if (!rows.has(slot, CHILD) && this.#hasKey(slot, key)) return slot;
      slot = index.next();
    }
    return -1;
  }

  /** The live head of the current key's map or list, or -1. */
  findHead(key: LogKey): number {
    const { hot } = this;
    if (hot !== null) {
      const known = hot.slotOf(key.hash, key.mapped);
      if (known >= 0) return known;
    }
    const slot = this.find(key);
    if (slot < 0 || this.rows.has(slot, DEAD)) return -1;
    hot?.set(key.hash, key.mapped, slot, undefined);
    return slot;
  }

  /** Puts the record of a row into the log's reader. */
  readRecord(slot: number): void {
    const { rows, log } = this;
    log.read(rows.get(slot, SEGMENT), rows.get(slot, OFFSET), rows.get(slot, LENGTH));
  }

  /** After `readRecord` or `find`: decodes the value. */
  decodeValue(): unknown {
    const { log } = this;
    log.reader.position = log.start + HEADER_BYTES + log.keyLength;
    return this.codec.decode(log.reader);
  }

  /** After `readRecord`: a reader at the record's key, behind the namespace. */
  keyReader(): ByteReader {
    const { log } = this;
    log.reader.position = log.start + HEADER_BYTES + (this.namespaced ? NAMESPACE_BYTES : 0);
    return log.reader;
  }

  /** Makes the key (and namespace) of a row that is no child the current one. */
  enterKeyOf(slot: number, key: LogKey): void {
    const { log } = this;
    this.readRecord(slot);
    if (this.namespaced) {
      log.reader.position = log.start + HEADER_BYTES;
      key.setNamespace({ start: log.reader.f64(), end: log.reader.f64() });
    }
    key.set(this.keyCodec.decode(this.keyReader()));
  }

  /** Writes the value of the current key, whose row is `slot` or -1; returns its row. */
  write(slot: number, key: LogKey, value: unknown): number {
    const writer = this.log.begin();
    try {
      writer.bytes(key.bytes(this.namespaced));
      this.log.keyEnds();
      this.codec.encode(value, writer);
    } catch (error) {
      throw encodeFailure(this.operatorUid, this.name, key.key, error);
    }
    return this.place(slot, key);
  }

  /** Writes a record that only holds the current key. */
  writeKey(slot: number, key: LogKey): number {
    const writer = this.log.begin();
    try {
      writer.bytes(key.bytes(this.namespaced));
    } catch (error) {
      throw encodeFailure(this.operatorUid, this.name, key.key, error);
    }
    this.log.keyEnds();
    return this.place(slot, key);
  }

  /** Ends a begun record of the current key and points its row there. */
  place(slot: number, key: LogKey): number {
    if (slot >= 0) {
      this.touch(slot);
      if (this.rows.has(slot, DEAD)) this.revive(slot);
      this.relocate(slot);
      return slot;
    }
    const made = this.insertRow(this.hashOf(key), key.keyGroup);
    this.size++;
    return made;
  }

  /** A row for the begun record, found by its hash and listed as changed. */
  insertRow(hash: number, group: number): number {
    const slot = this.insertUnlisted(hash, group);
    this.index.add(hash, slot);
    if (this.epochs.tracking) this.changes.add(slot);
    return slot;
  }

  /** A row for the begun record that the index does not know. */
  insertUnlisted(hash: number, group: number): number {
    const { rows, log } = this;
    const slot = rows.allocate();
    log.commit(this.id, slot);
    rows.place(slot, hash, group, log, this.epochs.version + MADE);
    this.#compaction.assist(log.length);
    return slot;
  }

  /** A row for an entry of a snapshot of which key and value are there as bytes; its key has none yet. */
  restoreRow(hash: number, group: number, source: Uint8Array, key: ByteRange, value: ByteRange): number {
    const { rows, log } = this;
    const slot = rows.allocate();
    log.put(this.id, slot, source, key, value);
    rows.place(slot, hash, group, log, this.epochs.version + MADE);
    this.index.add(hash, slot);
    this.size++;
    return slot;
  }

  /** Points a row to the begun record. */
  relocate(slot: number): void {
    const { rows, log } = this;
    const segment = rows.get(slot, SEGMENT);
    const length = rows.get(slot, LENGTH);
    log.commit(this.id, slot);
    rows.set(slot, SEGMENT, log.segment);
    rows.set(slot, OFFSET, log.offset);
    rows.set(slot, LENGTH, log.length);
    log.release(segment, length);
    this.#compaction.assist(log.length);
  }

  /** A tombstone of a key comes back to life; it has been touched. */
  revive(slot: number): void {
    this.rows.set(slot, GROUP, this.rows.get(slot, GROUP) & ~DEAD);
    if (!this.rows.has(slot, CHILD)) this.size++;
  }

  /** Whether the running snapshot has not seen a row that may belong to it. */
  awaits(slot: number): boolean {
    const run = this.epochs.run;
    return run !== null && this.rows.get(slot, STAMP) < run.version + WRITTEN;
  }

  /** Must be called before a row changes: sends its pre-image to a running snapshot and notes the change. */
  touch(slot: number): void {
    if (this.rows.get(slot, STAMP) >= this.epochs.version + MADE) return;
    if (this.awaits(slot)) this.preImages?.writeRow(slot);
    this.markDirty(slot);
  }

  /** Notes a change without sending a pre-image. */
  markDirty(slot: number): void {
    const { rows, epochs } = this;
    if (rows.get(slot, STAMP) >= epochs.version + MADE) return;
    if (epochs.tracking) this.changes.add(slot);
    rows.set(slot, STAMP, epochs.version + CHANGED);
  }

  /** Removes the entry of a row that is alive. */
  remove(slot: number): void {
    const { rows, epochs } = this;
    if (!rows.has(slot, CHILD)) this.size--;
    this.hot?.forget(rows.get(slot, HASH), slot);
    if (!epochs.tracking || rows.get(slot, STAMP) === epochs.version + MADE) {
      if (this.awaits(slot)) this.preImages?.writeRow(slot);
      this.freeRow(slot);
      return;
    }
    this.touch(slot);
    rows.set(slot, GROUP, rows.get(slot, GROUP) | DEAD);
  }

  /** Gives a row back; nothing may need it any more. */
  freeRow(slot: number): void {
    this.index.delete(this.rows.get(slot, HASH), slot);
    this.freeUnlisted(slot);
  }

  /** Gives a row back that the index does not know. */
  freeUnlisted(slot: number): void {
    const { rows, log } = this;
    log.release(rows.get(slot, SEGMENT), rows.get(slot, LENGTH));
    rows.release(slot);
  }

  /** Frees up to `limit` tombstones that no delta can need; false when there are none left. */
  purge(limit: number): boolean {
    const { rows, epochs } = this;
    this.changes.retire();
    for (let count = 0; count < limit; count++) {
      const slot = this.changes.nextOld();
      if (slot < 0) return false;
      if (rows.has(slot, FREE) || !rows.has(slot, DEAD) || rows.get(slot, STAMP) >= epochs.floor + MADE) continue;
      this.freeTombstone(slot);
    }
    return true;
  }

  /** Frees one tombstone. */
  protected freeTombstone(slot: number): void {
    this.freeRow(slot);
  }

  /** The key group of a row that is no child. */
  groupOf(slot: number): number {
    return this.rows.get(slot, GROUP) & GROUP_MASK;
  }

  /** Whether the record in the log's reader has this key: its bytes, or for composites the key they stand for. */
  sameKey(skip: number, bytes: Uint8Array, composite: MapKey | null, codec: ValueCodec): boolean {
    const { log } = this;
    const length = log.keyLength;
    const from = log.start + HEADER_BYTES;
    if (length === bytes.length) {
      let at = 0;
      const stored = log.bytes;
      while (at < length && stored[from + at] === bytes[at]) at++;
      if (at === length) return true;
    }
    if (composite === null) return false;
    for (let at = 0; at < skip; at++) if (log.bytes[from + at] !== bytes[at]) return false;
    log.reader.position = from + skip;
    return mapKey(codec.decode(log.reader)) === composite;
  }

  #hasKey(slot: number, key: LogKey): boolean {
    this.readRecord(slot);
    const composite = typeof key.key === 'object' ? key.mapped : null;
    return this.sameKey(this.namespaced ? NAMESPACE_BYTES : 0, this.#keyBytes(key), composite, this.keyCodec);
  }

  #keyBytes(key: LogKey): Uint8Array {
    try {
      return key.bytes(this.namespaced);
    } catch (error) {
      throw encodeFailure(this.operatorUid, this.name, key.key, error);
    }
  }
}
