import { assert } from '../../../base/assert.js';

/** Entries up to which one table serves: dividing it among the shards takes about a millisecond. */
const SINGLE_TABLE_LIMIT = 1 << 16;
/** Tables of a divided index: each grows by itself, so that no growth stops the thread for long. */
const SHARDS = 256;
const SMALLEST = 8;
/** The limit of a typed array that V8 indexes fast. */
const LARGEST = 1 << 28;

/**
 * Slots by 32-bit whole numbers, by open addressing in a typed array: faster than a Map, with less memory, and nothing
 * for the collector to visit. Pairs of key and slot + 1 lie side by side, 0 where there is no slot; a search goes on at
 * the next place. A large index is divided into shards by the key's hash.
 */
export class IntIndex {
  #pairs: Int32Array;
  #mask: number;
  #size: number;
  #shards: IntIndex[] | null;
  readonly #isShard: boolean;

  /** With room for so many keys as `expected` says. */
  constructor(isShard: boolean = false, expected: number = 0) {
    let capacity = SMALLEST;
    while (capacity * 2 < expected * 3) capacity *= 2;
    this.#pairs = new Int32Array(capacity * 2);
    this.#mask = capacity - 1;
    this.#size = 0;
    this.#shards = null;
    this.#isShard = isShard;
  }

  /** The slot of a key, or -1. */
  get(key: number): number {
    if (this.#shards !== null) return this.#shards[shardOf(key)]!.get(key);
    const pairs = this.#pairs;
    const mask = this.#mask;
    for (let at = placeOf(key) & mask; ; at = (at + 1) & mask) {
      const slot = pairs[at * 2 + 1]!;
      if (slot === 0) return -1;
      if (pairs[at * 2] === key) return slot - 1;
    }
  }

  /** Adds the slot of a key that has none. */
  add(key: number, slot: number): void {
    if (this.#shards !== null) return this.#shards[shardOf(key)]!.add(key, slot);
    // Above two thirds the ways to a free place become long.
    if (++this.#size * 3 > (this.#mask + 1) * 2) this.#grow();
    this.#put(key, slot + 1);
    if (this.#size > SINGLE_TABLE_LIMIT && !this.#isShard) this.#divide();
  }

  /** Removes a key, if it is there. */
  delete(key: number): void {
    if (this.#shards !== null) return this.#shards[shardOf(key)]!.delete(key);
    const pairs = this.#pairs;
    const mask = this.#mask;
    let hole = placeOf(key) & mask;
    while (pairs[hole * 2] !== key || pairs[hole * 2 + 1] === 0) {
      if (pairs[hole * 2 + 1] === 0) return;
      hole = (hole + 1) & mask;
    }
    this.#size--;
    // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
    for (let at = (hole + 1) & mask; pairs[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = placeOf(pairs[at * 2]!) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      pairs[hole * 2] = pairs[at * 2]!;
      pairs[hole * 2 + 1] = pairs[at * 2 + 1]!;
      hole = at;
    }
    pairs[hole * 2 + 1] = 0;
  }

  /** Visits all keys, in no order. Nothing may be added or removed meanwhile. */
  forEach(visit: (key: number, slot: number) => void): void {
    if (this.#shards !== null) {
      for (const shard of this.#shards) shard.forEach(visit);
      return;
    }
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += 2) if (pairs[at + 1] !== 0) visit(pairs[at]!, pairs[at + 1]! - 1);
  }

  #put(key: number, stored: number): void {
    const pairs = this.#pairs;
    const mask = this.#mask;
    let at = placeOf(key) & mask;
    while (pairs[at * 2 + 1] !== 0) at = (at + 1) & mask;
    pairs[at * 2] = key;
    pairs[at * 2 + 1] = stored;
  }

  #grow(): void {
    const before = this.#pairs;
    const capacity = (this.#mask + 1) * 2;
    assert(capacity <= LARGEST, 'an index holds fewer keys than memory does');
    this.#pairs = new Int32Array(capacity * 2);
    this.#mask = capacity - 1;
    for (let at = 0; at < before.length; at += 2) if (before[at + 1] !== 0) this.#put(before[at]!, before[at + 1]!);
  }

  #divide(): void {
    const pairs = this.#pairs;
    const shards = Array.from({ length: SHARDS }, () => new IntIndex(true));
    for (let at = 0; at < pairs.length; at += 2) if (pairs[at + 1] !== 0) shards[shardOf(pairs[at]!)]!.add(pairs[at]!, pairs[at + 1]! - 1);
    this.#shards = shards;
    this.#pairs = new Int32Array(0);
  }
}

/**
 * Multiplies by 2^32 over the golden ratio, which spreads neighbouring keys, and folds the well mixed upper half down.
 * (The number stands here and not in a constant, which the compiler would load and convert at every call.)
 */
function placeOf(key: number): number {
  const product = Math.imul(key, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** Another multiplication, so that the keys of one shard still spread over its places. */
function shardOf(key: number): number {
  return Math.imul(key, 0x85ebca6b) >>> 24;
}
