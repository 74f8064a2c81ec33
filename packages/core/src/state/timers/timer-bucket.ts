import { compareTimers, type Timer } from './timer.js';

/** How much time a bucket holds. */
export const BUCKET_MS = 1000;
/** Up to so many timers are sorted at once; more are dealt out by millisecond, in slices. */
const SORT_LIMIT = 4096;
/** Timers dealt out between two looks at the budget. */
const DEALT_PER_LOOK = 1024;
/** Deleted timers that a bucket may hold before it is cleaned. */
const GONE_LIMIT = 64;

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
  #timers: Timer[];
  /** Whether `minTime` is that of a timer still there. */
  #exact: boolean;

  constructor(id: number) {
    this.id = id;
    this.minTime = Infinity;
    this.live = 0;
    this.#timers = [];
    this.#exact = true;
  }

  add(timer: Timer): void {
    this.#timers.push(timer);
    this.live++;
    if (timer.time > this.minTime) return;
    this.minTime = timer.time;
    this.#exact = true;
  }

  /** One of its timers was deleted. */
  forget(timer: Timer): void {
    this.live--;
    if (timer.time === this.minTime) this.#exact = false;
    if (this.#timers.length - this.live > GONE_LIMIT && this.live < this.#timers.length / 2) {
      this.#timers = this.#timers.filter((known) => !known.gone);
    }
  }

  /** The earliest time, exactly. */
  earliest(): number {
    if (this.#exact) return this.minTime;
    let earliest = Infinity;
    for (const timer of this.#timers) if (!timer.gone && timer.time < earliest) earliest = timer.time;
    this.minTime = earliest;
    this.#exact = true;
    return earliest;
  }

  /** What sorts the bucket. */
  open(): BucketSort {
    return new BucketSort(this.id, this.#timers);
  }
}

/**
 * Puts the timers of a bucket in order of (time, registration). A big bucket is never sorted at once, since that would
 * stop the thread for a second and more: as its timers lie in order of registration, dealing them out by millisecond is
 * all there is to do, and that can be done in slices.
 */
export class BucketSort {
  /** Sorted lists, one after the other; complete once `advance` said so. */
  readonly lists: Timer[][];
  readonly #id: number;
  readonly #timers: Timer[];
  readonly #small: boolean;
  #at: number;

  constructor(id: number, timers: Timer[]) {
    this.lists = [];
    this.#id = id;
    this.#timers = timers;
    this.#small = timers.length <= SORT_LIMIT || !Number.isFinite(id);
    this.#at = 0;
  }

  /** Goes on; true when done, false when `mayContinue` said no. */
  advance(mayContinue: () => boolean): boolean {
    if (this.#small) {
      // At an infinite time all are equal, and they lie in order already.
      this.lists.push(Number.isFinite(this.#id) ? this.#timers.toSorted(compareTimers) : this.#timers);
      return true;
    }
    if (this.lists.length === 0) for (let i = 0; i < BUCKET_MS; i++) this.lists.push([]);
    const first = this.#id * BUCKET_MS;
    const timers = this.#timers;
    while (this.#at < timers.length) {
      const stop = Math.min(timers.length, this.#at + DEALT_PER_LOOK);
      for (; this.#at < stop; this.#at++) {
        const timer = timers[this.#at]!;
        if (!timer.gone) this.lists[timer.time - first]!.push(timer);
      }
      if (this.#at < timers.length && !mayContinue()) return false;
    }
    return true;
  }
}
