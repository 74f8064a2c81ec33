import { CacheShare } from '../record/cache-share.js';
import { CLOCK_STRIDE } from './fusion/record-loop.js';

/** No batch of a source is made smaller, however slow the operators behind it are. */
export const SMALLEST_SOURCE_BATCH = 8;
/** The first batch has so many records, until it is known how long they take. */
const FIRST_BATCH = 16;
/** So long it may take from one look at the clock to the next, in milliseconds, by what the records of the batch before took. */
const STRIDE_MS = 0.25;
/** With more, a chain that becomes slow from one record to the next would hold up its thread for too long before it is noticed. */
const LONGEST_STRIDE = 4 * CLOCK_STRIDE;

/**
 * How many records a source reads in one go. A barrier waits for the end of the batch under way, so a batch must not take
 * longer than the work that may be in flight between two subtasks: before a sink of a hundred records a second, a batch of
 * a thousand would hold every checkpoint up for ten seconds.
 */
export class SourcePace {
  /** Records of the next batch. */
  capacity: number;
  /** How many records pass between two looks at the clock: a look costs as much as half a fast record. */
  stride: number;
  readonly #largest: number;
  readonly #share: CacheShare;
  readonly #targetMs: number;
  #beganAt: number;

  /** Batches of up to `largest` records that are read and worked off within about `targetMs`. */
  constructor(largest: number, targetMs: number) {
    this.#largest = largest;
    this.#share = new CacheShare();
    this.#targetMs = targetMs;
    this.capacity = Math.min(largest, FIRST_BATCH);
    this.stride = CLOCK_STRIDE;
    this.#beganAt = 0.5;
  }

  /** A batch is about to be read: that takes its time, too, where records are large. `now` in monotonic milliseconds. */
  began(now: number): void {
    this.#beganAt = now;
  }

  /** The records of a batch lie in memory together until they are worked off: large ones are read in smaller batches. */
  held(values: readonly unknown[], records: number): void {
    this.#share.look(values, records);
  }

  /** It has been read and worked off; it held so many records. */
  ended(records: number, now: number): void {
    const tookMs = now - this.#beganAt;
    const fits = (stride: number): boolean => tookMs > 0 && tookMs * stride <= STRIDE_MS * records;
    if (!fits(this.stride)) this.stride = CLOCK_STRIDE;
    else if (this.stride < LONGEST_STRIDE && fits(2 * this.stride)) this.stride *= 2;
    if (tookMs > this.#targetMs) {
      const fitting = (records * this.#targetMs) / tookMs;
      let next = this.capacity;
      while (next > fitting && next > SMALLEST_SOURCE_BATCH) next >>= 1;
      this.capacity = Math.min(this.#largest, Math.max(SMALLEST_SOURCE_BATCH, next));
    } else if (records === this.capacity && tookMs * 4 < this.#targetMs) {
      const next = Math.min(this.#largest, this.capacity * 2);
      if (next <= this.#share.records) this.capacity = next;
    }
    while (this.capacity > this.#share.records) this.capacity >>= 1;
  }
}
