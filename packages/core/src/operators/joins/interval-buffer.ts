import { BinaryHeap } from '../../base/binary-heap.js';
import { windowStart } from '../../functions/time-window.js';
import type { Pane, WindowTable } from '../../state/backend.js';

/** An element that waits for partners. */
export interface Waiting {
  readonly value: unknown;
  readonly timestamp: number;
  /** The first watermark at which it waits no longer. */
  readonly until: number;
}

/** More buckets than this per interval would cost more lookups than they save comparisons. */
const BUCKETS_PER_INTERVAL = 4;

/**
 * The elements of one side of an interval join, by bucket of time and key. A look for partners visits the few buckets
 * that the interval covers, and a bucket whose elements have all waited long enough is dropped whole: no timer per
 * element. Buckets have the width that they were made with, so that a job with other bounds can go on from them.
 */
export class IntervalBuffer {
  readonly #table: WindowTable<Waiting[]>;
  readonly #bucketMs: number;
  /** How long an element waits after its own timestamp. */
  readonly #waitMs: number;
  readonly #byEnd: BinaryHeap<Pane<Waiting[]>>;
  /** Buckets in order of their start. */
  #buckets: Pane<Waiting[]>[];

  constructor(table: WindowTable<Waiting[]>, intervalMs: number, waitMs: number) {
    this.#table = table;
    this.#bucketMs = Math.max(1, Math.ceil(intervalMs / BUCKETS_PER_INTERVAL));
    this.#waitMs = waitMs;
    this.#byEnd = new BinaryHeap((left, right) => left.end - right.end);
    this.#buckets = [...table.panes()].sort((left, right) => left.start - right.start);
    for (const bucket of this.#buckets) this.#byEnd.push(bucket);
  }

  /** Adds an element, which waits until the watermark has passed its wait, but at least until the next watermark. */
  add(key: unknown, value: unknown, timestamp: number, watermark: number): void {
    const bucket = this.#bucketOf(timestamp);
    const until = Math.max(timestamp + this.#waitMs, watermark === -Infinity ? -Infinity : watermark + 1);
    const slot = bucket.slot(key);
    if (slot < 0) {
      bucket.insert(key, [{ value, timestamp, until }]);
      return;
    }
    bucket.touch(slot);
    bucket.values[slot]!.push({ value, timestamp, until });
  }

  /** Collects the waiting elements of a key with timestamps from `from` to `to`, both included, into `found`. */
  collect(key: unknown, from: number, to: number, watermark: number, found: Waiting[]): void {
    for (const bucket of this.#buckets) {
      if (bucket.start > to) return;
      if (bucket.end <= from) continue;
      const slot = bucket.slot(key);
      if (slot < 0) continue;
      for (const waiting of bucket.values[slot]!) {
        if (waiting.timestamp >= from && waiting.timestamp <= to && waiting.until > watermark) found.push(waiting);
      }
    }
  }

  /** Drops the buckets in which nothing waits any more. */
  advance(watermark: number): void {
    // The last element of a bucket has a timestamp of `end - 1`; one that came at the watermark waits for the next one.
    for (let bucket = this.#byEnd.peek(); bucket !== undefined && bucket.end - 1 + this.#waitMs < watermark; bucket = this.#byEnd.peek()) {
      const gone = this.#byEnd.pop()!;
      this.#buckets = this.#buckets.filter((other) => other !== gone);
      this.#table.dropPane(gone);
    }
  }

  #bucketOf(timestamp: number): Pane<Waiting[]> {
    const start = windowStart(timestamp, 0, this.#bucketMs);
    const end = start + this.#bucketMs;
    let at = this.#buckets.length;
    while (at > 0 && this.#buckets[at - 1]!.start > start) at--;
    for (let same = at - 1; same >= 0 && this.#buckets[same]!.start === start; same--) {
      if (this.#buckets[same]!.end === end) return this.#buckets[same]!;
    }
    const bucket = this.#table.pane(start, end);
    this.#buckets.splice(at, 0, bucket);
    this.#byEnd.push(bucket);
    return bucket;
  }
}
