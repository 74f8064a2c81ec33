import { KeyPlaces } from '../../state/backends/heap/key-places.js';
import type { RunningTotal } from './running-total.js';

/**
 * The running totals of a sliding window by key: each key of a slice is looked up once for each window. Found as state finds its keys; a `Map`
 * costs a call for each look-up, and its deletions are paid for again when it is laid anew.
 */
export class RunningTotals {
  readonly #places: KeyPlaces;
  readonly #bySlot: (RunningTotal | undefined)[];
  readonly #free: number[];

  constructor() {
    this.#places = new KeyPlaces();
    this.#bySlot = [];
    this.#free = [];
  }

  get size(): number {
    return this.#bySlot.length - this.#free.length;
  }

  /** The total of a key. Throws a coded error for what cannot be a key. */
  find(key: unknown): RunningTotal | undefined {
    const slot = this.#places.find(key);
    return slot < 0 ? undefined : this.#bySlot[slot];
  }

  /** Adds the total of a key that has none. */
  add(total: RunningTotal): void {
    const slot = this.#free.pop() ?? this.#bySlot.length;
    this.#bySlot[slot] = total;
    this.#places.add(total.key, slot);
  }

  /** Removes a total that is here. */
  remove(total: RunningTotal): void {
    const slot = this.#places.find(total.key);
    this.#places.delete(total.key);
    this.#bySlot[slot] = undefined;
    this.#free.push(slot);
  }
}
