/** Buckets per doubling: a figure is at most 1.6 % off. */
const FINE = 64;
const FINE_BITS = 6;
/** Up to 2^32 units: more than an hour in microseconds. */
const BUCKETS = FINE * (32 - FINE_BITS + 1);

/** Counts of whole numbers in buckets that grow with the number, as many for each doubling. Recording takes a few nanoseconds and no memory. */
export class LogHistogram {
  #counts = new Float64Array(BUCKETS);
  count = 0;
  max = 0;

  /** @param {number} value  from 0 to 2^32 - 1, in whatever unit; fractions are cut off and what is below 0 counts as 0 */
  record(value) {
    const whole = value > 0 ? Math.min(value, 0xffffffff) >>> 0 : 0;
    this.#counts[bucketOf(whole)]++;
    this.count++;
    if (value > this.max) this.max = value;
  }

  /** Adds what another one has counted, as `toJSON` gave it. */
  add({ counts, count, max }) {
    for (const [bucket, times] of counts) this.#counts[bucket] += times;
    this.count += count;
    this.max = Math.max(this.max, max);
  }

  /** The highest value of the bucket in which the quantile lies, 0 to 1; never above the maximum. NaN when nothing was recorded. */
  quantile(q) {
    if (this.count === 0) return NaN;
    let left = Math.max(1, Math.ceil(q * this.count));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket];
      if (left <= 0) return Math.min(highestOf(bucket), this.max);
    }
    return this.max;
  }

  toJSON() {
    const counts = [];
    this.#counts.forEach((times, bucket) => times > 0 && counts.push([bucket, times]));
    return { counts, count: this.count, max: this.max };
  }
}

function bucketOf(whole) {
  if (whole < FINE) return whole;
  const shift = 31 - Math.clz32(whole) - FINE_BITS;
  return (shift + 1) * FINE + ((whole >>> shift) - FINE);
}

function highestOf(bucket) {
  if (bucket < FINE) return bucket;
  const shift = Math.floor(bucket / FINE) - 1;
  return (FINE + (bucket % FINE) + 1) * 2 ** shift - 1;
}
