import { ByteWriter } from '../../../base/bytes.js';
import { keyHash } from '../../../record/key-hash.js';
import { type MapKey, mapKey } from '../../../record/map-key.js';
import { encodeFailure } from '../../format/encode-failure.js';
import { MADE } from '../heap/epochs.js';
import { linkChild, unlinkChild } from './cells.js';
import { type LogKey, mixHash } from './log-key.js';
import { LogStore, type LogStoreOptions } from './log-store.js';
import { CHILD, COUNT, DEAD, FIRST, HASH, HEAD, LAST, MADE_IN, NEXT, STAMP } from './rows.js';

/**
 * Map state on disk: every entry is a row of its own, found by its map key and the row of its key (the head). So an
 * entry costs the same whether its map has two or two million of them.
 */
export class MapStore extends LogStore {
  readonly #scratch: ByteWriter;
  #mapKeyBytes: Uint8Array;
  #composite: MapKey | null;

  constructor(options: LogStoreOptions) {
    super(options);
    this.#scratch = new ByteWriter(64);
    this.#mapKeyBytes = new Uint8Array(0);
    this.#composite = null;
  }

  /** The head of the current key, made when there is none. */
  makeHead(key: LogKey): number {
    const alive = this.findHead(key);
    if (alive >= 0) return alive;
    const head = this.writeKey(this.find(key), key);
    const { rows } = this;
    rows.set(head, COUNT, 0);
    rows.set(head, FIRST, -1);
    rows.set(head, LAST, -1);
    rows.set(head, MADE_IN, this.epochs.version);
    return head;
  }

  /** The live entry of a map key, or -1; a key that cannot be encoded has none. Its record is left in the log's reader. */
  findEntry(head: number, key: unknown): number {
    try {
      this.#encodeKey(key);
    } catch {
      // A value that cannot be a key at all is refused, as everywhere.
      mapKey(key);
      return -1;
    }
    const slot = this.#find(head, key);
    return slot >= 0 && !this.rows.has(slot, DEAD) ? slot : -1;
  }

  #encodeKey(key: unknown): void {
    this.#scratch.reset();
    this.mapKeyCodec!.encode(key, this.#scratch);
    this.#mapKeyBytes = this.#scratch.view();
    this.#composite = typeof key === 'object' ? mapKey(key) : null;
  }

  /** The entry of the encoded map key, which may be a tombstone, or -1. */
  #find(head: number, key: unknown): number {
    const { index, rows } = this;
    let slot = index.first(entryHash(key, head));
    while (slot >= 0) {
      if (rows.has(slot, CHILD) && rows.get(slot, HEAD) === head) {
        this.readRecord(slot);
        if (this.sameKey(0, this.#mapKeyBytes, this.#composite, this.mapKeyCodec!)) return slot;
      }
      slot = index.next();
    }
    return -1;
  }

  /** Sets an entry of the current key's map, whose head is given; returns its row. */
  put(head: number, current: unknown, key: unknown, value: unknown): number {
    const { rows } = this;
    const writer = this.log.begin();
    try {
      this.#encodeKey(key);
      writer.bytes(this.#mapKeyBytes);
      this.log.keyEnds();
      this.codec.encode(value, writer);
    } catch (error) {
      throw encodeFailure(this.operatorUid, this.name, current, error);
    }
    const slot = this.#find(head, key);
    if (slot >= 0) {
      this.touch(slot);
      if (rows.has(slot, DEAD)) {
        this.revive(slot);
        rows.set(head, COUNT, rows.get(head, COUNT) + 1);
      }
      this.relocate(slot);
      return slot;
    }
    const made = this.insertRow(entryHash(key, head), this.groupOf(head) | CHILD);
    linkChild(rows, head, made);
    rows.set(head, COUNT, rows.get(head, COUNT) + 1);
    return made;
  }

  /** Removes an entry that is alive; its head goes with the last one. */
  removeEntry(slot: number): void {
    const { rows, epochs } = this;
    const head = rows.get(slot, HEAD);
    const count = rows.get(head, COUNT) - 1;
    rows.set(head, COUNT, count);
    const forgets = !epochs.tracking || rows.get(slot, STAMP) === epochs.version + MADE;
    if (forgets) {
      if (this.awaits(slot)) this.preImages?.writeRow(slot);
      unlinkChild(rows, slot);
      this.freeRow(slot);
    } else {
      this.remove(slot);
    }
    if (count === 0) this.removeHead(head);
  }

  /** Removes a map with all its entries. Their tombstones are not needed: that of the head stands for them. */
  removeHead(head: number): void {
    const { rows } = this;
    for (let at = rows.get(head, FIRST); at >= 0; ) {
      const next = rows.get(at, NEXT);
      if (this.awaits(at)) this.preImages?.writeRow(at);
      this.freeRow(at);
      at = next;
    }
    rows.set(head, FIRST, -1);
    rows.set(head, LAST, -1);
    rows.set(head, COUNT, 0);
    this.remove(head);
  }

  /** After `readRecord` of an entry: its map key. */
  decodeMapKey(slot: number): unknown {
    this.readRecord(slot);
    return this.mapKeyCodec!.decode(this.log.reader);
  }

  protected override freeTombstone(slot: number): void {
    if (this.rows.has(slot, CHILD)) unlinkChild(this.rows, slot);
    this.freeRow(slot);
  }

  /** Whether a row is still the live entry that it was when its map was listed. */
  isEntryOf(slot: number, head: number, hash: number): boolean {
    const { rows } = this;
    return slot < rows.limit && rows.has(slot, CHILD) && !rows.has(slot, DEAD) && rows.get(slot, HEAD) === head && rows.get(slot, HASH) === hash;
  }
}

function entryHash(key: unknown, head: number): number {
  return mixHash(keyHash(key), head);
}
