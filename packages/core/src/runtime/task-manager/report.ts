import { readHistogram } from '../../base/histogram-reading.js';
import type { MetricReading } from '../../base/metric-reading.js';
import type { MetricRegistry, MetricSample } from '../../base/metrics.js';
import { SinkOperator } from '../../operators/sink.js';
import type { ChainNode } from '../../task/chain-node.js';
import type { SubtaskDescription } from '../../task/subtask.js';
import type { BuiltSubtask } from '../../task/subtask-builder.js';

/** What one operator of one subtask has done. */
export interface OperatorReport {
  readonly uid: string;
  readonly name: string;
  readonly subtask: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly lateRecordsDropped: number;
  readonly watermark: number;
}

/** What a task manager has done so far and is doing: plain data. */
export interface TaskManagerReport {
  /** Records read by its sources. */
  readonly recordsIn: number;
  /** Records written by its sinks. */
  readonly recordsOut: number;
  readonly lateRecordsDropped: number;
  readonly decodeErrors: number;
  readonly subtasks: readonly SubtaskDescription[];
  readonly operators: readonly OperatorReport[];
  readonly metrics: readonly MetricReading[];
}

/** The report of a task manager that has done nothing yet. */
export const EMPTY_REPORT: TaskManagerReport = Object.freeze({ recordsIn: 0, recordsOut: 0, lateRecordsDropped: 0, decodeErrors: 0, subtasks: [], operators: [], metrics: [] });

/** Sums up what some subtasks have done, from the counters of their operators. */
export function reportOf(tasks: readonly BuiltSubtask[], metrics: MetricRegistry): TaskManagerReport {
  const samples = metrics.snapshot();
  let recordsIn = 0;
  let recordsOut = 0;
  const operators: OperatorReport[] = [];
  for (const task of tasks) {
    recordsIn += task.source?.head.recordsIn ?? 0;
    for (const node of task.subtask.chain.nodes) {
      if (node.operator instanceof SinkOperator) recordsOut += node.operator.recordsIn;
      operators.push(operatorReport(node, samples));
    }
  }
  return {
    recordsIn,
    recordsOut,
    lateRecordsDropped: sumOf(samples, 'numLateRecordsDropped'),
    decodeErrors: sumOf(samples, 'numDecodeErrors'),
    subtasks: tasks.map((task) => task.subtask.describe()),
    operators,
    metrics: [...samples.map(readingOf), ...tasks.flatMap(taskReadings)],
  };
}

/** Adds the reports of several task managers up. */
export function mergeReports(reports: readonly TaskManagerReport[]): TaskManagerReport {
  const sum = (read: (report: TaskManagerReport) => number): number => reports.reduce((total, report) => total + read(report), 0);
  return {
    recordsIn: sum((report) => report.recordsIn),
    recordsOut: sum((report) => report.recordsOut),
    lateRecordsDropped: sum((report) => report.lateRecordsDropped),
    decodeErrors: sum((report) => report.decodeErrors),
    subtasks: reports.flatMap((report) => report.subtasks),
    operators: reports.flatMap((report) => report.operators),
    metrics: reports.flatMap((report) => report.metrics),
  };
}

function readingOf({ scope, name, metric }: MetricSample): MetricReading {
  if (metric.kind === 'histogram') return { scope, name, value: undefined, histogram: readHistogram(metric.histogram) };
  return { scope, name, value: metric.value };
}

function taskReadings({ name, index, subtask }: BuiltSubtask): MetricReading[] {
  const scope = ['task', name, String(index)];
  return Object.entries(subtask.metrics()).map(([metric, value]) => ({ scope, name: metric, value: value as number | undefined }));
}

function operatorReport(node: ChainNode, samples: readonly MetricSample[]): OperatorReport {
  const { subtask } = node.context.info;
  let recordsOut = 0;
  for (const child of node.children) recordsOut += child.counter.recordsIn;
  for (const edge of node.edges) recordsOut += edge.recordsOut;
  const own = samples.filter(({ scope }) => scope[0] === node.name && scope[1] === String(subtask));
  const lateRecordsDropped = sumOf(own, 'numLateRecordsDropped');
  return { uid: node.uid, name: node.name, subtask, recordsIn: node.operator.recordsIn, recordsOut, lateRecordsDropped, watermark: node.watermark };
}

function sumOf(samples: readonly MetricSample[], name: string): number {
  let sum = 0;
  for (const sample of samples) if (sample.name === name && sample.metric.kind === 'counter') sum += sample.metric.value;
  return sum;
}
