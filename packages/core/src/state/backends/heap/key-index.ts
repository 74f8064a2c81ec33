import { assert } from '../../../base/assert.js';
import { keyHash } from '../../../record/key-hash.js';
import type { MapKey } from '../../../record/map-key.js';

/** Entries up to which one table serves: dividing it among the shards takes about a millisecond. */
const SINGLE_TABLE_LIMIT = 1 << 15;
/** Tables of a divided index: each grows by itself, so that no growth stops the thread for long. */
const SHARDS = 256;
const SMALLEST = 8;
/** The hash of the key, then the place + 1. */
const STRIDE = 2;
/** The limit of a typed array that V8 indexes fast. */
const LARGEST = 1 << 28;

/**
 * Places by texts and by whatever else has no index of its own, by open addressing as `IntIndex` and `WideIndex` do it. The hashes lie with the places in a typed
 * array, so that a key is read only when its hash is the one that is looked for, and a table grows without looking at keys. A `Map` reads its bucket, the entry and
 * the key one after the other, and stops the thread for long when a large one grows.
 */
export class KeyIndex {
  #cells: Int32Array;
  /** The key of each cell. */
  #keys: MapKey[];
  #mask: number;
  #size: number;
  #shards: KeyIndex[] | null;

  constructor() {
    this.#cells = new Int32Array(SMALLEST * STRIDE);
    this.#keys = [];
    this.#mask = SMALLEST - 1;
    this.#size = 0;
    this.#shards = null;
  }

  /** The place of a key, or -1. */
  get(key: MapKey): number {
    const hash = keyHash(key);
    if (this.#shards !== null) return this.#shards[hash >>> 24]!.#get(key, hash);
    return this.#get(key, hash);
  }

  /** Adds the place of a key that has none. */
  add(key: MapKey, place: number): void {
    const hash = keyHash(key);
    if (this.#shards !== null) return this.#shards[hash >>> 24]!.#add(key, hash, place);
    this.#add(key, hash, place);
    if (this.#size > SINGLE_TABLE_LIMIT) this.#divide();
  }

  /** Removes a key, if it is there. */
  delete(key: MapKey): void {
    const hash = keyHash(key);
    if (this.#shards !== null) this.#shards[hash >>> 24]!.#delete(key, hash);
    else this.#delete(key, hash);
  }

  #get(key: MapKey, hash: number): number {
    const at = this.#find(key, hash);
    return at < 0 ? -1 : this.#cells[at * STRIDE + 1]! - 1;
  }

  /** The cell of a key, or -1. */
  #find(key: MapKey, hash: number): number {
    const cells = this.#cells;
    const mask = this.#mask;
    for (let at = hash & mask; cells[at * STRIDE + 1] !== 0; at = (at + 1) & mask) {
      if (cells[at * STRIDE] === hash && this.#keys[at] === key) return at;
    }
    return -1;
  }

  #add(key: MapKey, hash: number, place: number): void {
    // Above two thirds the ways to a free place become long.
    if (++this.#size * 3 > (this.#mask + 1) * 2) this.#grow();
    this.#put(key, hash, place + 1);
  }

  #delete(key: MapKey, hash: number): void {
    let hole = this.#find(key, hash);
    if (hole < 0) return;
    const cells = this.#cells;
    const keys = this.#keys;
    const mask = this.#mask;
    this.#size--;
    // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
    for (let at = (hole + 1) & mask; cells[at * STRIDE + 1] !== 0; at = (at + 1) & mask) {
      const home = cells[at * STRIDE]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      cells.copyWithin(hole * STRIDE, at * STRIDE, at * STRIDE + STRIDE);
      keys[hole] = keys[at]!;
      hole = at;
    }
    cells[hole * STRIDE + 1] = 0;
    // Nothing of the key stays.
    keys[hole] = 0;
  }

  #put(key: MapKey, hash: number, stored: number): void {
    const cells = this.#cells;
    const mask = this.#mask;
    let at = hash & mask;
    while (cells[at * STRIDE + 1] !== 0) at = (at + 1) & mask;
    cells[at * STRIDE] = hash;
    cells[at * STRIDE + 1] = stored;
    if (this.#keys.length <= at) this.#keys.length = mask + 1;
    this.#keys[at] = key;
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    assert(capacity <= LARGEST, 'an index holds fewer keys than memory does');
    const before = this.#cells;
    const keys = this.#keys;
    this.#cells = new Int32Array(capacity * STRIDE);
    this.#keys = [];
    this.#mask = capacity - 1;
    for (let at = 0; at < keys.length; at++) {
      if (before[at * STRIDE + 1] !== 0) this.#put(keys[at]!, before[at * STRIDE]!, before[at * STRIDE + 1]!);
    }
  }

  #divide(): void {
    const cells = this.#cells;
    const keys = this.#keys;
    const shards = Array.from({ length: SHARDS }, () => new KeyIndex());
    for (let at = 0; at < keys.length; at++) {
      const hash = cells[at * STRIDE]!;
      if (cells[at * STRIDE + 1] !== 0) shards[hash >>> 24]!.#add(keys[at]!, hash, cells[at * STRIDE + 1]! - 1);
    }
    this.#shards = shards;
    this.#cells = new Int32Array(0);
    this.#keys = [];
  }
}
