import { assert } from '../../../base/assert.js';

/** Entries up to which one table serves: dividing it among the shards takes about a millisecond. */
const SINGLE_TABLE_LIMIT = 1 << 16;
/** Tables of a divided index: each grows by itself, so that no growth stops the thread for long. */
const SHARDS = 256;
const SMALLEST = 8;
/** Two words of the key, then the place + 1. */
const STRIDE = 3;
/** The limit of a typed array that V8 indexes fast. */
const LARGEST = 1 << 28;

/**
 * Places by keys of two 32-bit words (a float64, a pair of whole numbers), by open addressing in a typed array, as
 * `IntIndex` does it for one word: no text is made of the key, and the collector has nothing to visit.
 */
export class WideIndex {
  #cells: Int32Array;
  #mask: number;
  #size: number;
  #shards: WideIndex[] | null;

  constructor() {
    this.#cells = new Int32Array(SMALLEST * STRIDE);
    this.#mask = SMALLEST - 1;
    this.#size = 0;
    this.#shards = null;
  }

  /** The place of a key, or -1. */
  get(low: number, high: number): number {
    const hash = mixWords(low, high);
    if (this.#shards !== null) return this.#shards[hash >>> 24]!.#get(low, high, hash);
    return this.#get(low, high, hash);
  }

  /** Adds the place of a key that has none. */
  add(low: number, high: number, place: number): void {
    const hash = mixWords(low, high);
    if (this.#shards !== null) return this.#shards[hash >>> 24]!.#add(low, high, hash, place);
    this.#add(low, high, hash, place);
    if (this.#size > SINGLE_TABLE_LIMIT) this.#divide();
  }

  /** Removes a key, if it is there. */
  delete(low: number, high: number): void {
    const hash = mixWords(low, high);
    if (this.#shards !== null) this.#shards[hash >>> 24]!.#delete(low, high, hash);
    else this.#delete(low, high, hash);
  }

  #get(low: number, high: number, hash: number): number {
    const cells = this.#cells;
    const mask = this.#mask;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = cells[at * STRIDE + 2]!;
      if (place === 0) return -1;
      if (cells[at * STRIDE] === low && cells[at * STRIDE + 1] === high) return place - 1;
    }
  }

  #add(low: number, high: number, hash: number, place: number): void {
    // Above two thirds the ways to a free place become long.
    if (++this.#size * 3 > (this.#mask + 1) * 2) this.#grow();
    this.#put(low, high, hash, place + 1);
  }

  #delete(low: number, high: number, hash: number): void {
    const cells = this.#cells;
    const mask = this.#mask;
    let hole = hash & mask;
    while (cells[hole * STRIDE] !== low || cells[hole * STRIDE + 1] !== high || cells[hole * STRIDE + 2] === 0) {
      if (cells[hole * STRIDE + 2] === 0) return;
      hole = (hole + 1) & mask;
    }
    this.#size--;
    // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
    for (let at = (hole + 1) & mask; cells[at * STRIDE + 2] !== 0; at = (at + 1) & mask) {
      const home = mixWords(cells[at * STRIDE]!, cells[at * STRIDE + 1]!) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      cells.copyWithin(hole * STRIDE, at * STRIDE, at * STRIDE + STRIDE);
      hole = at;
    }
    cells[hole * STRIDE + 2] = 0;
  }

  #put(low: number, high: number, hash: number, stored: number): void {
    const cells = this.#cells;
    const mask = this.#mask;
    let at = hash & mask;
    while (cells[at * STRIDE + 2] !== 0) at = (at + 1) & mask;
    cells[at * STRIDE] = low;
    cells[at * STRIDE + 1] = high;
    cells[at * STRIDE + 2] = stored;
  }

  #grow(): void {
    const before = this.#cells;
    const capacity = (this.#mask + 1) * 2;
    assert(capacity <= LARGEST, 'an index holds fewer keys than memory does');
    this.#cells = new Int32Array(capacity * STRIDE);
    this.#mask = capacity - 1;
    for (let at = 0; at < before.length; at += STRIDE) {
      if (before[at + 2] !== 0) this.#put(before[at]!, before[at + 1]!, mixWords(before[at]!, before[at + 1]!), before[at + 2]!);
    }
  }

  #divide(): void {
    const cells = this.#cells;
    const shards = Array.from({ length: SHARDS }, () => new WideIndex());
    for (let at = 0; at < cells.length; at += STRIDE) {
      if (cells[at + 2] === 0) continue;
      const hash = mixWords(cells[at]!, cells[at + 1]!);
      shards[hash >>> 24]!.#add(cells[at]!, cells[at + 1]!, hash, cells[at + 2]! - 1);
    }
    this.#shards = shards;
    this.#cells = new Int32Array(0);
  }
}

/** Mixes both words well enough that its upper byte chooses the shard and its lower bits the place. */
export function mixWords(low: number, high: number): number {
  let hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x2c1b3c6d);
  return hash ^ (hash >>> 15);
}
