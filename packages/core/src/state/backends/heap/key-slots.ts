import { assert } from '../../../base/assert.js';
import { isIntPair } from '../../../record/map-key.js';
import type { KeyGroupRange } from '../../backend.js';
import { KeyPlaces } from './key-places.js';

/** A key that no user can have: it marks a free slot. */
const FREE: unknown = undefined;
/** Stands for a pair of whole numbers, whose two words lie in an array of their own: a key less for the collector to move. */
const PAIR: unknown = Symbol('pair');
/** What `keyToWrite` gives for pairs. */
const writtenPair: [number, number] = [0, 0];

/**
 * The keys of one table, or of all tables and timers of a key group, in numbered slots. Tables that share them have the
 * values of a key in the same slot, so that a key is looked up once for all states of an operator.
 */
export class KeySlots {
  /** The index, which all key groups of a directory have in common. */
  readonly places: KeyPlaces;
  /** How a place of the index is made of a slot: `slot << shift | low`. */
  readonly shift: number;
  readonly #low: number;
  readonly #keys: unknown[];
  /** Both words of each pair of whole numbers, by slot; null while there is none. */
  #pairs: Int32Array | null;
  /** How many tables have an entry in each slot; null when there is only one table. */
  #uses: Uint16Array | null;
  #limit: number;
  readonly #free: number[];

  /** With room for so many keys as `expected` says. */
  constructor(places: KeyPlaces = new KeyPlaces(), shift: number = 0, low: number = 0, expected: number = 0) {
    this.places = places;
    this.shift = shift;
    this.#low = low;
    this.#keys = [];
    if (expected > 0) this.#keys.length = enlarged(0, expected);
    this.#pairs = null;
    this.#uses = shift === 0 ? null : new Uint16Array(0);
    this.#limit = 0;
    this.#free = [];
  }

  /** The slot of a key of this key group, or -1. */
  find(key: unknown): number {
    return this.places.find(key) >> this.shift;
  }

