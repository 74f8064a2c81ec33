import { CacheShare } from '../../record/cache-share.js';
import type { RecordBatch } from '../../record/record-batch.js';

/** So many batches may be under way before any receiver. */
export const MIN_BATCHES_IN_FLIGHT = 2;
/** So many are the most, however fast the receiver is. */
export const MAX_BATCHES_IN_FLIGHT = 16;

/** No batch is made smaller, however slow the receiver is: two of them may be under way in any case. */
export const SMALLEST_BATCH = 8;
/** The first batches have so many records, until it is known how fast the receiver is. */
const FIRST_BATCH = 16;

/** A batch is made so large that the records of those before it would need so many bytes at the most: large records need no full batches. */
const MOST_BYTES = 1 << 22;
/** How much of the largest size of a record is remembered from batch to batch. */
const BYTES_KEPT = 0.9;

/** How much the newest batch counts in the measured rate. */
const WEIGHT = 0.2;

/**
 * How much one channel may have under way. The receiver's speed is measured by when it gives batches back, and what is in
 * flight is held to as much as it works off in the target time: a fast receiver never waits for the sender's next look at
 * its credit, and before a slow one only little piles up, which also bounds how long a barrier takes.
 */
export class InFlightLimit {
  readonly #targetMs: number;
  readonly #largestBatch: number;
  #rate: number;
  #lastReturn: number;
  /** True until the first batch has come back. */
  #isNew: boolean;
  #records: number;
  /** Bytes of a record, by the batches before. */
  #recordBytes: number;
  /** Objects are taken out of a batch while they are still in the cache, where it is not too large. */
  readonly #share: CacheShare;
  /** Records and sending times of what is under way, oldest first. */
  readonly #lengths: number[];
  readonly #sentAt: number[];

  /** `targetMs`: work of the receiver that may be in flight. No batch is larger than `batchSize`. */
  constructor(targetMs: number, batchSize: number) {
    this.#targetMs = targetMs;
    this.#largestBatch = batchSize;
    // Records per millisecond; begins with two small batches, since a slow receiver would be busy with large ones for
    // minutes. Twice a fraction of a batch, so that the field stays a double.
    this.#rate = (Math.min(batchSize, FIRST_BATCH) * MIN_BATCHES_IN_FLIGHT + 0.5) / Math.max(1, targetMs);
    this.#isNew = true;
    this.#lastReturn = -0.5;
    this.#records = 0;
    this.#recordBytes = 0.5;
    this.#share = new CacheShare();
    this.#lengths = [];
    this.#sentAt = [];
  }

  /** Whether another batch may be sent. */
  get hasCredit(): boolean {
    const batches = this.#lengths.length;
    if (batches < MIN_BATCHES_IN_FLIGHT) return true;
    return batches < MAX_BATCHES_IN_FLIGHT && this.#records < this.#rate * this.#targetMs;
  }

  /** The share of what may be under way that is, 0 to 1. */
  get usage(): number {
    if (!this.hasCredit) return 1;
    return Math.min(1, Math.max(this.#lengths.length / MAX_BATCHES_IN_FLIGHT, this.#records / Math.max(1, this.#rate * this.#targetMs)));
  }

  /** The size of the next batch: small ones before a slow receiver, and of large records. Few sizes, so that batches can be used again. */
  get batchSize(): number {
    const share = Math.min((this.#rate * this.#targetMs) / MIN_BATCHES_IN_FLIGHT, MOST_BYTES / this.#recordBytes, this.#share.records);
    let size = this.#largestBatch;
    while (size > share && size > SMALLEST_BATCH) size = Math.max(SMALLEST_BATCH, size >> 1);
    return size;
  }

  /** Such a batch is about to be sent: what its records take as objects counts for the next ones. */
  held(batch: RecordBatch): void {
    if (!batch.holdsNumbers && !batch.holdsPartials) this.#share.look(batch.values, batch.length);
  }

  /** A batch of so many records and bytes is sent now; 0 bytes where it is handed over as it is. */
  sent(records: number, bytes: number, now: number): void {
    this.#recordBytes = Math.max(0.5, BYTES_KEPT * this.#recordBytes, bytes / Math.max(1, records));
    this.#lengths.push(records);
    this.#sentAt.push(now);
    this.#records += records;
  }

  /** The oldest batch was worked off. */
  returned(now: number): void {
    const records = this.#lengths.shift() ?? 0;
    const sentAt = this.#sentAt.shift() ?? now;
    this.#records -= records;
    // The receiver began with it when it had it and was done with the one before.
    const tookMs = Math.max(0.001, now - Math.max(sentAt, this.#lastReturn));
    this.#lastReturn = now;
    const weight = this.#isNew ? 1 : WEIGHT;
    this.#isNew = false;
    this.#rate += weight * (Math.min(records / tookMs, 1e6) - this.#rate);
  }
}
