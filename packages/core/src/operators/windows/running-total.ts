import type { MapKey } from '../../record/map-key.js';
import type { Accumulation } from './accumulation.js';

/** Stands where nothing has been gathered yet. */
const NONE: unknown[] = [];
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
 * It lives in memory only and can be made again from the slices at any time. Its arrays live as long as the key has elements and are used again
 * for each front: an array that lives for the size of a window is moved twice by the collector, which stops the thread meanwhile.
 */
export class RunningTotal {
  /** The key as users see it. */
  readonly key: unknown;
  /** The key as it stands in a Map. */
  readonly id: MapKey;
  /** True when a slice that is in here was changed: it is to be made again before use. */
  isStale: boolean;
  /** True when the last `total` belongs to the caller. */
  isOwn: boolean;
  /** The end of the only slice, NaN when there is none or when there were several; most keys have but one in a window. */
  #onlyEnd: number = Number.NaN;
  #only: unknown;
  /** Ends and accumulators of the slices, oldest first, up to `#count`; those before `#head` are gone. Made for the second slice. */
  #ends: number[] | undefined;
  #slices: unknown[];
  #count: number;
  /** For the slices from `#head` to `#split`: the total from each of them to `#split`. */
  #fronts: unknown[];
  #head: number;
  #split: number;
  /** The total of the slices from `#split` on; undefined when there are none. */
  #back: unknown;
  #backIsOwn: boolean;
  /** The last total of front and back, as long as nothing changes. */
  #total: unknown;
  readonly #turnDelayMs: number;

  /** The first front is made with the slice that ends `turnDelayMs` after the first one, or when that one is left behind. */
  constructor(key: unknown, id: MapKey, isStale: boolean, turnDelayMs: number) {
    this.key = key;
    this.id = id;
    this.isStale = isStale;
    this.#turnDelayMs = turnDelayMs;
    this.isOwn = false;
    this.#only = undefined;
    this.#ends = undefined;
    this.#slices = NONE;
    this.#count = 0;
    this.#fronts = NONE;
    this.#head = 0;
    this.#split = 0;
    this.#back = undefined;
    this.#backIsOwn = false;
    this.#total = undefined;
  }

  /** Forgets all slices. */
  reset(): void {
    this.isStale = false;
    this.#onlyEnd = Number.NaN;
    this.#only = undefined;
    this.#ends = undefined;
    this.#slices = NONE;
    this.#count = 0;
    this.#fronts = NONE;
    this.#head = 0;
    this.#split = 0;
    this.#back = undefined;
    this.#backIsOwn = false;
    this.#total = undefined;
  }

  /** Takes in the slice that ends at `end`, younger than all before. Its accumulator is not changed. */
  append(end: number, slice: unknown, accumulation: Accumulation): void {
    if (this.#ends === undefined && this.isEmpty) {
      this.#onlyEnd = end;
      this.#only = slice;
      return;
    }
    const ends = this.#ends ?? this.#spread();
    const at = this.#count++;
    ends[at] = end;
    this.#slices[at] = slice;
    this.#total = undefined;
    if (this.#split === at) {
      this.#back = slice;
      this.#backIsOwn = false;
      return;
    }
    if (!this.#backIsOwn) this.#back = accumulation.copy(this.#back);
    this.#backIsOwn = true;
    this.#back = accumulation.merge(this.#back, slice);
    if (this.#split === 0 && end - ends[0]! >= this.#turnDelayMs) this.#turn(accumulation);
  }

  /** Leaves behind the slices that end at or before `start`. */
  evict(start: number, accumulation: Accumulation): void {
    const ends = this.#ends;
    if (ends === undefined) {
      if (this.#onlyEnd <= start) this.reset();
      return;
    }
    const before = this.#head;
    let head = before;
    while (head < this.#count && ends[head]! <= start) head++;
    if (head === before) return;
    this.#head = head;
    for (let at = before; at < head; at++) {
      this.#slices[at] = GONE;
      if (at < this.#split) this.#fronts[at] = GONE;
    }
    this.#total = undefined;
    if (head > this.#split) this.#turn(accumulation);
  }

  get isEmpty(): boolean {
    return this.#ends === undefined ? this.#onlyEnd !== this.#onlyEnd : this.#head === this.#count;
  }

  /** The total of all slices, which is not to be changed unless `isOwn` says so afterwards; not to be asked when empty. */
  total(accumulation: Accumulation): unknown {
    this.isOwn = false;
    if (this.#ends === undefined) return this.#only;
    if (this.#head === this.#split) return this.#back;
    if (this.#split === this.#count) return this.#fronts[this.#head];
    if (this.#total !== undefined) return this.#total;
    const total = accumulation.merge(accumulation.copy(this.#fronts[this.#head]), this.#back);
    // What is kept must not be given away.
    if (accumulation.makesResults) this.#total = total;
    else this.isOwn = true;
    return total;
  }

  /** Makes room for more slices than one. */
  #spread(): number[] {
    const ends = [this.#onlyEnd];
    this.#onlyEnd = Number.NaN;
    this.#ends = ends;
    this.#slices = [this.#only];
    this.#count = 1;
    this.#fronts = [];
    this.#back = this.#only;
    this.#only = undefined;
    return ends;
  }

  /** Makes all slices the front. */
  #turn(accumulation: Accumulation): void {
    const head = this.#head;
    const count = this.#count - head;
    if (count === 0) return this.reset();
    const slices = this.#slices;
    const ends = this.#ends!;
    const fronts = this.#fronts;
    if (head > 0) {
      for (let at = 0; at < count; at++) {
        ends[at] = ends[head + at]!;
        slices[at] = slices[head + at];
      }
      for (let at = count; at < this.#count; at++) slices[at] = GONE;
      for (let at = count; at < fronts.length; at++) fronts[at] = GONE;
    }
    while (fronts.length < count) fronts.push(GONE);
    let total: unknown = slices[count - 1];
    fronts[count - 1] = total;
    for (let at = count - 2; at >= 0; at--) {
      total = accumulation.merge(accumulation.copy(slices[at]), total);
      fronts[at] = total;
    }
    this.#head = 0;
    this.#count = count;
    this.#split = count;
    this.#back = undefined;
    this.#backIsOwn = false;
  }
}
