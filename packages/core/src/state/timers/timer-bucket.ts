import { BucketSort } from './bucket-sort.js';
import { BUCKET_MS, RowPages } from './row-pages.js';
import type { TimerRows } from './timer-rows.js';

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
  readonly #rows: TimerRows;
  readonly #timers: RowPages;
  /** While it is cleaned: what lies from here up to `#gapTo` is left over. */
  #gapFrom: number;
  #gapTo: number;
  /** Whether `minTime` is that of a timer still there. */
  #exact: boolean;
  /** Timers by millisecond, kept once the earliest was deleted and asked for. */
  #perMs: Int32Array | null;

  constructor(id: number, rows: TimerRows) {
    this.id = id;
    this.minTime = Infinity;
    this.live = 0;
    this.#rows = rows;
    this.#timers = new RowPages();
    this.#gapFrom = 0;
    this.#gapTo = 0;
    this.#exact = true;
    this.#perMs = null;
  }

  add(row: number, time: number): void {
    this.#timers.push(row);
    this.live++;
    if (this.#perMs !== null) this.#perMs[time - this.id * BUCKET_MS]!++;
    if (time > this.minTime) return;
    this.minTime = time;
    this.#exact = true;
  }

  /** A timer of this time was deleted. */
  forget(time: number): void {
    this.live--;
    if (this.#perMs !== null) this.#perMs[time - this.id * BUCKET_MS]!--;
    if (time === this.minTime) this.#exact = false;
    const { count } = this.#timers;
    if (this.#gapTo > 0 || (count - this.live > GONE_LIMIT && this.live < count / 2)) this.#clean();
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

  /** Frees the rows of a bucket in which no timer is left and that is given up: few, since a bucket is cleaned as timers are deleted. */
  freeGone(): void {
    for (let at = 0; at < this.#timers.count; at++) {
      if (at < this.#gapFrom || at >= this.#gapTo) this.#rows.free(this.#timers.at(at));
    }
  }

  /** What sorts the bucket; nothing is added or forgotten any more. */
  open(groupMask: number): BucketSort {
    return new BucketSort({ rows: this.#rows, timers: this.#timers, gapFrom: this.#gapFrom, gapTo: this.#gapTo }, this.id * BUCKET_MS, groupMask);
  }

  #counted(): Int32Array {
    const rows = this.#rows;
    const perMs = new Int32Array(BUCKET_MS);
    const first = this.id * BUCKET_MS;
    for (let at = 0; at < this.#timers.count; at++) {
      if (at >= this.#gapFrom && at < this.#gapTo) continue;
      const row = this.#timers.at(at);
      if (!rows.isGone(row)) perMs[rows.timeOf(row) - first]!++;
    }
    return perMs;
  }

  /** Goes on with moving the timers that are left to the front, a few at a time: a bucket may be large. */
  #clean(): void {
    const rows = this.#rows;
    const timers = this.#timers;
    const stop = Math.min(this.#gapTo + CLEANED_PER_STEP, timers.count);
    for (; this.#gapTo < stop; this.#gapTo++) {
      const row = timers.at(this.#gapTo);
      if (rows.isGone(row)) rows.free(row);
      else timers.set(this.#gapFrom++, row);
    }
    if (this.#gapTo < timers.count) return;
    timers.truncate(this.#gapFrom);
    this.#gapFrom = 0;
    this.#gapTo = 0;
  }
}
