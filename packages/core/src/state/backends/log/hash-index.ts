import { HASH, type Rows } from './rows.js';

const SMALLEST = 16;
const LARGEST = 1024;
/** A directory has at most 2^22 places; pages that are full beyond that grow. */
const DEEPEST = 22;

/** A page is made for so large a part of its buckets: by chance hardly one of a thousand has a tenth more, and is divided. */
const FILLED = 0.64;

/** Buckets that share the first bits of their hashes. */
class Page {
  slots: Int32Array;
  count: number;
  /** How many first bits they share. */
  readonly depth: number;

  constructor(size: number, depth: number) {
    this.slots = new Int32Array(size);
    this.count = 0;
    this.depth = depth;
  }
}

/**
 * Finds rows by the 32-bit hash of their key: pages of at most a thousand buckets with open addressing, reached through
 * a directory. A full page is divided in two (extendible hashing), so that the index never stops to grow as a whole:
 * the longest pause is the doubling of the directory, one pointer per thousand keys.
 */
export class HashIndex {
  readonly #rows: Rows;
  #directory: Page[];
  #depth: number;
  #page: Page;
  #at: number;
  #hash: number;

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#page = new Page(SMALLEST, 0);
    this.#directory = [this.#page];
    this.#depth = 0;
    this.#at = 0;
    this.#hash = 0;
  }

  /** The first row with this hash, or -1. Others follow with `next`. */
  first(hash: number): number {
    this.#page = this.#pageOf(hash);
    this.#hash = hash;
    this.#at = hash & (this.#page.slots.length - 1);
    return this.next();
  }

  /** The next row with the hash that `first` was given, or -1. Nothing may change in between. */
  next(): number {
    const { slots } = this.#page;
    const mask = slots.length - 1;
    for (;;) {
      const slot = slots[this.#at]! - 1;
      if (slot < 0) return -1;
      this.#at = (this.#at + 1) & mask;
      if (this.#rows.get(slot, HASH) === this.#hash) return slot;
    }
  }

  /** Adds a row. */
  add(hash: number, slot: number): void {
    let page = this.#pageOf(hash);
    while (page.count * 10 >= page.slots.length * 7) {
      if (page.slots.length < LARGEST || page.depth >= DEEPEST) this.#enlarge(page);
      else this.#divide(page, hash);
      page = this.#pageOf(hash);
    }
    put(page, hash, slot);
  }

  /** Makes room for so many rows in all, if there is none yet. */
  reserve(rows: number): void {
    if (this.#depth > 0 || this.#page.count > 0 || rows < LARGEST) return;
    let depth = 0;
    while (depth < DEEPEST && rows > (LARGEST << depth) * FILLED) depth++;
    this.#depth = depth;
    this.#directory = Array.from({ length: 1 << depth }, () => new Page(LARGEST, depth));
    this.#page = this.#directory[0]!;
  }

  /** Removes a row. */
  delete(hash: number, slot: number): void {
    const page = this.#pageOf(hash);
    const { slots } = page;
    const mask = slots.length - 1;
    let at = hash & mask;
    while (slots[at] !== slot + 1) at = (at + 1) & mask;
    page.count--;
    // What follows moves up, so that no search ends at the hole.
    for (let next = (at + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const home = this.#rows.get(slots[next]! - 1, HASH) & mask;
      if (((next - home) & mask) >= ((next - at) & mask)) {
        slots[at] = slots[next]!;
        at = next;
      }
    }
    slots[at] = 0;
  }

  #pageOf(hash: number): Page {
    return this.#directory[this.#depth === 0 ? 0 : hash >>> (32 - this.#depth)]!;
  }

  #enlarge(page: Page): void {
    const before = page.slots;
    page.slots = new Int32Array(before.length * 2);
    page.count = 0;
    for (const entry of before) if (entry !== 0) put(page, this.#rows.get(entry - 1, HASH), entry - 1);
  }

  #divide(page: Page, hash: number): void {
    if (page.depth === this.#depth) {
      const doubled: Page[] = [];
      for (const each of this.#directory) doubled.push(each, each);
      this.#directory = doubled;
      this.#depth++;
    }
    const depth = page.depth + 1;
    const halves = [new Page(LARGEST, depth), new Page(LARGEST, depth)] as const;
    for (const entry of page.slots) {
      if (entry === 0) continue;
      const rowHash = this.#rows.get(entry - 1, HASH);
      put(halves[(rowHash >>> (32 - depth)) & 1]!, rowHash, entry - 1);
    }
    // The places of the page are those that share its first bits.
    const width = 1 << (this.#depth - page.depth);
    const start = page.depth === 0 ? 0 : (hash >>> (32 - page.depth)) * width;
    for (let at = 0; at < width; at++) this.#directory[start + at] = halves[at < width / 2 ? 0 : 1]!;
  }
}

function put(page: Page, hash: number, slot: number): void {
  const { slots } = page;
  const mask = slots.length - 1;
  let at = hash & mask;
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = slot + 1;
  page.count++;
}
