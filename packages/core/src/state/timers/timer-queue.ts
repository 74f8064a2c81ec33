import { BinaryHeap } from '../../base/binary-heap.js';
import type { BucketSort } from './bucket-sort.js';
import { IntPages } from './int-pages.js';
import { bucketOf, TimerBucket } from './timer-bucket.js';
import { NO_TIMER, type TimerRows } from './timer-rows.js';

/** Deleted timers among the late ones before they are cleaned out. */
const LATE_GONE_LIMIT = 64;

/** What {@link TimerQueue.due} says when it has to go on later. */
export const LATER = -2;

const NOTHING = new IntPages(0);

/**
 * The timers of one time domain in the order of firing: by time, key group and registration. What lies ahead waits in
 * buckets of about a second; the bucket that is due is sorted; what is registered into it afterwards goes to a small heap.
 */
export class TimerQueue {
  readonly #rows: TimerRows;
  /** Which bits of a place tell the key group. */
  readonly #groupMask: number;
  readonly #buckets: Map<number, TimerBucket>;
  readonly #order: BinaryHeap<number>;
  /** The bucket that got a timer last. */
  #recent: TimerBucket | null;
  /** All buckets up to this one have been opened. */
  #openedTo: number;
  #opening: BucketSort | null;
  #openingFrom: number;
  /** What was sorted, and how far it is worked off. */
  #sorted: IntPages;
  #at: number;
  #late: BinaryHeap<number>;
  #lateGone: number;

  constructor(rows: TimerRows, groupMask: number) {
    this.#rows = rows;
    this.#groupMask = groupMask;
    this.#buckets = new Map();
    this.#order = new BinaryHeap<number>((left, right) => left - right);
    this.#recent = null;
    this.#openedTo = -Infinity;
    this.#opening = null;
    this.#openingFrom = 0;
    this.#sorted = NOTHING;
    this.#at = 0;
    this.#late = this.#heap();
    this.#lateGone = 0;
  }

  /** Adds a timer of a time. */
  add(row: number, time: number): void {
    const id = bucketOf(time);
    if (id <= this.#openedTo) this.#late.push(row);
    else (this.#recent !== null && this.#recent.id === id ? this.#recent : this.#bucket(id)).add(row, time);
  }

  /** A timer of this time was deleted; its row is marked as gone. */
  forget(time: number): void {
    const id = bucketOf(time);
    if (id > this.#openedTo) {
      this.#buckets.get(id)?.forget(time);
    } else if (++this.#lateGone > LATE_GONE_LIMIT && this.#lateGone > this.#late.size / 2) {
      this.#cleanLate();
    }
  }

  /** The time of the first timer, exactly unless a bucket is being sorted; Infinity when there is none. */
  earliest(): number {
    const head = this.#opening === null ? this.#head() : this.#lateHead();
    const time = head === NO_TIMER ? Infinity : this.#rows.timeOf(head);
    if (this.#opening !== null) return Math.min(this.#openingFrom, time);
    return head === NO_TIMER ? (this.#firstBucket()?.earliest() ?? Infinity) : time;
  }

  /**
   * The first timer if it is due at `limit`; NO_TIMER when none is, LATER when `mayContinue` said no before the bucket that
   * is due was sorted.
   */
  due(limit: number, mayContinue: () => boolean): number {
    for (;;) {
      if (this.#opening !== null) {
        if (!this.#opening.advance(mayContinue)) return LATER;
        this.#sorted = this.#opening.sorted;
        this.#at = 0;
        this.#opening = null;
      }
      const head = this.#head();
      if (head !== NO_TIMER) return this.#rows.timeOf(head) <= limit ? head : NO_TIMER;
      const bucket = this.#firstBucket();
      if (bucket === undefined || bucket.minTime > limit) return NO_TIMER;
      this.#drop(bucket.id);
      this.#openedTo = bucket.id;
      this.#openingFrom = bucket.minTime;
      this.#opening = bucket.open(this.#groupMask);
    }
  }

  /** The first timer among those sorted; NO_TIMER when it still lies in a bucket, or there is none. */
  #head(): number {
    const sorted = this.#sortedHead();
    const late = this.#late.size === 0 ? NO_TIMER : this.#lateHead();
    if (late === NO_TIMER) return sorted;
    return sorted === NO_TIMER || this.#rows.compare(late, sorted, this.#groupMask) < 0 ? late : sorted;
  }

  #sortedHead(): number {
    const sorted = this.#sorted;
    while (this.#at < sorted.length) {
      const row = sorted.at(this.#at);
      if (!this.#rows.isGone(row)) return row;
      this.#rows.free(row);
      this.#at++;
    }
    this.#sorted = NOTHING;
    this.#at = 0;
    return NO_TIMER;
  }

  #lateHead(): number {
    for (;;) {
      const row = this.#late.peek();
      if (row === undefined) return NO_TIMER;
      if (!this.#rows.isGone(row)) return row;
      this.#late.pop();
      this.#rows.free(row);
      if (this.#lateGone > 0) this.#lateGone--;
    }
  }

  /** The bucket that is to get a timer. */
  #bucket(id: number): TimerBucket {
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = new TimerBucket(id, this.#rows);
      this.#buckets.set(id, bucket);
      this.#order.push(id);
    }
    this.#recent = bucket;
    return bucket;
  }

  /** The first bucket that has anything in it. */
  #firstBucket(): TimerBucket | undefined {
    for (;;) {
      const id = this.#order.peek();
      if (id === undefined) return undefined;
      const bucket = this.#buckets.get(id)!;
      if (bucket.live > 0) return bucket;
      bucket.freeGone();
      this.#drop(id);
    }
  }

  /** Removes the first bucket. */
  #drop(id: number): void {
    this.#order.pop();
    this.#buckets.delete(id);
    this.#recent = null;
  }

  #cleanLate(): void {
    const kept = this.#heap();
    for (let row = this.#late.pop(); row !== undefined; row = this.#late.pop()) {
      if (this.#rows.isGone(row)) this.#rows.free(row);
      else kept.push(row);
    }
    this.#late = kept;
    this.#lateGone = 0;
  }

  #heap(): BinaryHeap<number> {
    return new BinaryHeap<number>((left, right) => this.#rows.compare(left, right, this.#groupMask));
  }
}
