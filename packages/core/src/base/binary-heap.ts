/**
 * A small binary heap over a comparator: the least element first. For timers of a platform, merges of a few inputs and
 * the like; user timers have their own buckets (`state/`). Equal elements come out in no particular order, so a
 * comparator that must be deterministic ends with a sequence number.
 */
export class BinaryHeap<T> {
  readonly #items: T[];
  readonly #compare: (left: T, right: T) => number;

  constructor(compare: (left: T, right: T) => number) {
    this.#items = [];
    this.#compare = compare;
  }

  /** How many elements it holds. */
  get size(): number {
    return this.#items.length;
  }

  /** The least element, which stays; undefined when empty. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds an element. */
  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent]!;
      if (this.#compare(above, item) <= 0) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the least element out; undefined when empty. */
  pop(): T | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length > 0) this.#sink(0, last!);
    return least;
  }

  /** Puts an element in the place of the least one and settles it: one step cheaper than pop and push. */
  replaceTop(item: T): void {
    if (this.#items.length === 0) this.#items.push(item);
    else this.#sink(0, item);
  }

  /** Drops everything. */
  clear(): void {
    this.#items.length = 0;
  }

  #sink(start: number, item: T): void {
    const items = this.#items;
    const size = items.length;
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#compare(items[child + 1]!, items[child]!) < 0) child++;
      if (this.#compare(items[child]!, item) >= 0) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
