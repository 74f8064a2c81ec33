import { estimatedBytes } from './estimated-bytes.js';

/**
 * Records that are handled together take no more memory than this, in bytes: about half of the second cache of a core, so that what was made for one step
 * is still there when the next touches it.
 */
const SHARE_BYTES = 1 << 19;
/** So many go together all the same: with fewer, what is done once a batch costs more than memory does. */
export const FEWEST_TOGETHER = 512;
/** How much of the largest size is remembered from batch to batch. */
const KEPT = 0.9;

/** How many records of a stream are to go together, by what some of them take in memory. */
export class CacheShare {
  /** The most records of the next batch. */
  records: number;
  #bytes: number;

  constructor() {
    this.records = Number.POSITIVE_INFINITY;
    // Starts as a non-integer, so that the engine keeps the field a double.
    this.#bytes = 0.5;
  }

  /** Looks at the first, middle and last of so many records; few say nothing, as they fit in any case. */
  look(values: readonly unknown[], length: number): void {
    if (length < FEWEST_TOGETHER) return;
    const bytes = (estimatedBytes(values[0]) + estimatedBytes(values[length >> 1]) + estimatedBytes(values[length - 1])) / 3;
    this.#bytes = Math.max(bytes, KEPT * this.#bytes);
    this.records = Math.max(FEWEST_TOGETHER, SHARE_BYTES / this.#bytes);
  }
}
