import { BinaryHeap } from '../../base/binary-heap.js';
import { type BucketSort, bucketOf, TimerBucket } from './timer-bucket.js';
import { compareTimers, type Timer } from './timer.js';

/** Deleted timers among the late ones before they are cleaned out. */
const LATE_GONE_LIMIT = 64;

/**
 * The timers of one key group and time domain in the order of firing. What lies ahead waits in buckets of about a
 * second; the bucket that is due is sorted; what is registered into it afterwards goes to a small heap.
 */
export class TimerQueue {
  readonly keyGroup: number;
  readonly #buckets: Map<number, TimerBucket>;
  readonly #order: BinaryHeap<number>;
  /** All buckets up to this one have been opened. */
  #openedTo: number;
  #opening: BucketSort | null;
  #openingFrom: number;
  #sorted: Timer[][];
  #list: number;
  #at: number;
  #late: BinaryHeap<Timer>;
  #lateGone: number;

  constructor(keyGroup: number) {
    this.keyGroup = keyGroup;
    this.#buckets = new Map();
    this.#order = new BinaryHeap<number>((left, right) => left - right);
    this.#openedTo = -Infinity;
    this.#opening = null;
    this.#openingFrom = 0;
    this.#sorted = [];
    this.#list = 0;
    this.#at = 0;
    this.#late = new BinaryHeap(compareTimers);
    this.#lateGone = 0;
  }

  add(timer: Timer): void {
    const id = bucketOf(timer.time);
    if (id <= this.#openedTo) {
      this.#late.push(timer);
      return;
    }
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = new TimerBucket(id);
      this.#buckets.set(id, bucket);
      this.#order.push(id);
    }
    bucket.add(timer);
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

  /** A time that no timer of the queue is before; Infinity may also mean that there is none (see `isEmpty`). */
  get bound(): number {
    if (this.#opening !== null) return Math.min(this.#openingFrom, this.#late.peek()?.time ?? Infinity);
    const head = this.head();
    if (head !== undefined) return head.time;
    return this.#firstBucket()?.minTime ?? Infinity;
  }

  /** The time of the first timer, exactly; Infinity when there is none. */
  earliest(): number {
    if (this.#opening !== null) return this.bound;
    const head = this.head();
    if (head !== undefined) return head.time;
    return this.#firstBucket()?.earliest() ?? Infinity;
  }

  /**
   * Sorts until the first timer stands at the head, or nothing up to `limit` is left. False when `mayContinue` said no
   * before that.
   */
  prepare(limit: number, mayContinue: () => boolean): boolean {
    for (;;) {
      if (this.#opening !== null) {
        if (!this.#opening.advance(mayContinue)) return false;
        this.#sorted = this.#opening.lists;
        this.#list = 0;
        this.#at = 0;
        this.#opening = null;
      }
      if (this.head() !== undefined) return true;
      const bucket = this.#firstBucket();
      if (bucket === undefined || bucket.minTime > limit) return true;
      this.#order.pop();
      this.#buckets.delete(bucket.id);
      this.#openedTo = bucket.id;
      this.#openingFrom = bucket.minTime;
      this.#opening = bucket.open();
    }
  }

  /** The first timer among those sorted; undefined when it still lies in a bucket, or there is none. */
  head(): Timer | undefined {
    const late = this.#lateHead();
    const sorted = this.#sortedHead();
    if (late === undefined) return sorted;
    if (sorted === undefined) return late;
    return compareTimers(late, sorted) < 0 ? late : sorted;
  }

  #sortedHead(): Timer | undefined {
    const lists = this.#sorted;
    while (this.#list < lists.length) {
      const list = lists[this.#list]!;
      while (this.#at < list.length) {
        const timer = list[this.#at]!;
        if (!timer.gone) return timer;
        this.#at++;
      }
      lists[this.#list] = [];
      this.#list++;
      this.#at = 0;
    }
    return undefined;
  }

  #lateHead(): Timer | undefined {
    for (;;) {
      const timer = this.#late.peek();
      if (timer === undefined || !timer.gone) return timer;
      this.#late.pop();
      if (this.#lateGone > 0) this.#lateGone--;
    }
  }

  /** The first bucket that has anything in it. */
  #firstBucket(): TimerBucket | undefined {
    for (;;) {
      const id = this.#order.peek();
      if (id === undefined) return undefined;
      const bucket = this.#buckets.get(id)!;
      if (bucket.live > 0) return bucket;
      this.#order.pop();
      this.#buckets.delete(id);
    }
  }

  #cleanLate(): void {
    const kept = new BinaryHeap<Timer>(compareTimers);
    for (let timer = this.#late.pop(); timer !== undefined; timer = this.#late.pop()) if (!timer.gone) kept.push(timer);
    this.#late = kept;
    this.#lateGone = 0;
  }
}
