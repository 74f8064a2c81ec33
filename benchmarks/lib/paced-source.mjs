import { engine } from './engine.mjs';
import { monotonicMs } from './monotonic.mjs';

const { t } = engine;

/**
 * A source whose event n is due n / rate seconds after a moment of the monotonic clock, and goes out at the first look after that, in
 * whatever pace it is taken: what is late stays due at its time. Event n has the time `firstTime + floor(due)` in milliseconds. Dealt out in strides, so that all
 * subtasks are at the same time.
 *
 * @param {{ count: number, perMs: number, startsAt: number, firstTime: number, make: (n: number) => object, type?: object, lookMs?: number }} options
 *   `startsAt` is on the clock of `monotonicMs`; `lookMs` is how often it looks for what is due while nothing is
 */
export function pacedSource(options) {
  return {
    kind: 'paced',
    bounded: true,
    replayable: true,
    type: options.type ?? t.dynamic,
    createEnumerator: (context, restored) => new Strides(context, restored),
    createReader: () => new PacedReader(options),
  };
}

/** Gives each reader every n-th event. */
class Strides {
  #context;

  constructor(context) {
    this.#context = context;
  }

  start() {
    const { parallelism } = this.#context;
    for (let subtask = 0; subtask < parallelism; subtask++) {
      this.#context.assign(subtask, [{ id: `stride-${subtask}`, position: subtask, step: parallelism }]);
      this.#context.noMoreSplits(subtask);
    }
  }

  splitRequested() {}
  splitsReturned() {}
  snapshot() {}
  close() {}
}

class PacedReader {
  #options;
  #split;
  #active = [];
  #waitMs = 1;

  constructor(options) {
    this.#options = options;
  }

  start() {}

  addSplits([split]) {
    this.#split = { ...split };
    this.#active = [split.id];
  }

  noMoreSplits() {}

  poll(batch) {
    const split = this.#split;
    if (split === undefined) return 'nothing';
    const { count, perMs, startsAt, firstTime, make, lookMs = 1 } = this.#options;
    const { values, timestamps, offsets } = batch;
    const due = Math.min(count, Math.floor((monotonicMs() - startsAt) * perMs) + 1);
    let at = 0;
    for (; at < batch.capacity && split.position < due; at++, split.position += split.step) {
      values[at] = make(split.position);
      timestamps[at] = firstTime + Math.floor(split.position / perMs);
      offsets[at] = split.position;
    }
    batch.length = at;
    batch.split = split.id;
    if (split.position >= count) {
      this.#active = [];
      return at > 0 ? 'more' : 'end';
    }
    this.#waitMs = lookMs;
    return at > 0 ? 'more' : 'nothing';
  }

  available() {
    return new Promise((resolve) => setTimeout(resolve, this.#waitMs));
  }

  snapshot() {
    return this.#split === undefined ? [] : [{ ...this.#split }];
  }

  activeSplits() {
    return this.#active;
  }

  close() {}
}
