import { assert } from '../../../base/assert.js';
import type { MapKey } from '../../../record/map-key.js';

/** A capacity is 11 or 15 times a power of two: two for each doubling. More of them make keys dearer to add than they save. */
const FEWER_STEPS = 11;
const MORE_STEPS = 15;
/** The power of two of the smallest table. */
const SMALLEST = 0;
/** That of the largest one, near the limit of a typed array that V8 indexes fast. */
const LARGEST = 23;
/** The bits of a hash that lead to a cell: the upper eight have chosen the table. */
const HASH_BITS = 24;
const HASH_MASK = (1 << HASH_BITS) - 1;
/** A table with one entry for so many cells is made smaller. */
const SPARSE = 8;
/** The hash of the key, then the place + 1. */
const STRIDE = 2;
/** No key is looked for in more cells. By chance hardly any of a million keys would be so far from where its hash leads. */
const LONGEST_WAY = 256;

/**
 * Places by keys and their hashes, by open addressing as in `IntIndex` and `WideIndex`. The hashes lie with the places in a typed array, so that a key is read only
 * when its hash is the one that is looked for, and a table grows without looking at keys. The key lies beside its cell, and so both are waited for together: read
 * from the row of the place it would be waited for behind it, which took half as long again among a million keys.
 *
 * A table grows by a third or by half, so that at least every other cell is in use until keys are removed, and at most three of four.
 *
 * The hash has no secret: whoever chooses the keys of a job can make any number with the same one. Those that find too many before them go into a `Map`, whose
 * hash has one.
 */
export class KeyTable {
  #cells: Int32Array;
  /** The key of each cell. */
  #keys: MapKey[];
  /** The capacity is `#steps << #power`. */
  #steps: number;
  #power: number;
  /** The bits of a hash that make no difference to where it leads but for the steps. */
  #shift: number;
  /** Entries in cells. */
  #size: number;
  #crowd: Map<MapKey, number> | null;

  constructor() {
    this.#steps = FEWER_STEPS;
    this.#power = SMALLEST;
    this.#shift = HASH_BITS - SMALLEST;
    this.#cells = new Int32Array(this.capacity * STRIDE);
    this.#keys = [];
    this.#size = 0;
    this.#crowd = null;
  }

  /** How many cells it has. */
  get capacity(): number {
    return this.#steps << this.#power;
  }

  /** The place of a key, or -1. */
  get(key: MapKey, hash: number): number {
    const at = this.#find(key, hash);
    if (at >= 0) return this.#cells[at * STRIDE + 1]! - 1;
    return this.#crowd === null ? -1 : (this.#crowd.get(key) ?? -1);
  }

  /** Adds the place of a key that has none. */
  add(key: MapKey, hash: number, place: number): void {
    // Above three quarters the ways to a free cell become long.
    if ((this.#size + 1) * 4 > this.capacity * 3) this.#grow();
    this.#put(key, hash, place + 1);
  }

  /** Makes room for so many more keys, unless there is. */
  reserve(more: number): void {
    const keys = this.#size + more;
    let steps = this.#steps;
    let power = this.#power;
    while (keys * 4 > (steps << power) * 3) {
      if (steps === FEWER_STEPS) steps = MORE_STEPS;
      else [steps, power] = [FEWER_STEPS, power + 1];
    }
    if (steps !== this.#steps || power !== this.#power) this.#resize(steps, power);
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
    const { capacity } = this;
    // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
    for (let at = next(hole, capacity); cells[at * STRIDE + 1] !== 0; at = next(at, capacity)) {
      const home = this.#home(cells[at * STRIDE]!);
      if (way(home, at, capacity) < way(hole, at, capacity)) continue;
      cells[hole * STRIDE] = cells[at * STRIDE]!;
      cells[hole * STRIDE + 1] = cells[at * STRIDE + 1]!;
      keys[hole] = keys[at]!;
      hole = at;
    }
    cells[hole * STRIDE + 1] = 0;
    // Nothing of the key stays.
    keys[hole] = 0;
    if (--this.#size * SPARSE <= capacity && this.#power > SMALLEST) this.#resize(this.#steps, this.#power - 1);
  }

  /** The cell of a key, or -1. */
  #find(key: MapKey, hash: number): number {
    const cells = this.#cells;
    let at = (Math.imul(hash & HASH_MASK, this.#steps) >>> this.#shift) * STRIDE;
    for (let left = LONGEST_WAY; left > 0 && cells[at + 1] !== 0; left--) {
      if (cells[at] === hash && this.#keys[at >> 1] === key) return at >> 1;
      at += STRIDE;
      if (at === cells.length) at = 0;
    }
    return -1;
  }

  /** Where the search for a hash begins: as far into the table as the hash is into all hashes, so that entries keep their order when it grows. */
  #home(hash: number): number {
    return Math.imul(hash & HASH_MASK, this.#steps) >>> this.#shift;
  }

  #put(key: MapKey, hash: number, stored: number): void {
    const cells = this.#cells;
    const { capacity } = this;
    let at = this.#home(hash);
    for (let left = LONGEST_WAY; cells[at * STRIDE + 1] !== 0; at = next(at, capacity)) {
      if (--left > 0) continue;
      (this.#crowd ??= new Map()).set(key, stored - 1);
      return;
    }
    cells[at * STRIDE] = hash;
    cells[at * STRIDE + 1] = stored;
    if (this.#keys.length <= at) this.#keys.length = capacity;
    this.#keys[at] = key;
    this.#size++;
  }

  #grow(): void {
    if (this.#steps === FEWER_STEPS) this.#resize(MORE_STEPS, this.#power);
    else this.#resize(FEWER_STEPS, this.#power + 1);
  }

  #resize(steps: number, power: number): void {
    assert(power <= LARGEST, 'an index holds fewer keys than memory does');
    const before = this.#cells;
    const keys = this.#keys;
    this.#steps = steps;
    this.#power = power;
    this.#shift = HASH_BITS - power;
    this.#cells = new Int32Array(this.capacity * STRIDE);
    this.#keys = [];
    this.#size = 0;
    for (let at = 0; at < keys.length; at++) {
      if (before[at * STRIDE + 1] !== 0) this.#put(keys[at]!, before[at * STRIDE]!, before[at * STRIDE + 1]!);
    }
  }
}

/** The cell behind one; behind the last comes the first. */
function next(at: number, capacity: number): number {
  return at + 1 === capacity ? 0 : at + 1;
}

/** How many cells one is behind another. */
function way(from: number, to: number, capacity: number): number {
  return to >= from ? to - from : to - from + capacity;
}
