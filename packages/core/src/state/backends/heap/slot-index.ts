import type { MapKey } from '../../../record/map-key.js';
import { IntIndex } from './int-index.js';
import { KeyIndex } from './key-index.js';

/** The slots of a table by key: whole numbers in typed arrays, all other keys in Maps. */
export class SlotIndex {
  readonly #ints: IntIndex;
  readonly #others: KeyIndex<number>;

  constructor() {
    this.#ints = new IntIndex();
    this.#others = new KeyIndex();
  }

  /** The slot of a key, or -1. */
  get(key: MapKey): number {
    if (typeof key === 'number' && (key | 0) === key) return this.#ints.get(key);
    const slot = this.#others.get(key);
    return slot === undefined ? -1 : slot;
  }

  /** Adds the slot of a key that has none. */
  add(key: MapKey, slot: number): void {
    if (typeof key === 'number' && (key | 0) === key) this.#ints.add(key | 0, slot);
    else this.#others.add(key, slot);
  }

  /** Removes the slot of a key. */
  delete(key: MapKey): void {
    if (typeof key === 'number' && (key | 0) === key) this.#ints.delete(key | 0);
    else this.#others.delete(key);
  }
}
