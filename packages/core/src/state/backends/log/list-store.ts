import { encodeFailure } from '../../format/encode-failure.js';
import { MADE, WRITTEN } from '../heap/epochs.js';
import { linkChild } from './cells.js';
import type { LogKey } from './log-key.js';
import { LogStore } from './log-store.js';
import { CHILD, COUNT, DEAD, FIRST, GROUP, HASH, ITEMS, LAST, LENGTH, MADE_IN, NEXT, STAMP, WRITTEN_IN } from './rows.js';
import { HEADER_BYTES } from './segment-log.js';

/** A chunk below this size is written anew with what is appended, rather than followed by another. */
const CHUNK_BYTES = 512;
/** Elements appended in one go are cut into chunks of about this size. */
const LARGEST_CHUNK_BYTES = 16 * 1024;

/** A list as it is read: its elements and, in states with time to live, when each was added. */
export interface ListContents {
  readonly items: unknown[];
  readonly times: number[];
}

/**
 * List state on disk: a head per key and chunks of elements in order. A chunk never reaches over the beginning of a
 * snapshot, so a snapshot takes whole chunks, and a delta those that are new.
 */
export class ListStore extends LogStore {
  /** Appends elements to the list of the current key. `times` go with them in states with time to live. */
  append(key: LogKey, items: readonly unknown[], times: readonly number[] | null): void {
    const head = this.#makeHead(key);
    this.markDirty(head);
    try {
      for (let at = 0; at < items.length; ) at = this.#appendChunk(head, items, times, at);
    } catch (error) {
      throw encodeFailure(this.operatorUid, this.name, key.key, error);
    } finally {
      // What could not be encoded leaves no empty list behind.
      if (this.rows.get(head, COUNT) === 0) this.removeList(head);
    }
  }

  /** Puts other elements in the place of those of the current key. */
  replace(key: LogKey, items: readonly unknown[], times: readonly number[] | null): void {
    const head = this.findHead(key);
    if (head >= 0) this.removeList(head);
    if (items.length > 0) this.append(key, items, times);
  }

  /** All elements of a list. */
  contents(head: number): ListContents {
    const { rows, log } = this;
    const items: unknown[] = [];
    const times: number[] = [];
    for (let chunk = rows.get(head, FIRST); chunk >= 0; chunk = rows.get(chunk, NEXT)) {
      this.readRecord(chunk);
      const { reader } = log;
      for (let left = rows.get(chunk, ITEMS); left > 0; left--) {
        if (this.ttl !== null) times.push(reader.f64());
        items.push(this.codec.decode(reader));
      }
    }
    return { items, times };
  }

  /** Whether some chunk holds an element that has expired. */
  someExpired(head: number, now: number): boolean {
    const { rows, clock, ttl } = this;
    for (let chunk = rows.get(head, FIRST); chunk >= 0; chunk = rows.get(chunk, NEXT)) if (clock.expired(ttl!, rows.time(chunk), now)) return true;
    return false;
  }

  /** Removes a list that is alive. */
  removeList(head: number): void {
    const { rows, epochs } = this;
    if (this.awaitsList(head)) this.preImages?.finishList(head);
    this.#freeChunks(head);
    this.size--;
    this.hot?.forget(rows.get(head, HASH), head);
    if (!epochs.tracking || rows.get(head, STAMP) === epochs.version + MADE) {
      this.freeRow(head);
      return;
    }
    this.markDirty(head);
    rows.set(head, GROUP, rows.get(head, GROUP) | DEAD);
  }

  /** Whether the running snapshot has not written the list of a head, or its removal. */
  awaitsList(head: number): boolean {
    const run = this.epochs.run;
    return run !== null && this.rows.get(head, WRITTEN_IN) < run.version + WRITTEN;
  }

  /** Says that the running snapshot has written the list. */
  markListWritten(head: number, version: number): void {
    if (this.rows.get(head, WRITTEN_IN) < version + WRITTEN) this.rows.set(head, WRITTEN_IN, version + WRITTEN);
  }

  #makeHead(key: LogKey): number {
    const { rows, epochs } = this;
    const alive = this.findHead(key);
    if (alive >= 0) return alive;
    let head = this.find(key);
    if (head >= 0) {
      if (this.awaitsList(head)) this.preImages?.finishList(head);
      this.markDirty(head);
      this.revive(head);
    } else {
      head = this.writeKey(-1, key);
      rows.set(head, WRITTEN_IN, epochs.version + MADE);
    }
    rows.set(head, COUNT, 0);
    rows.set(head, FIRST, -1);
    rows.set(head, LAST, -1);
    rows.set(head, MADE_IN, epochs.version);
    return head;
  }

  /** Writes elements from `from` on into one chunk; returns where the next one begins. */
  #appendChunk(head: number, items: readonly unknown[], times: readonly number[] | null, from: number): number {
    const { rows, log, epochs } = this;
    const last = rows.get(head, LAST);
    const extended = last >= 0 && rows.get(last, STAMP) >= epochs.version + MADE && rows.get(last, LENGTH) < CHUNK_BYTES;
    const writer = log.begin();
    log.keyEnds();
    if (extended) {
      this.readRecord(last);
      writer.bytes(log.bytes.subarray(log.start + HEADER_BYTES, log.start + rows.get(last, LENGTH)));
    }
    let at = from;
    let oldest = Infinity;
    while (at < items.length && writer.length < LARGEST_CHUNK_BYTES) {
      if (times !== null) {
        const time = times[at]!;
        if (time < oldest) oldest = time;
        writer.f64(time);
      }
      this.codec.encode(items[at], writer);
      at++;
    }
    let chunk = last;
    if (extended) {
      this.relocate(last);
      rows.set(last, ITEMS, rows.get(last, ITEMS) + at - from);
      if (times !== null) rows.setTime(last, Math.min(rows.time(last), oldest));
    } else {
      chunk = this.#insertChunk(head);
      rows.set(chunk, ITEMS, at - from);
      if (times !== null) rows.setTime(chunk, oldest);
    }
    rows.set(head, COUNT, rows.get(head, COUNT) + at - from);
    return at;
  }

  /** A chunk for the begun record. Chunks are reached from their head only, so the index does not know them. */
  #insertChunk(head: number): number {
    const { rows } = this;
    const slot = this.insertUnlisted(0, this.groupOf(head) | CHILD);
    linkChild(rows, head, slot);
    return slot;
  }

  #freeChunks(head: number): void {
    const { rows } = this;
    for (let chunk = rows.get(head, FIRST); chunk >= 0; ) {
      const next = rows.get(chunk, NEXT);
      this.freeUnlisted(chunk);
      chunk = next;
    }
    rows.set(head, FIRST, -1);
    rows.set(head, LAST, -1);
    rows.set(head, COUNT, 0);
  }
}
