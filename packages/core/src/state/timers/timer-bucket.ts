import { BucketSort } from './bucket-sort.js';
import type { Timer } from './timer.js';
import { BUCKET_MS, PAGE, PAGE_BITS } from './timer-pages.js';

/** Deleted timers that a bucket may hold before it is cleaned. */
const GONE_LIMIT = 64;
/** Timers that are looked at for each that is deleted, while a bucket is cleaned. */
const CLEANED_PER_STEP = 8;

/** The bucket of a time. */
export function bucketOf(time: number): number {
  return Math.floor(time / BUCKET_MS);
}

/** The timers of about one second, in order of registration, until they are due. */
export class TimerBucket {
  readonly id: number;
  /** No timer is earlier; the one that was may have been deleted. */
  minTime: number;
  /** Timers in it, without deleted ones. */
  live: number;
  readonly #pages: Timer[][];
  #last: Timer[];
  #count: number;
  /** While it is cleaned: what lies from here up to `#gapTo` is left over. */
  #gapFrom: number;
  #gapTo: number;
  /** Whether `minTime` is that of a timer still there. */
  #exact: boolean;
  /** Timers by millisecond, kept once the earliest was deleted and asked for. */
  #perMs: Int32Array | null;

  constructor(id: number) {
    this.id = id;
    this.minTime = Infinity;
    this.live = 0;
    this.#last = [];
    this.#pages = [this.#last];
    this.#count = 0;
    this.#gapFrom = 0;
    this.#gapTo = 0;
    this.#exact = true;
    this.#perMs = null;
  }

  add(timer: Timer): void {
    if (this.#last.length === PAGE) this.#pages.push((this.#last = []));
    this.#last.push(timer);
    this.#count++;
    this.live++;
    if (this.#perMs !== null) this.#perMs[timer.time - this.id * BUCKET_MS]!++;
    if (timer.time > this.minTime) return;
    this.minTime = timer.time;
    this.#exact = true;
  }

  /** One of its timers was deleted. */
  forget(timer: Timer): void {
    this.live--;
    if (this.#perMs !== null) this.#perMs[timer.time - this.id * BUCKET_MS]!--;
    if (timer.time === this.minTime) this.#exact = false;
    if (this.#gapTo > 0 || (this.#count - this.live > GONE_LIMIT && this.live < this.#count / 2)) this.#clean();
  }

  /** The earliest time, exactly. */
  earliest(): number {
    if (this.#exact || !Number.isFinite(this.id)) return this.minTime;
    const first = this.id * BUCKET_MS;
    const perMs = (this.#perMs ??= this.#counted());
    let ms = this.minTime - first;
    while (ms < BUCKET_MS && perMs[ms] === 0) ms++;
    this.minTime = ms < BUCKET_MS ? first + ms : Infinity;
    this.#exact = true;
    return this.minTime;
  }

  /** What sorts the bucket; nothing is added or forgotten any more. */
  open(groupMask: number): BucketSort {
    return new BucketSort({ pages: this.#pages, count: this.#count, gapFrom: this.#gapFrom, gapTo: this.#gapTo }, this.id * BUCKET_MS, groupMask);
  }

  #counted(): Int32Array {
    const perMs = new Int32Array(BUCKET_MS);
    const first = this.id * BUCKET_MS;
    for (let at = 0; at < this.#count; at++) {
      if (at === this.#gapFrom) at = this.#gapTo;
      if (at >= this.#count) break;
      const timer = this.#pages[at >>> PAGE_BITS]![at & (PAGE - 1)]!;
      if (!timer.gone) perMs[timer.time - first]!++;
    }
    return perMs;
  }

  /** Goes on with moving the timers that are left to the front, a few at a time: a bucket may be large. */
  #clean(): void {
    const pages = this.#pages;
    const stop = Math.min(this.#gapTo + CLEANED_PER_STEP, this.#count);
    for (; this.#gapTo < stop; this.#gapTo++) {
      const timer = pages[this.#gapTo >>> PAGE_BITS]![this.#gapTo & (PAGE - 1)]!;
      if (timer.gone) continue;
      pages[this.#gapFrom >>> PAGE_BITS]![this.#gapFrom & (PAGE - 1)] = timer;
      this.#gapFrom++;
    }
    if (this.#gapTo < this.#count) return;
    this.#count = this.#gapFrom;
    pages.length = Math.max(1, (this.#count + PAGE - 1) >>> PAGE_BITS);
    this.#last = pages.at(-1)!;
    this.#last.length = this.#count - (pages.length - 1) * PAGE;
    this.#gapFrom = 0;
    this.#gapTo = 0;
  }
}
