/** The sizes of one state's sections by key group. */
interface StateSizes {
  readonly bases: number[];
  readonly deltas: number[];
}

/**
 * How many bytes each section had when it was written last, bases and deltas apart: the next one begins with a buffer of
 * that size, and does not have to grow by doubling in every key group.
 */
export class SectionSizes {
  readonly #states: Map<number, StateSizes>;

  constructor() {
    this.#states = new Map();
  }

  /** Bytes to make room for, with an eighth for what has come since; 0 when nothing is known. */
  expected(state: number, index: number, isBase: boolean): number {
    const sizes = this.#states.get(state);
    if (sizes === undefined) return 0;
    const bytes = (isBase ? sizes.bases : sizes.deltas)[index] ?? 0;
    return bytes + (bytes >> 3);
  }

  /** A section is written. */
  note(state: number, index: number, isBase: boolean, bytes: number): void {
    let sizes = this.#states.get(state);
    if (sizes === undefined) {
      sizes = { bases: [], deltas: [] };
      this.#states.set(state, sizes);
    }
    const list = isBase ? sizes.bases : sizes.deltas;
    while (list.length <= index) list.push(0);
    list[index] = bytes;
  }
}
