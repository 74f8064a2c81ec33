/** A longer array would be cleared in one go when it is made, which takes 20 ms for ten million numbers. */
const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;

/** A fixed number of 32-bit integers, all 0 at first, in pages that are made when they are first written. */
export class IntPages {
  readonly length: number;
  readonly #pages: (Int32Array | null)[];

  constructor(length: number) {
    this.length = length;
    this.#pages = new Array<Int32Array | null>((length + MASK) >>> PAGE_BITS).fill(null);
  }

  /** The integer at a place that has been written. */
  at(index: number): number {
    return this.#pages[index >>> PAGE_BITS]![index & MASK]!;
  }

  set(index: number, value: number): void {
    const page = this.#pages[index >>> PAGE_BITS] ?? this.#make(index >>> PAGE_BITS);
    page[index & MASK] = value;
  }

  #make(page: number): Int32Array {
    const made = new Int32Array(Math.min(PAGE, this.length - page * PAGE));
    this.#pages[page] = made;
    return made;
  }
}
