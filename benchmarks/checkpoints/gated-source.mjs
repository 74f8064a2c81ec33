import { arraySource } from '../lib/array-source.mjs';

/**
 * A source that gives as many records as it was allowed to, and then waits for more: what is measured can be cut into
 * slices. It lives in the thread of the benchmark.
 */
export class GatedSource {
  #make;
  #allowed = 0;
  #position = 0;
  #wake = () => {};
  #drained = () => {};

  /** @param {(index: number) => object} make */
  constructor(make) {
    this.#make = make;
  }

  /** Lets so many more records out. Resolves when all of them have been worked off. */
  give(records) {
    this.#allowed += records;
    this.#wake();
    return new Promise((resolve) => (this.#drained = resolve));
  }

  /** The source as a job takes it. */
  get source() {
    return { ...arraySource([]), kind: 'gated', bounded: false, createReader: () => this.#reader() };
  }

  #reader() {
    let active = [];
    return {
      start() {},
      addSplits: ([split]) => (active = [split.id]),
      noMoreSplits() {},
      poll: (batch) => this.#poll(batch),
      available: () => new Promise((resolve) => (this.#wake = resolve)),
      snapshot: () => active.map((id) => ({ id, position: this.#position })),
      activeSplits: () => active,
      close() {},
    };
  }

  #poll(batch) {
    const size = Math.min(batch.capacity, this.#allowed);
    if (size === 0) {
      this.#drained();
      return 'nothing';
    }
    for (let i = 0; i < size; i++) {
      batch.values[i] = this.#make(this.#position);
      batch.timestamps[i] = Number.NaN;
      batch.offsets[i] = this.#position++;
    }
    this.#allowed -= size;
    batch.length = size;
    batch.split = 'all';
    return 'more';
  }
}
