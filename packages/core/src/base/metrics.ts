import { assert } from './assert.js';
import { MetricNameTaken } from './base-errors.js';

/** A number that grows. The hot path does `counter.value++` on the field itself: no call, no clock. */
export interface Counter {
  value: number;
}

/** A number that is asked for when somebody reads the metrics; undefined while there is none. */
export type Gauge = () => bigint | number | string | undefined;

/**
 * Counts how often values fall into fixed buckets. `record` costs a binary search over the bounds, so it is for
 * batches, checkpoints and calls, not for records.
 */
export interface Histogram {
  record(value: number): void;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** An upper estimate of the quantile `q` in 0 … 1, exact to the bucket; NaN while empty. */
  quantile(q: number): number;
  /** Upper bounds (inclusive) and how many values fell below each and above the one before; the last is Infinity. */
  buckets(): readonly { readonly upTo: number; readonly count: number }[];
}

/**
 * A named place for metrics: operators, tasks and user functions get one each. Registering a name a second time gives
 * the metric that is there (a gauge is replaced: after a restart the new one counts). Names are Flink's where Flink has
 * the metric.
 */
export interface MetricGroup {
  counter(name: string): Counter;
  gauge(name: string, read: Gauge): void;
  /** Upper bounds ascending; {@link DEFAULT_BOUNDS} (powers of two from 1 to 2^20) unless given. */
  histogram(name: string, bounds?: readonly number[]): Histogram;
  /** A group inside this one; the same name gives the same group. */
  group(name: string): MetricGroup;
}

/** One metric as a reporter sees it. */
export interface MetricSample {
  /** Names of the groups from the root. */
  readonly scope: readonly string[];
  readonly name: string;
  readonly metric:
    | { readonly kind: 'counter'; readonly value: number }
    | { readonly kind: 'gauge'; readonly value: bigint | number | string | undefined }
    | { readonly kind: 'histogram'; readonly histogram: Histogram };
}

/** Buckets of a histogram that names none. */
export const DEFAULT_BOUNDS: readonly number[] = Object.freeze(Array.from({ length: 21 }, (_, power) => 2 ** power));

type Metric = Counter | Gauge | FixedHistogram;

/** The tree of metrics of one job or process, itself its root group. */
export class MetricRegistry implements MetricGroup {
  readonly #scope: readonly string[];
  readonly #metrics: Map<string, Metric>;
  readonly #groups: Map<string, MetricRegistry>;

  constructor(scope: readonly string[] = []) {
    this.#scope = scope;
    this.#metrics = new Map();
    this.#groups = new Map();
  }

  counter(name: string): Counter {
    const present = this.#metrics.get(name);
    if (present !== undefined) {
      if (typeof present === 'function' || present instanceof FixedHistogram) throw this.#taken(name, 'counter');
      return present;
    }
    const counter: Counter = { value: 0 };
    this.#metrics.set(name, counter);
    return counter;
  }

  gauge(name: string, read: Gauge): void {
    const present = this.#metrics.get(name);
    if (present !== undefined && typeof present !== 'function') throw this.#taken(name, 'gauge');
    this.#metrics.set(name, read);
  }

  histogram(name: string, bounds: readonly number[] = DEFAULT_BOUNDS): Histogram {
    const present = this.#metrics.get(name);
    if (present !== undefined) {
      if (!(present instanceof FixedHistogram)) throw this.#taken(name, 'histogram');
      return present;
    }
    const histogram = new FixedHistogram(bounds);
    this.#metrics.set(name, histogram);
    return histogram;
  }

  group(name: string): MetricRegistry {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new MetricRegistry([...this.#scope, name]);
      this.#groups.set(name, group);
    }
    return group;
  }

  /** Forgets the group and all in it, e.g. of a task that ended. */
  removeGroup(name: string): void {
    this.#groups.delete(name);
  }

  /** Forgets everything, e.g. before a job starts again. */
  clear(): void {
    this.#metrics.clear();
    this.#groups.clear();
  }

  /** Every metric of the group and the groups inside it, in the order of registration. A gauge that throws reads as undefined. */
  snapshot(): readonly MetricSample[] {
    const samples: MetricSample[] = [];
    this.#collect(samples);
    return samples;
  }

  #collect(samples: MetricSample[]): void {
    for (const [name, metric] of this.#metrics) samples.push({ scope: this.#scope, name, metric: readMetric(metric) });
    for (const group of this.#groups.values()) group.#collect(samples);
  }

  #taken(name: string, kind: string): Error {
    const place = [...this.#scope, name].join('.');
    return MetricNameTaken.error({ what: `"${place}" was to be registered as a ${kind} and is another kind of metric already` });
  }
}

function readMetric(metric: Metric): MetricSample['metric'] {
  if (typeof metric === 'function') return { kind: 'gauge', value: readGauge(metric) };
  if (metric instanceof FixedHistogram) return { kind: 'histogram', histogram: metric };
  return { kind: 'counter', value: metric.value };
}

/** A user's gauge may fail while its owner is closing; that must not take the other metrics with it. */
function readGauge(gauge: Gauge): ReturnType<Gauge> {
  try {
    return gauge();
  } catch {
    return undefined;
  }
}

class FixedHistogram implements Histogram {
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly #bounds: Float64Array;
  readonly #counts: Float64Array;

  constructor(bounds: readonly number[]) {
    for (let i = 1; i < bounds.length; i++) assert(bounds[i - 1]! < bounds[i]!, 'the bounds of a histogram ascend');
    this.count = 0;
    this.sum = 0;
    this.min = Infinity;
    this.max = -Infinity;
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    if (Number.isNaN(value)) return;
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bounds[middle]! < value) low = middle + 1;
      else high = middle;
    }
    this.#counts[low]!++;
  }

  quantile(q: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (let i = 0; i < this.#bounds.length; i++) {
      seen += this.#counts[i]!;
      if (seen >= rank) return Math.min(this.max, this.#bounds[i]!);
    }
    return this.max;
  }

  buckets(): readonly { readonly upTo: number; readonly count: number }[] {
    return Array.from(this.#counts, (count, index) => ({ upTo: this.#bounds[index] ?? Infinity, count }));
  }
}
