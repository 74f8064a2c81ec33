import { IntIndex } from './int-index.js';

/** The range may have so many places for each of its keys: as many bytes as a hash table takes at its worst. */
const PLACES_PER_KEY = 4;
/** A range is made longer by half at least, so that keys which follow one another do not move it each time. */
const ROOM = 1.5;
/** Places that a range may have with however few keys. */
const SMALLEST_RANGE = 64;
/** A range with so few keys, one for so many places, is made shorter, if it has more places than that. */
const SPARSE = 32;
const SHORTENED_FROM = 1 << 12;
/** No range is longer: copying it takes some milliseconds. */
const LONGEST_RANGE = 1 << 22;
/** So many keys outside of the range are still moved into it when it grows; more of them stay where they are. */
const MOVED_LIMIT = 1 << 16;

/**
 * Slots by 32-bit whole numbers. Numbers that are given out one after the other, as most ids are, are found in an array by the number itself:
 * one load, from four bytes that lie beside those of its neighbours, where a hash table spreads keys that are used together over as many lines
 * of the cache. Keys outside of that range, and all keys that lie too far apart, are in a hash table.
 */
export class DenseIndex {
  /** The first key of the range, and the last one; none when the last is before the first. */
  #first: number;
  #last: number;
  /** Slot + 1 by key from `#first` on; 0 where there is none. */
  #slots: Int32Array;
  /** Keys in the range. */
  #count: number;
  /** All other keys. */
  #others: IntIndex | null;
  #otherCount: number;
  /** When there are so many keys outside, it is looked at once more whether they would make a range. */
  #nextLook: number;
  /** For so many keys more that do not fit it is not looked at whether the range has become empty at an end. */
  #unlooked: number;
  readonly #expected: number;

  /** With room for so many keys as `expected` says. */
  constructor(expected: number = 0) {
    this.#first = 0;
    this.#last = -1;
    this.#slots = NOTHING;
    this.#count = 0;
    this.#others = null;
    this.#otherCount = 0;
    this.#nextLook = 8;
    this.#unlooked = 0;
    this.#expected = expected;
  }

