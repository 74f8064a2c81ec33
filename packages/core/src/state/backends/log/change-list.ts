import type { Epochs } from '../heap/epochs.js';

const SMALLEST = 16;

/** The rows touched during one version. */
export class Changes {
  readonly version: number;
  count: number;
  slots: Int32Array;

  constructor(version: number) {
    this.version = version;
    this.count = 0;
    this.slots = new Int32Array(SMALLEST);
  }

  add(slot: number): void {
    if (this.count === this.slots.length) {
      const grown = new Int32Array(this.count * 2);
      grown.set(this.slots);
      this.slots = grown;
    }
    this.slots[this.count++] = slot;
  }
}

/**
 * Which rows were touched, by version: what a delta looks at. Lists that no delta can need any more are handed over to
 * be searched for tombstones, whose time is over with them.
 */
export class ChangeList {
  readonly #epochs: Epochs;
  #lists: Changes[];
  #old: Changes[];

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
    this.#lists = [];
    this.#old = [];
  }

  /** A row is touched for the first time in the current version. */
  add(slot: number): void {
    const { version } = this.#epochs;
    let last = this.#lists.at(-1);
    if (last === undefined || last.version !== version) {
      this.retire();
      last = new Changes(version);
      this.#lists.push(last);
    }
    last.add(slot);
  }

  /** The lists from `since` on and before `before`. */
  between(since: number, before: number): readonly Changes[] {
    return this.#lists.filter((list) => list.version >= since && list.version < before);
  }

  /** Sets aside what no delta can need any more. */
  retire(): void {
    const { floor } = this.#epochs;
    while (this.#lists.length > 0 && this.#lists[0]!.version < floor) this.#old.push(this.#lists.shift()!);
  }

  /** A row of a list that was set aside, each once; -1 when there is none. */
  nextOld(): number {
    for (;;) {
      const list = this.#old[0];
      if (list === undefined) return -1;
      if (list.count > 0) return list.slots[--list.count]!;
      this.#old.shift();
    }
  }
}
