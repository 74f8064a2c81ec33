/** No batch of a source is made smaller, however slow the operators behind it are. */
export const SMALLEST_SOURCE_BATCH = 8;
/** The first batch has so many records, until it is known how long they take. */
const FIRST_BATCH = 16;

/**
 * How many records a source reads in one go. A barrier waits for the end of the batch under way, so a batch must not take
 * longer than the work that may be in flight between two subtasks: before a sink of a hundred records a second, a batch of
 * a thousand would hold every checkpoint up for ten seconds.
 */
export class SourcePace {
  /** Records of the next batch. */
  capacity: number;
  readonly #largest: number;
  readonly #targetMs: number;
  #beganAt: number;

  /** Batches of up to `largest` records that are worked off within about `targetMs`. */
  constructor(largest: number, targetMs: number) {
    this.#largest = largest;
    this.#targetMs = targetMs;
    this.capacity = Math.min(largest, FIRST_BATCH);
    this.#beganAt = 0.5;
  }

  /** A batch has been read. `now` in monotonic milliseconds. */
  began(now: number): void {
    this.#beganAt = now;
  }

  /** It has been worked off; it held so many records. */
  ended(records: number, now: number): void {
    const tookMs = now - this.#beganAt;
    if (tookMs > this.#targetMs) {
      const fitting = (records * this.#targetMs) / tookMs;
      let next = this.capacity;
      while (next > fitting && next > SMALLEST_SOURCE_BATCH) next >>= 1;
      this.capacity = Math.min(this.#largest, Math.max(SMALLEST_SOURCE_BATCH, next));
    } else if (records === this.capacity && tookMs * 4 < this.#targetMs) {
      this.capacity = Math.min(this.#largest, this.capacity * 2);
    }
  }
}
