/**
 * A bounded source over records that lie in memory: the least that the source contract asks for. The parts use it so
 * that what they compare is the pipeline and not the making of records.
 *
 * @template T
 * @param {readonly T[]} records
 */
export function arraySource(records) {
  return {
    kind: 'array',
    bounded: true,
    replayable: true,
    type: Object.freeze({ kind: 'dynamic' }),
    createEnumerator: (context) => new OneSplit(context),
    createReader: () => new ArrayReader(records),
  };
}

/** Gives everything to the first reader. */
class OneSplit {
  #context;

  constructor(context) {
    this.#context = context;
  }

  start() {
    this.#context.assign(0, [{ id: 'all', position: 0 }]);
    for (let subtask = 0; subtask < this.#context.parallelism; subtask++) this.#context.noMoreSplits(subtask);
  }

  splitRequested() {}
  splitsReturned() {}
  snapshot() {}
  close() {}
}

class ArrayReader {
  split = 'all';
  length = 0;
  first = 0;
  step = 1;
  #records;
  #position;
  #active;
  #noMore;

  constructor(records) {
    this.#records = records;
    this.#position = 0;
    this.#active = [];
    this.#noMore = false;
  }

  start() {}

  addSplits([split]) {
    this.#position = split.position;
    this.#active = [split.id];
  }

  noMoreSplits() {
    this.#noMore = true;
  }

  /** As built-in sources do it: each record is handed over by itself where the engine can take it so. */
  get cursor() {
    return this;
  }

  begin(capacity) {
    this.length = 0;
    if (this.#active.length === 0) return this.#noMore ? 'end' : 'nothing';
    this.length = Math.min(capacity, this.#records.length - this.#position);
    this.first = this.#position;
    this.#position += this.length;
    if (this.#position === this.#records.length) this.#active = [];
    return 'more';
  }

  record(offset) {
    return this.#records[offset];
  }

  timestamp() {
    return Number.NaN;
  }

  poll(batch) {
    if (this.#active.length === 0) return this.#noMore ? 'end' : 'nothing';
    const records = this.#records;
    const { values, timestamps, offsets } = batch;
    const count = Math.min(batch.capacity, records.length - this.#position);
    for (let i = 0; i < count; i++) {
      values[i] = records[this.#position + i];
      timestamps[i] = Number.NaN;
      offsets[i] = this.#position + i;
    }
    batch.length = count;
    batch.split = 'all';
    this.#position += count;
    if (this.#position === records.length) this.#active = [];
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
