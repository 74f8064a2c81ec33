import type { MetricRegistry } from '../../base/metrics.js';
import type { JobResult } from '../../operators/executor.js';
import { SinkOperator } from '../../operators/sink.js';
import type { BuiltSubtask } from '../../task/subtask-builder.js';

/** Sums up what a job has done, from the counters of its operators. */
export function collectResult(job: string, state: JobResult['state'], seconds: number, tasks: readonly BuiltSubtask[], metrics: MetricRegistry): JobResult {
  let recordsIn = 0;
  let recordsOut = 0;
  for (const task of tasks) {
    recordsIn += task.source?.head.recordsIn ?? 0;
    for (const node of task.subtask.chain.nodes) if (node.operator instanceof SinkOperator) recordsOut += node.operator.recordsIn;
  }
  return {
    job,
    state,
    seconds,
    recordsIn,
    recordsOut,
    lateRecordsDropped: sumOf(metrics, 'numLateRecordsDropped'),
    decodeErrors: sumOf(metrics, 'numDecodeErrors'),
  };
}

function sumOf(metrics: MetricRegistry, name: string): number {
  let sum = 0;
  for (const sample of metrics.snapshot()) if (sample.name === name && sample.metric.kind === 'counter') sum += sample.metric.value;
  return sum;
}
