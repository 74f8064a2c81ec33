import type { Namespace } from '../backend.js';
import { enlarged, type KeySlots } from '../backends/heap/key-slots.js';
import { NO_TIMER, type TimerRows } from './timer-rows.js';

/** A key with more timers gets an index of its own by time. */
const CHAIN_LIMIT = 8;

/** The timers of a key that has many: by time the first of a chain. */
type TimersByTime = Map<number, number>;

/**
 * Finds a timer by key, namespace and time: what makes the timers of a key group a set. The timers of a key are in the
 * slot that its states have, too, so that nothing is looked up for them.
 */
export class TimerIndex {
  readonly #keys: KeySlots;
  readonly #rows: TimerRows;
  /** A key's timers by slot: the first row of a chain + 1 while they are few, 0 for none, negative for a key that is in `#many`. */
  #first: Int32Array;
  /** By slot. */
  readonly #many: Map<number, TimersByTime>;

  constructor(keys: KeySlots, rows: TimerRows) {
    this.#keys = keys;
    this.#rows = rows;
    this.#first = new Int32Array(0);
    this.#many = new Map();
  }

  /** The timer of the key with a place, or NO_TIMER. */
  find(place: number, time: number, namespace: Namespace | null): number {
    const slot = place >> this.#keys.shift;
    if (slot >= this.#first.length) return NO_TIMER;
    const first = this.#first[slot]!;
    if (first === 0) return NO_TIMER;
    let row = first > 0 ? first - 1 : (this.#many.get(slot)!.get(time) ?? NO_TIMER);
    while (row !== NO_TIMER && !this.#rows.is(row, time, namespace)) row = this.#rows.next(row);
    return row;
  }

  /** Adds a timer of the key with a place that is not in it. */
  add(row: number, place: number): void {
    const slot = place >> this.#keys.shift;
    if (slot >= this.#first.length) this.#grow(slot + 1);
    const first = this.#first[slot]!;
    if (first === 0) {
      this.#first[slot] = row + 1;
      this.#keys.use(slot);
    } else if (first < 0) {
      this.#chain(this.#many.get(slot)!, row);
    } else if (!this.#isFull(first - 1)) {
      this.#rows.setNext(row, this.#rows.next(first - 1));
      this.#rows.setNext(first - 1, row);
    } else {
      const byTime: TimersByTime = new Map();
      for (const known of this.#chainOf(first - 1)) this.#chain(byTime, known);
      this.#chain(byTime, row);
      this.#many.set(slot, byTime);
      this.#first[slot] = -1;
    }
  }

  /** Removes a timer that is in it. The place of its key goes with the last of what was there; says whether it stays. */
  remove(row: number, place: number): boolean {
    const slot = place >> this.#keys.shift;
    const first = this.#first[slot]!;
    if (first === row + 1) {
      this.#first[slot] = this.#rows.next(row) + 1;
    } else if (first > 0) {
      this.#unlink(first - 1, row);
    } else {
      const byTime = this.#many.get(slot)!;
      this.#unchain(byTime, row);
      if (byTime.size > 0) return true;
      this.#many.delete(slot);
      this.#first[slot] = 0;
    }
    return this.#first[slot] !== 0 || this.#keys.release(slot);
  }

  /** All timers, for a walk that lasts while timers come and go: none that stays is missed. */
  *walk(): Generator<number> {
    for (let slot = 0; slot < this.#first.length; slot++) {
      const first = this.#first[slot]!;
      if (first === 0) continue;
      // A chain may be linked anew while the walk rests, so it is copied before anything of it is handed out.
      if (first > 0) yield* this.#chainOf(first - 1);
      else for (const head of this.#many.get(slot)!.values()) yield* this.#chainOf(head);
    }
  }

  #grow(least: number): void {
    const larger = new Int32Array(enlarged(this.#first.length, least));
    larger.set(this.#first);
    this.#first = larger;
  }

  #isFull(first: number): boolean {
    let length = 0;
    for (let row = first; row !== NO_TIMER; row = this.#rows.next(row)) if (++length === CHAIN_LIMIT) return true;
    return false;
  }

  #chainOf(first: number): number[] {
    const chain: number[] = [];
    for (let row = first; row !== NO_TIMER; row = this.#rows.next(row)) chain.push(row);
    return chain;
  }

  #chain(byTime: TimersByTime, row: number): void {
    const time = this.#rows.timeOf(row);
    this.#rows.setNext(row, byTime.get(time) ?? NO_TIMER);
    byTime.set(time, row);
  }

  #unchain(byTime: TimersByTime, row: number): void {
    const time = this.#rows.timeOf(row);
    const first = byTime.get(time)!;
    const next = this.#rows.next(row);
    if (first !== row) this.#unlink(first, row);
    else if (next === NO_TIMER) byTime.delete(time);
    else byTime.set(time, next);
  }

  /** Takes a timer out of the chain behind its first. */
  #unlink(first: number, row: number): void {
    let before = first;
    while (this.#rows.next(before) !== row) before = this.#rows.next(before);
    this.#rows.setNext(before, this.#rows.next(row));
  }
}
