/** Rows in the order of registration lie in arrays of so many at most: a longer one would be copied at once when it grows. */
const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const SMALLEST = 16;

/** How much time a bucket holds. */
export const BUCKET_MS = 1000;

/** A list of rows in pages. All pages but the last are full. */
export class RowPages {
  count: number;
  readonly #pages: Int32Array[];
  #last: Int32Array;
  /** Where the last page begins. */
  #start: number;

  constructor() {
    this.count = 0;
    this.#last = new Int32Array(SMALLEST);
    this.#pages = [this.#last];
    this.#start = 0;
  }

  push(row: number): void {
    const at = this.count - this.#start;
    if (at === this.#last.length) this.#grow();
    this.#last[this.count++ - this.#start] = row;
  }

  at(index: number): number {
    return this.#pages[index >>> PAGE_BITS]![index & (PAGE - 1)]!;
  }

  set(index: number, row: number): void {
    this.#pages[index >>> PAGE_BITS]![index & (PAGE - 1)] = row;
  }

  /** Forgets what lies behind. */
  truncate(count: number): void {
    this.count = count;
    this.#pages.length = Math.max(1, (count + PAGE - 1) >>> PAGE_BITS);
    this.#last = this.#pages.at(-1)!;
    this.#start = (this.#pages.length - 1) * PAGE;
  }

  #grow(): void {
    const { length } = this.#last;
    if (length === PAGE) {
      this.#last = new Int32Array(PAGE);
      this.#pages.push(this.#last);
      this.#start += PAGE;
      return;
    }
    const larger = new Int32Array(Math.min(PAGE, length * 2));
    larger.set(this.#last);
    this.#last = larger;
    this.#pages[this.#pages.length - 1] = larger;
  }
}
