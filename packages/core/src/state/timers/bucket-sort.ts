import { IntPages } from './int-pages.js';
import { BUCKET_MS, type RowPages } from './row-pages.js';
import type { TimerRows } from './timer-rows.js';

/** Timers looked at between two looks at the budget, which in turn looks at the clock at every 64th only. */
const TIMERS_PER_LOOK = 64;

/** A time within its second takes this many bits; the key group, at most 15 of them, lies above. */
const MS_BITS = 10;
const MS_MASK = (1 << MS_BITS) - 1;

const NOTHING = new IntPages(0);

/** The timers of a bucket, of which what lies from `gapFrom` up to `gapTo` is left over. */
export interface BucketTimers {
  readonly rows: TimerRows;
  readonly timers: RowPages;
  readonly gapFrom: number;
  readonly gapTo: number;
}

/**
 * Puts the timers of a bucket in order of (time, key group, registration). They lie in order of registration, so dealing
 * them out by key group and then by millisecond is all there is to do: nothing is compared, and it can be done in slices,
 * however many there are.
 */
export class BucketSort {
  /** The rows in order; complete once `advance` said so. */
  sorted: IntPages;
  readonly #bucket: BucketTimers;
  readonly #first: number;
  readonly #groupMask: number;
  /** Of each timer that is not gone, in order of registration: its row; its key group and millisecond. */
  readonly #timers: IntPages;
  readonly #digits: IntPages;
  /** How many timers each digit has, and then where the next one of the digit goes. */
  readonly #perMs: Int32Array;
  readonly #perGroup: Int32Array;
  /** The timers in order of key group, and of registration within it. */
  #order: IntPages;
  #live: number;
  #step: 'read' | 'by-group' | 'by-ms';
  #at: number;

  constructor(bucket: BucketTimers, first: number, groupMask: number) {
    this.sorted = NOTHING;
    this.#bucket = bucket;
    this.#first = first;
    this.#groupMask = groupMask;
    this.#timers = new IntPages(bucket.timers.count);
    this.#digits = new IntPages(bucket.timers.count);
    this.#perMs = new Int32Array(BUCKET_MS);
    this.#perGroup = new Int32Array(groupMask + 1);
    this.#order = this.#timers;
    this.#live = 0;
    this.#step = 'read';
    this.#at = 0;
  }

  /** Goes on; true when done, false when `mayContinue` said no. */
  advance(mayContinue: () => boolean): boolean {
    for (;;) {
      const length = this.#step === 'read' ? this.#bucket.timers.count : this.#live;
      const stop = Math.min(length, this.#at + TIMERS_PER_LOOK);
      if (this.#step === 'read') this.#read(stop);
      else if (this.#step === 'by-group') this.#byGroup(stop);
      else this.#byMs(stop);
      if (this.#at < length) {
        if (!mayContinue()) return false;
      } else if (this.#next()) {
        return true;
      }
    }
  }

  /** Begins with the next step; true when there is none. */
  #next(): boolean {
    this.#at = 0;
    if (this.#step === 'by-ms') return true;
    if (this.#step === 'read') {
      this.#step = 'by-group';
      this.#order = new IntPages(this.#live);
      toStarts(this.#perGroup);
      return false;
    }
    this.#step = 'by-ms';
    toStarts(this.#perMs);
    this.sorted = new IntPages(this.#live);
    return false;
  }

  #read(stop: number): void {
    const { rows, timers, gapFrom, gapTo } = this.#bucket;
    const first = this.#first;
    let live = this.#live;
    for (let at = this.#at; at < stop; at++) {
      if (at >= gapFrom && at < gapTo) continue;
      const row = timers.at(at);
      const place = rows.placeOf(row);
      if (place < 0) {
        rows.free(row);
        continue;
      }
      // At an infinite time all are equal.
      const ms = (rows.timeOf(row) - first) | 0;
      const group = place & this.#groupMask;
      this.#timers.set(live, row);
      this.#digits.set(live, (group << MS_BITS) | ms);
      this.#perMs[ms]!++;
      this.#perGroup[group]!++;
      live++;
    }
    this.#live = live;
    this.#at = stop;
  }

  #byGroup(stop: number): void {
    const digits = this.#digits;
    const places = this.#perGroup;
    const order = this.#order;
    for (let at = this.#at; at < stop; at++) order.set(places[digits.at(at) >>> MS_BITS]!++, at);
    this.#at = stop;
  }

  #byMs(stop: number): void {
    const order = this.#order;
    const places = this.#perMs;
    for (let at = this.#at; at < stop; at++) {
      const which = order.at(at);
      const place = places[this.#digits.at(which) & MS_MASK]!++;
      this.sorted.set(place, this.#timers.at(which));
    }
    this.#at = stop;
  }
}

/** Makes of the number of timers of each digit the place of its first. */
function toStarts(counts: Int32Array): void {
  let start = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit]!;
    counts[digit] = start;
    start += count;
  }
}