  /** Takes a slot for a key that has none; nobody uses it yet. The key is the one that state keeps; of a pair of whole numbers it keeps the numbers. */
  take(key: unknown): number {
    const slot = this.#freeSlot();
    const place = (slot << this.shift) | this.#low;
    if (typeof key === 'object' && isIntPair(key)) {
      const pairs = (this.#pairs ??= new Int32Array(this.#keys.length * 2));
      pairs[slot * 2] = key[0];
      pairs[slot * 2 + 1] = key[1];
      this.#keys[slot] = PAIR;
      this.places.addPair(key[0] | 0, key[1] | 0, place);
    } else {
      this.#keys[slot] = key;
      this.places.add(key, place);
    }
    return slot;
  }

  /** As `take`, for a flat text with this hash that has none; it is found only once `KeyDirectory.addNoted` was called. */
  takeNoted(key: string, hash: number): number {
    const slot = this.#freeSlot();
    this.#keys[slot] = key;
    this.places.note(key, hash, (slot << this.shift) | this.#low);
    return slot;
  }

  /** Makes room for so many keys. Says whether there never was one. */
  reserve(keys: number): boolean {
    if (keys > this.#keys.length) this.#grow(keys);
    return this.#limit === 0;
  }

  #freeSlot(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const slot = this.#limit++;
    if (slot === this.#keys.length) this.#grow(this.#limit);
    return slot;
  }

  /** The place of a key of this key group, which is taken when it has none. */
  placeFor(key: unknown): number {
    const known = this.places.find(key);
    return known >= 0 ? known : (this.take(key) << this.shift) | this.#low;
  }

  /** Whether a place is one of this key group. */
  isPlace(place: number): boolean {
    return (place & ((1 << this.shift) - 1)) === this.#low;
  }

  /** The key in a slot, frozen; undefined in a free one. */
  keyAt(slot: number): unknown {
    const key = this.#keys[slot];
    return key === PAIR ? Object.freeze([this.#pairs![slot * 2]!, this.#pairs![slot * 2 + 1]!]) : key;
  }

  /** As `keyAt`, for who writes it at once and keeps nothing: of pairs it is the same array each time. */
  keyToWrite(slot: number): unknown {
    const key = this.#keys[slot];
    if (key !== PAIR) return key;
    writtenPair[0] = this.#pairs![slot * 2]!;
    writtenPair[1] = this.#pairs![slot * 2 + 1]!;
    return writtenPair;
  }

  /** Reads something of the keys in some slots. What it returns says nothing, but that it was done. */
  readAhead(slots: readonly number[]): number {
    const keys = this.#keys;
    let seen = 0;
    for (let at = 0; at < slots.length; at++) {
      const key = keys[slots[at]!];
      if (typeof key === 'string') seen += key.length;
    }
    return seen;
  }

  /** A table has an entry in the slot. */
  use(slot: number): void {
    if (this.#uses !== null) this.#uses[slot]!++;
  }

  /** A table has none any more; with the last one the key goes. Says whether it stays. */
  release(slot: number): boolean {
    if (this.#uses !== null && --this.#uses[slot]! > 0) return true;
    if (this.#keys[slot] === PAIR) this.places.deletePair(this.#pairs![slot * 2]!, this.#pairs![slot * 2 + 1]!);
    else this.places.delete(this.#keys[slot]);
    this.#keys[slot] = FREE;
    this.#free.push(slot);
    return false;
  }

  /** Forgets all keys, and keeps its memory. Only of a table that has its keys to itself. */
  clear(): void {
    // An array of whole numbers stays one.
    this.#keys.fill(0);
    this.#limit = 0;
    this.#free.length = 0;
    this.places.clear();
  }

  #grow(least: number): void {
    const larger = enlarged(this.#keys.length, least);
    assert(larger <= 0x7fffffff >>> this.shift, 'a key group holds fewer keys than memory does');
    // Left to itself the array would take half as much again.
    this.#keys.length = larger;
    if (this.#pairs !== null) {
      const pairs = new Int32Array(larger * 2);
      pairs.set(this.#pairs);
      this.#pairs = pairs;
    }
    if (this.#uses === null) return;
    const uses = new Uint16Array(larger);
    uses.set(this.#uses);
    this.#uses = uses;
  }
}

/** The next length of the arrays of a table, which is to hold `least` slots. */
export function enlarged(length: number, least: number): number {
  let larger = Math.max(length, 8);
  while (larger < least) larger = larger < 1 << 16 ? larger * 2 : larger + (larger >> 1);
  return larger;
}

/** All keys that have keyed state in a backend: where each is found, whatever states it has. */
export class KeyDirectory {
  readonly places: KeyPlaces;
  /** Which bits of a place tell the key group, as its number from the first on. */
  readonly groupMask: number;
  readonly #first: number;
  readonly #shift: number;
  readonly #byGroup: (KeySlots | undefined)[];

  constructor(range: KeyGroupRange) {
    this.places = new KeyPlaces();
    this.#first = range.first;
    this.#shift = 32 - Math.clz32(Math.max(1, range.last - range.first));
    this.groupMask = (1 << this.#shift) - 1;
    this.#byGroup = [];
  }

  /** Forgets all keys. */
  clear(): void {
    this.#byGroup.length = 0;
    this.places.drop();
  }

  /** The slot that a place means. */
  slotOf(place: number): number {
    return place >> this.#shift;
  }

  /** The key group that a place means. */
  keyGroupOf(place: number): number {
    return this.#first + (place & this.groupMask);
  }

  /** The key at a place; undefined when there is none. */
  keyAt(place: number): unknown {
    return this.group(this.keyGroupOf(place)).keyAt(place >> this.#shift);
  }

  /** Lets keys be found that were taken by `takeNoted`. */
  addNoted(): void {
    this.places.addNoted((place) => this.keyAt(place) as string);
  }

  /** Takes a place for a key that has none. */
  take(key: unknown, keyGroup: number): number {
    return (this.group(keyGroup).take(key) << this.#shift) | (keyGroup - this.#first);
  }

  /** The keys of a key group. */
  group(keyGroup: number): KeySlots {
    const index = keyGroup - this.#first;
    let group = this.#byGroup[index];
    if (group === undefined) {
      while (this.#byGroup.length <= index) this.#byGroup.push(undefined);
      group = new KeySlots(this.places, this.#shift, index);
      this.#byGroup[index] = group;
    }
    return group;
  }
}
