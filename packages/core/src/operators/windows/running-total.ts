import type { Accumulation } from './accumulation.js';

/** Stands where an accumulator was that nobody needs any more. A number, so that an array of numbers stays one. */
const GONE = 0;

/**
 * The total of one key over the slices of a window that slides.
 *
 * Accumulators can be merged but not taken apart, so a total cannot simply drop its oldest slice. Two stacks do it: the
 * older slices (the front) are kept as totals from each of them to the front's end, the younger (the back) as one
 * growing total. Leaving a slice behind is taking the next total of the front; when the front is used up, the back
 * becomes a new one. So each slice costs three merges in its life, whatever the number of slices in a window.
 *
 * Keys that have come at the same time would all make their new fronts for the same window: with 10,000 keys and 50 slices
 * that one was 25 ms late, once per window size. So the keys make their first front early, some of them at a time.
 *
 * It lives in memory only and can be made again from the slices at any time. Both stacks lie in one array, which lives as long as the key has
 * elements: one that lives for the size of a window is moved twice by the collector, which stops the thread meanwhile; and all keys are visited
 * for each window, so that what is read of one counts more than what is done with it.
 *
 * Ends are given from a moment of the operator's, not from 1970: small whole numbers need no object.
 */
export class RunningTotal {
  /** The key as users see it. */
  readonly key: unknown;
  /** True when a slice that is in here was changed: it is to be made again before use. */
  isStale: boolean;
  /** True when the last `total` belongs to the caller. */
  isOwn: boolean;
  /** The only slice, while there are no `#entries`; most keys have but one in a window. */
  #onlyEnd: number;
  #only: unknown;
  /**
   * Made for the second slice: the end of each slice and beside it, up to `#split`, the total from it to there, and behind that its accumulator. Oldest first, from
   * `#head` to `#count`.
   */
  #entries: unknown[] | undefined;
  #head: number;
  #split: number;
  #count: number;
  /** The total of the slices from `#split` on; undefined when there are none. */
  #back: unknown;
  #backIsOwn: boolean;
  /** The last total of front and back, as long as nothing changes. */
  #total: unknown;
  readonly #turnDelayMs: number;

  /** The first front is made with the slice that ends `turnDelayMs` after the first one, or when that one is left behind. */
  constructor(key: unknown, isStale: boolean, turnDelayMs: number) {
    this.key = key;
    this.isStale = isStale;
    this.#turnDelayMs = turnDelayMs;
    this.isOwn = false;
    this.#onlyEnd = 0;
    this.#only = undefined;
    this.#entries = undefined;
    this.#head = 0;
    this.#split = 0;
    this.#count = 0;
    this.#back = undefined;
    this.#backIsOwn = false;
    this.#total = undefined;
  }

  /** Forgets all slices. */
  reset(): void {
    this.isStale = false;
    this.#only = undefined;
    this.#entries = undefined;
    this.#head = 0;
    this.#split = 0;
    this.#count = 0;
    this.#back = undefined;
    this.#backIsOwn = false;
    this.#total = undefined;
  }

  /** Takes in the slice that ends at `end`, younger than all before. Its accumulator is not changed. */
  append(end: number, slice: unknown, accumulation: Accumulation): void {
    const at = this.#count++;
    let entries = this.#entries;
    if (entries === undefined) {
      if (at === 0) {
        this.#onlyEnd = end;
        this.#only = slice;
        return;
      }
      entries = this.#spread();
    }
    entries[at * 2] = end;
    entries[at * 2 + 1] = slice;
    this.#total = undefined;
    if (this.#split === at) {
      this.#back = slice;
      this.#backIsOwn = false;
      return;
    }
    if (!this.#backIsOwn) this.#back = accumulation.copy(this.#back);
    this.#backIsOwn = true;
    this.#back = accumulation.merge(this.#back, slice);
    if (this.#split === 0 && end - (entries[0] as number) >= this.#turnDelayMs) this.#turn(entries, accumulation);
  }

  /** Leaves behind the slices that end at or before `start`. */
  evict(start: number, accumulation: Accumulation): void {
    const entries = this.#entries;
    if (entries === undefined) {
      if (this.#count === 1 && this.#onlyEnd <= start) this.reset();
      return;
    }
    const count = this.#count;
    let head = this.#head;
    if (head === count || (entries[head * 2] as number) > start) return;
    do {
      entries[head * 2 + 1] = GONE;
      head++;
    } while (head < count && (entries[head * 2] as number) <= start);
    this.#head = head;
    this.#total = undefined;
    if (head > this.#split) this.#turn(entries, accumulation);
  }

  get isEmpty(): boolean {
    return this.#head === this.#count;
  }

  /** The total of all slices, which is not to be changed unless `isOwn` says so afterwards; not to be asked when empty. */
  total(accumulation: Accumulation): unknown {
    this.isOwn = false;
    if (this.#entries === undefined) return this.#only;
    if (this.#head === this.#split) return this.#back;
    const front = this.#entries[this.#head * 2 + 1];
    if (this.#split === this.#count) return front;
    if (this.#total !== undefined) return this.#total;
    const total = accumulation.merge(accumulation.copy(front), this.#back);
    // What is kept must not be given away.
    if (accumulation.makesResults) this.#total = total;
    else this.isOwn = true;
    return total;
  }

  /** Makes room for more slices than one. */
  #spread(): unknown[] {
    const entries = [this.#onlyEnd, this.#only];
    this.#entries = entries;
    this.#back = this.#only;
    this.#only = undefined;
    return entries;
  }

  /** Makes all slices the front. None of them is in the present one any more. */
  #turn(entries: unknown[], accumulation: Accumulation): void {
    const head = this.#head;
    const count = this.#count - head;
    if (count === 0) return this.reset();
    if (head > 0) {
      for (let at = 0; at < count * 2; at++) entries[at] = entries[head * 2 + at];
      for (let at = count; at < this.#count; at++) entries[at * 2 + 1] = GONE;
    }
    let total = entries[count * 2 - 1];
    for (let at = count - 2; at >= 0; at--) {
      total = accumulation.merge(accumulation.copy(entries[at * 2 + 1]), total);
      entries[at * 2 + 1] = total;
    }
    this.#head = 0;
    this.#count = count;
    this.#split = count;
    this.#back = undefined;
    this.#backIsOwn = false;
  }
}