  /** The slot of a key, or -1. */
  get(key: number): number {
    if (key >= this.#first && key <= this.#last) return this.#slots[key - this.#first]! - 1;
    return this.#others === null ? -1 : this.#others.get(key);
  }

  /** Adds the slot of a key that has none. */
  add(key: number, slot: number): void {
    if ((key < this.#first || key > this.#last) && !this.#reach(key)) {
      (this.#others ??= new IntIndex(false, this.#expected)).add(key, slot);
      if (++this.#otherCount === this.#nextLook) this.#look();
      return;
    }
    this.#slots[key - this.#first] = slot + 1;
    this.#count++;
  }

  /** Removes a key, if it is there. */
  delete(key: number): void {
    if (key >= this.#first && key <= this.#last) {
      if (this.#slots[key - this.#first] === 0) return;
      this.#slots[key - this.#first] = 0;
      if (--this.#count * SPARSE < this.#slots.length && this.#slots.length > SHORTENED_FROM) this.#shrink();
      return;
    }
    if (this.#others === null || this.#others.get(key) < 0) return;
    this.#others.delete(key);
    this.#otherCount--;
  }

  /** Removes all keys. The range stays: the next ones are often the same. */
  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
    this.#others = null;
    this.#otherCount = 0;
    this.#nextLook = 8;
    this.#unlooked = 0;
  }

  /** How many places the range has. */
  get places(): number {
    return this.#slots.length;
  }

  /** Few keys are left in the range: keeps the part where they are, or, when they lie too far apart, none of it. */
  #shrink(): void {
    const slots = this.#slots;
    let from = 0;
    let to = slots.length;
    while (from < to && slots[from] === 0) from++;
    while (to > from && slots[to - 1] === 0) to--;
    const length = Math.max(SMALLEST_RANGE, Math.floor((to - from) * ROOM));
    if (this.#count > 0 && length <= Math.max(SMALLEST_RANGE, PLACES_PER_KEY * this.#count)) {
      this.#first += from;
      // Not beyond what the range was: other keys lie there.
      this.#slots = new Int32Array(Math.min(length, slots.length - from));
      this.#slots.set(slots.subarray(from, to));
      this.#last = this.#first + this.#slots.length - 1;
      return;
    }
    const first = this.#first;
    this.#slots = NOTHING;
    this.#first = 0;
    this.#last = -1;
    this.#otherCount += this.#count;
    this.#count = 0;
    this.#nextLook = Math.max(8, 2 * this.#otherCount);
    for (let at = from; at < to; at++) if (slots[at] !== 0) (this.#others ??= new IntIndex()).add(first + at, slots[at]! - 1);
  }

  /** Makes the range long enough for a key, if its keys would not lie too far apart; false when they would. */
  #reach(key: number): boolean {
    if (this.#count === 0 && this.#otherCount > 0) return false;
    // Keys outside that would lie in it have to be moved, and must not be many.
    if (this.#otherCount * 8 > this.#count) return false;
    const slots = this.#slots;
    let from = 0;
    let to = slots.length;
    if (!this.#fits(key, from, to)) {
      // The range may have become empty at an end. After a look in vain there is none for as many keys as make up for it.
      if (this.#unlooked-- > 0) return false;
      this.#unlooked = slots.length >> 3;
      while (from < to && slots[from] === 0) from++;
      while (to > from && slots[to - 1] === 0) to--;
      if (!this.#fits(key, from, to)) return false;
    }
    this.#move(key, from, to);
    return true;
  }

  /** Whether a range with the key and what lies from `from` to `to` in the present one would be dense enough. */
  #fits(key: number, from: number, to: number): boolean {
    const first = from === to ? key : Math.min(key, this.#first + from);
    const last = from === to ? key : Math.max(key, this.#first + to - 1);
    return (last - first + 1) * ROOM <= Math.min(LONGEST_RANGE, Math.max(SMALLEST_RANGE, PLACES_PER_KEY * Math.max(this.#count + 1, this.#expected)));
  }

  /** Moves the range, of which it keeps what lies from `from` to `to`, so that it holds the key and has room beside it. */
  #move(key: number, from: number, to: number): void {
    const isEmpty = from === to;
    const first = isEmpty ? key : Math.min(key, this.#first + from);
    const last = isEmpty ? key : Math.max(key, this.#first + to - 1);
    const length = Math.max(SMALLEST_RANGE, Math.floor((last - first + 1) * ROOM));
    // The room is where the range grows to.
    const begin = !isEmpty && key < this.#first ? Math.max(SMALLEST_KEY, last - length + 1) : first;
    const kept = this.#slots.subarray(from, to);
    const slots = new Int32Array(Math.min(length, LARGEST_KEY - begin + 1));
    if (!isEmpty) slots.set(kept, this.#first + from - begin);
    this.#slots = slots;
    this.#first = begin;
    this.#last = begin + slots.length - 1;
    this.#unlooked = 0;
    if (this.#otherCount > 0) this.#adopt();
  }

  /** Takes in those of the other keys that lie in the range. */
  #adopt(): void {
    const others = this.#others!;
    this.#others = null;
    this.#otherCount = 0;
    others.forEach((key, slot) => {
      if (key >= this.#first && key <= this.#last) {
        this.#slots[key - this.#first] = slot + 1;
        this.#count++;
      } else {
        (this.#others ??= new IntIndex()).add(key, slot);
        this.#otherCount++;
      }
    });
  }

  /** Makes a range of all keys if they lie near enough to one another. */
  #look(): void {
    this.#nextLook = this.#otherCount >= MOVED_LIMIT ? Number.POSITIVE_INFINITY : this.#otherCount * 2;
    let first = this.#count > 0 ? this.#first : LARGEST_KEY;
    let last = this.#count > 0 ? this.#last : SMALLEST_KEY;
    this.#others!.forEach((key) => {
      if (key < first) first = key;
      if (key > last) last = key;
    });
    const keys = this.#count + this.#otherCount;
    if ((last - first + 1) * ROOM > Math.min(LONGEST_RANGE, PLACES_PER_KEY * keys)) return;
    const slots = new Int32Array(Math.min(Math.floor((last - first + 1) * ROOM), LARGEST_KEY - first + 1));
    if (this.#count > 0) slots.set(this.#slots, this.#first - first);
    this.#slots = slots;
    this.#first = first;
    this.#last = first + slots.length - 1;
    this.#adopt();
  }
}

const NOTHING = new Int32Array(0);
const SMALLEST_KEY = -0x80000000;
const LARGEST_KEY = 0x7fffffff;
