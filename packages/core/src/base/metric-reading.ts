import type { HistogramReading } from './histogram-reading.js';

/**
 * A metric with the groups it lies in: `job`; `task`, a chain's name and the subtask's number; or an operator's name and
 * the subtask's number. Names are Flink's where Flink has the metric.
 */
export interface MetricReading {
  readonly scope: readonly string[];
  readonly name: string;
  /** Undefined where there is none at the moment, and for a histogram. */
  readonly value: bigint | number | string | undefined;
  /** Set for a histogram. */
  readonly histogram?: HistogramReading;
}

/** All metrics of a job at one moment: what `onMetrics` is given. */
export interface MetricsReport {
  readonly job: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly metrics: readonly MetricReading[];
}
