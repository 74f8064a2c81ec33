import { keyHash } from '../../../record/key-hash.js';
import type { MapKey } from '../../../record/map-key.js';
import { KeyTable } from './key-table.js';
import type { LateTexts } from './late-texts.js';

/** Entries up to which a Map serves. It costs less than typed arrays, and lies in the cache as they do. Dividing it among the tables takes about a millisecond. */
const MAP_LIMIT = 1 << 12;
/** Tables of a large index: each grows by itself, so that no growth stops the thread for long. */
const TABLES = 256;

/** Places by texts and by whatever else has no index of its own: in a `Map` while they are few, and then in tables chosen by their hashes. */
export class KeyIndex {
  #few: Map<MapKey, number> | null;
  #tables: KeyTable[];

  constructor() {
    this.#few = new Map();
    this.#tables = [];
  }

  /** The place of a key, or -1. */
  get(key: MapKey): number {
    if (this.#few !== null) return this.#few.get(key) ?? -1;
    const hash = keyHash(key);
    return this.#tables[hash >>> 24]!.get(key, hash);
  }

  /** Adds the place of a key that has none. */
  add(key: MapKey, place: number): void {
    if (this.#few === null) this.#addToTable(key, keyHash(key), place);
    else this.#addToFew(this.#few, key, place);
  }

  /**
   * Adds texts that are their own stand-ins and have none of them a place here; `keyAt` gives the one at a place. One table is filled after the other, while it lies in the cache, and has
   * room for all of its keys from the start.
   */
  addAll(texts: LateTexts, keyAt: (place: number) => string): void {
    const { hashes, places, count } = texts;
    if (this.#few !== null && this.#few.size + count > MAP_LIMIT) this.#divide(this.#few);
    if (this.#few !== null) {
      for (let at = 0; at < count; at++) this.#few.set(keyAt(places[at]!), places[at]!);
      return;
    }
    const { order, starts } = texts.byUpperByte();
    this.#tables.forEach((table, byte) => {
      const end = starts[byte + 1]!;
      table.reserve(end - starts[byte]!);
      for (let next = starts[byte]!; next < end; next++) {
        const text = order[next]!;
        const place = places[text]!;
        table.add(keyAt(place), hashes[text]!, place);
      }
    });
  }

  #addToFew(few: Map<MapKey, number>, key: MapKey, place: number): void {
    few.set(key, place);
    if (few.size > MAP_LIMIT) this.#divide(few);
  }

  /** Removes a key, if it is there. */
  delete(key: MapKey): void {
    if (this.#few !== null) {
      this.#few.delete(key);
      return;
    }
    const hash = keyHash(key);
    this.#tables[hash >>> 24]!.delete(key, hash);
  }

  #addToTable(key: MapKey, hash: number, place: number): void {
    this.#tables[hash >>> 24]!.add(key, hash, place);
  }

  #divide(few: Map<MapKey, number>): void {
    this.#tables = Array.from({ length: TABLES }, () => new KeyTable());
    this.#few = null;
    for (const [key, place] of few) this.#addToTable(key, keyHash(key), place);
  }
}
