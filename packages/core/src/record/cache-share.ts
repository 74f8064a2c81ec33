import { estimatedBytes } from './estimated-bytes.js';

/**
 * Records that are handled together take no more memory than this, in bytes: about half of the second cache of a core, so that what was made for one step
 * is still there when the next touches it.
 */
const SHARE_BYTES = 1 << 19;
/** So many go together all the same: with fewer, what is done once a batch costs more than memory does. (Sizes are halved: of one that is no power of two, up to half as many are left.) */
export const FEWEST_TOGETHER = 512;
/** Larger ones change nothing any more, and would only be remembered for longer. */
const MOST_BYTES = SHARE_BYTES / FEWEST_TOGETHER;
/** How much of the largest size is remembered from batch to batch. */
const KEPT = 0.9;
/**
 * Behind records of the largest size that counts so many batches are not looked at: an object of 100,000 fields, of which each record may have the same one, takes
 * milliseconds to look at, since the engine lists the names of all.
 */
const NOT_LOOKED_AT = 15;

/** How many records of a stream are to go together, by what some of them take in memory. */
export class CacheShare {
  /** The most records of the next batch. */
  records: number;
  #bytes: number;
  #toPass: number;

  constructor() {
    this.records = Number.POSITIVE_INFINITY;
    // Starts as a non-integer, so that the engine keeps the field a double.
    this.#bytes = 0.5;
    this.#toPass = 0;
  }

  /**
   * Looks at the first, middle and last of so many records. Few say nothing, as they fit in any case; but those do that are left of a size which is halved until
   * no more than the fewest go together.
   */
  look(values: readonly unknown[], length: number): void {
    if (2 * length <= FEWEST_TOGETHER || --this.#toPass >= 0) return;
    const bytes = (bytesOf(values[0]) + bytesOf(values[length >> 1]) + bytesOf(values[length - 1])) / 3;
    this.#toPass = bytes < MOST_BYTES ? 0 : NOT_LOOKED_AT;
    this.#bytes = Math.min(MOST_BYTES, Math.max(bytes, KEPT * this.#bytes));
    this.records = Math.max(FEWEST_TOGETHER, SHARE_BYTES / this.#bytes);
  }
}

/** What a record takes; nothing where it throws at who reads it, which is no matter of ours: it may be that nobody else does. */
function bytesOf(record: unknown): number {
  try {
    return estimatedBytes(record);
  } catch {
    return 0;
  }
}
