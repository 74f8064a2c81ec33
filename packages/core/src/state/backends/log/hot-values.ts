import type { MapKey } from '../../../record/map-key.js';

const PLACES = 1024;

/** A small cache of decoded values by key, one per hash place: spares hot keys the reading and decoding. */
export class HotValues {
  #keys: (MapKey | undefined)[];
  #slots: Int32Array;
  #values: unknown[];

  constructor() {
    this.#keys = [];
    this.#slots = new Int32Array(0);
    this.#values = [];
  }

  /** The row of a key, or -1 when it is not here. */
  slotOf(hash: number, key: MapKey): number {
    const at = hash & (PLACES - 1);
    return this.#keys[at] === key ? this.#slots[at]! : -1;
  }

  /** The value in the place of a hash; only after `slotOf` has found its key. */
  valueAt(hash: number): unknown {
    return this.#values[hash & (PLACES - 1)];
  }

  /** Remembers a value. */
  set(hash: number, key: MapKey, slot: number, value: unknown): void {
    if (this.#slots.length === 0) this.#makeRoom();
    const at = hash & (PLACES - 1);
    this.#keys[at] = key;
    this.#slots[at] = slot;
    this.#values[at] = value;
  }

  /** Forgets the value of a row. */
  forget(hash: number, slot: number): void {
    const at = hash & (PLACES - 1);
    if (this.#slots[at] !== slot) return;
    this.#keys[at] = undefined;
    this.#slots[at] = -1;
    this.#values[at] = undefined;
  }

  #makeRoom(): void {
    this.#keys = new Array<MapKey | undefined>(PLACES).fill(undefined);
    this.#slots = new Int32Array(PLACES).fill(-1);
    this.#values = new Array<unknown>(PLACES).fill(undefined);
  }
}
