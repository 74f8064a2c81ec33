import { arraySource } from './array-source.mjs';

/**
 * A bounded source that makes its records when they are asked for, so that only what the engine keeps is in memory. When
 * all are out, and every one of them is worked off, `atEnd` is called once, before the end of the input is told.
 */
export function generatingSource(count, make, atEnd = () => {}) {
  return { ...arraySource([]), kind: 'generating', createReader: () => new GeneratingReader(count, make, atEnd) };
}

class GeneratingReader {
  #count;
  #make;
  #atEnd;
  #position;
  #active;

  constructor(count, make, atEnd) {
    this.#count = count;
    this.#make = make;
    this.#atEnd = atEnd;
    this.#position = 0;
    this.#active = [];
  }

  start() {}

  addSplits([split]) {
    this.#active = [split.id];
  }

  noMoreSplits() {}

  poll(batch) {
    if (this.#position === this.#count) {
      this.#atEnd();
      this.#active = [];
      return 'end';
    }
    const size = Math.min(batch.capacity, this.#count - this.#position);
    for (let i = 0; i < size; i++) {
      batch.values[i] = this.#make(this.#position);
      batch.timestamps[i] = Number.NaN;
      batch.offsets[i] = this.#position++;
    }
    batch.length = size;
    batch.split = 'all';
    return 'more';
  }

  available() {
    return Promise.resolve();
  }

  snapshot() {
    return this.#active.map((id) => ({ id, position: this.#position }));
  }

  activeSplits() {
    return this.#active;
  }

  close() {}
}
