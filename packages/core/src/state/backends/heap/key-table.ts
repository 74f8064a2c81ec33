import { assert } from '../../../base/assert.js';
import type { MapKey } from '../../../record/map-key.js';

const SMALLEST = 8;
/** A table with one entry for so many cells is made smaller. */
const SPARSE = 8;
/** The hash of the key, then the place + 1. */
const STRIDE = 2;
/** The limit of a typed array that V8 indexes fast. */
const LARGEST = 1 << 28;
/** No key is looked for in more cells. By chance hardly any of a million keys would be so far from where its hash leads. */
const LONGEST_WAY = 256;

/**
 * Places by keys and their hashes, by open addressing as in `IntIndex` and `WideIndex`. The hashes lie with the places in a typed array, so that a key is read only
 * when its hash is the one that is looked for, and a table grows without looking at keys.
 *
 * The hash has no secret: whoever chooses the keys of a job can make any number with the same one. Those that find too many before them go into a `Map`, whose
 * hash has one.
 */
export class KeyTable {
  #cells: Int32Array;
  /** The key of each cell. */
  #keys: MapKey[];
  #mask: number;
  /** Entries in cells. */
  #size: number;
  #crowd: Map<MapKey, number> | null;

  constructor() {
    this.#cells = new Int32Array(SMALLEST * STRIDE);
    this.#keys = [];
    this.#mask = SMALLEST - 1;
    this.#size = 0;
    this.#crowd = null;
  }

  /** The place of a key, or -1. */
  get(key: MapKey, hash: number): number {
    const at = this.#find(key, hash);
    if (at >= 0) return this.#cells[at * STRIDE + 1]! - 1;
    return this.#crowd === null ? -1 : (this.#crowd.get(key) ?? -1);
  }

  /** Adds the place of a key that has none. */
  add(key: MapKey, hash: number, place: number): void {
    // Above two thirds the ways to a free place become long.
    if ((this.#size + 1) * 3 > (this.#mask + 1) * 2) this.#resize((this.#mask + 1) * 2);
    this.#put(key, hash, place + 1);
  }

  /** Removes a key, if it is there. */
  delete(key: MapKey, hash: number): void {
    let hole = this.#find(key, hash);
    if (hole < 0) {
      if (this.#crowd?.delete(key) === true && this.#crowd.size === 0) this.#crowd = null;
      return;
    }
    const cells = this.#cells;
    const keys = this.#keys;
    const mask = this.#mask;
    // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
    for (let at = (hole + 1) & mask; cells[at * STRIDE + 1] !== 0; at = (at + 1) & mask) {
      const home = cells[at * STRIDE]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      cells[hole * STRIDE] = cells[at * STRIDE]!;
      cells[hole * STRIDE + 1] = cells[at * STRIDE + 1]!;
      keys[hole] = keys[at]!;
      hole = at;
    }
    cells[hole * STRIDE + 1] = 0;
    // Nothing of the key stays.
    keys[hole] = 0;
    if (--this.#size * SPARSE <= mask && mask >= SMALLEST) this.#resize((mask + 1) / 2);
  }

  /** The cell of a key, or -1. */
  #find(key: MapKey, hash: number): number {
    const cells = this.#cells;
    const mask = this.#mask;
    for (let at = hash & mask, left = LONGEST_WAY; left > 0 && cells[at * STRIDE + 1] !== 0; at = (at + 1) & mask, left--) {
      if (cells[at * STRIDE] === hash && this.#keys[at] === key) return at;
    }
    return -1;
  }

  #put(key: MapKey, hash: number, stored: number): void {
    const cells = this.#cells;
    const mask = this.#mask;
    let at = hash & mask;
    for (let left = LONGEST_WAY; cells[at * STRIDE + 1] !== 0; at = (at + 1) & mask) {
      if (--left > 0) continue;
      (this.#crowd ??= new Map()).set(key, stored - 1);
      return;
    }
    cells[at * STRIDE] = hash;
    cells[at * STRIDE + 1] = stored;
    if (this.#keys.length <= at) this.#keys.length = mask + 1;
    this.#keys[at] = key;
    this.#size++;
  }

  #resize(capacity: number): void {
    assert(capacity <= LARGEST, 'an index holds fewer keys than memory does');
    const before = this.#cells;
    const keys = this.#keys;
    this.#cells = new Int32Array(capacity * STRIDE);
    this.#keys = [];
    this.#mask = capacity - 1;
    this.#size = 0;
    for (let at = 0; at < keys.length; at++) {
      if (before[at * STRIDE + 1] !== 0) this.#put(keys[at]!, before[at * STRIDE]!, before[at * STRIDE + 1]!);
    }
  }
}
