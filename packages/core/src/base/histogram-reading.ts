import { assert } from './assert.js';
import type { Histogram } from './metrics.js';

/** A histogram as plain data: it travels between threads, and those of several threads can be added up. */
export interface HistogramReading {
  readonly count: number;
  readonly sum: number;
  /** Infinity while empty. */
  readonly min: number;
  /** -Infinity while empty. */
  readonly max: number;
  /** Upper bounds of the buckets, inclusive and ascending; the last is Infinity. */
  readonly upTo: readonly number[];
  /** How many values fell into each. */
  readonly counts: readonly number[];
}

/** What stands in a histogram now. */
export function readHistogram(histogram: Histogram): HistogramReading {
  const buckets = histogram.buckets();
  const { count, sum, min, max } = histogram;
  return { count, sum, min, max, upTo: buckets.map((bucket) => bucket.upTo), counts: buckets.map((bucket) => bucket.count) };
}

/** Adds up histograms with the same bounds: as if all values had gone into one. At least one is given. */
export function mergeHistograms(readings: readonly HistogramReading[]): HistogramReading {
  const [first, ...others] = readings;
  assert(first !== undefined, 'at least one histogram is merged');
  let { count, sum, min, max } = first;
  const counts = [...first.counts];
  for (const other of others) {
    assert(other.upTo.length === first.upTo.length && other.upTo.every((bound, index) => bound === first.upTo[index]), 'only histograms with the same bounds are merged');
    count += other.count;
    sum += other.sum;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
    other.counts.forEach((more, index) => (counts[index] = (counts[index] as number) + more));
  }
  return { count, sum, min, max, upTo: first.upTo, counts };
}

/** An upper estimate of the quantile `q` in 0 … 1, exact to the bucket; NaN while empty. */
export function quantileOf({ count, max, upTo, counts }: HistogramReading, q: number): number {
  if (count === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(q * count));
  let seen = 0;
  for (let index = 0; index < counts.length; index++) {
    seen += counts[index] as number;
    if (seen >= rank) return Math.min(max, upTo[index] as number);
  }
  return max;
}
