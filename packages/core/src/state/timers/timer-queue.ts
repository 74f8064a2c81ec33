import { BinaryHeap } from '../../base/binary-heap.js';
import type { BucketSort } from './bucket-sort.js';
import { bucketOf, TimerBucket } from './timer-bucket.js';
import type { Timer } from './timer.js';

/** Deleted timers among the late ones before they are cleaned out. */
const LATE_GONE_LIMIT = 64;

const NOTHING: (Timer | undefined)[] = [];

/**
 * The timers of one time domain in the order of firing: by time, key group and registration. What lies ahead waits in
 * buckets of about a second; the bucket that is due is sorted; what is registered into it afterwards goes to a small heap.
 */
export class TimerQueue {
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
  /** What was sorted, page by page, the page that is being worked off, and how far. */
  #sorted: (Timer | undefined)[][];
  #page: number;
  #timers: (Timer | undefined)[];
  #at: number;
  #late: BinaryHeap<Timer>;
  #lateGone: number;

  constructor(groupMask: number) {
    this.#groupMask = groupMask;
    this.#buckets = new Map();
    this.#order = new BinaryHeap<number>((left, right) => left - right);
    this.#recent = null;
    this.#openedTo = -Infinity;
    this.#opening = null;
    this.#openingFrom = 0;
    this.#sorted = [];
    this.#page = 0;
    this.#timers = NOTHING;
    this.#at = 0;
    this.#late = this.#heap();
    this.#lateGone = 0;
  }

  add(timer: Timer): void {
    const id = bucketOf(timer.time);
    if (id <= this.#openedTo) this.#late.push(timer);
    else (this.#recent !== null && this.#recent.id === id ? this.#recent : this.#bucket(id)).add(timer);
  }

  /** A timer was deleted; it is marked as gone. */
  forget(timer: Timer): void {
    const id = bucketOf(timer.time);
    if (id > this.#openedTo) {
      this.#buckets.get(id)?.forget(timer);
    } else if (++this.#lateGone > LATE_GONE_LIMIT && this.#lateGone > this.#late.size / 2) {
      this.#cleanLate();
    }
  }

  /** The time of the first timer, exactly unless a bucket is being sorted; Infinity when there is none. */
  earliest(): number {
    if (this.#opening !== null) return Math.min(this.#openingFrom, this.#lateHead()?.time ?? Infinity);
    const head = this.#head();
    if (head !== undefined) return head.time;
    return this.#firstBucket()?.earliest() ?? Infinity;
  }

  /**
   * The first timer if it is due at `limit`; null when none is, undefined when `mayContinue` said no before the bucket that
   * is due was sorted.
   */
  due(limit: number, mayContinue: () => boolean): Timer | null | undefined {
    for (;;) {
      if (this.#opening !== null) {
        if (!this.#opening.advance(mayContinue)) return undefined;
        this.#take(this.#opening.sorted);
        this.#opening = null;
      }
      const head = this.#head();
      if (head !== undefined) return head.time <= limit ? head : null;
      const bucket = this.#firstBucket();
      if (bucket === undefined || bucket.minTime > limit) return null;
      this.#drop(bucket.id);
      this.#openedTo = bucket.id;
      this.#openingFrom = bucket.minTime;
      this.#opening = bucket.open(this.#groupMask);
    }
  }

  /** The first timer among those sorted; undefined when it still lies in a bucket, or there is none. */
  #head(): Timer | undefined {
    const sorted = this.#sortedHead();
    const late = this.#late.size === 0 ? undefined : this.#lateHead();
    if (late === undefined) return sorted;
    if (sorted === undefined) return late;
    return this.#compare(late, sorted) < 0 ? late : sorted;
  }

  #sortedHead(): Timer | undefined {
    for (;;) {
      const timers = this.#timers;
      while (this.#at < timers.length) {
        const timer = timers[this.#at]!;
        if (!timer.gone) return timer;
        // Nothing is to hold on to it.
        timers[this.#at++] = undefined;
      }
      this.#at = 0;
      if (++this.#page >= this.#sorted.length) {
        this.#timers = NOTHING;
        return undefined;
      }
      this.#timers = this.#sorted[this.#page]!;
    }
  }

  #take(sorted: (Timer | undefined)[][]): void {
    this.#sorted = sorted;
    this.#page = 0;
    this.#timers = sorted[0] ?? NOTHING;
    this.#at = 0;
  }

  #lateHead(): Timer | undefined {
    for (;;) {
      const timer = this.#late.peek();
      if (timer === undefined || !timer.gone) return timer;
      this.#late.pop();
      if (this.#lateGone > 0) this.#lateGone--;
    }
  }

  /** The bucket that is to get a timer. */
  #bucket(id: number): TimerBucket {
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = new TimerBucket(id);
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
    for (let timer = this.#late.pop(); timer !== undefined; timer = this.#late.pop()) if (!timer.gone) kept.push(timer);
    this.#late = kept;
    this.#lateGone = 0;
  }

  #heap(): BinaryHeap<Timer> {
    return new BinaryHeap<Timer>((left, right) => this.#compare(left, right));
  }

  #compare(left: Timer, right: Timer): number {
    if (left.time !== right.time) return left.time < right.time ? -1 : 1;
    const mask = this.#groupMask;
    return left.groupIn(mask) - right.groupIn(mask) || left.sequence - right.sequence;
  }
}
