import type { MetricGroup } from '../base/metrics.js';
import type { ChainNode } from './chain-node.js';

/** Registers what every operator tells, under Flink's names. They are read from plain fields when somebody asks. */
export function registerOperatorMetrics(node: ChainNode, metrics: MetricGroup): void {
  metrics.gauge('numRecordsIn', () => node.operator.recordsIn);
  metrics.gauge('numRecordsOut', () => {
    let out = 0;
    for (const child of node.children) out += child.counter.recordsIn;
    for (const edge of node.edges) out += edge.recordsOut;
    return out;
  });
  metrics.gauge('currentInputWatermark', () => node.watermark);
  metrics.gauge('currentOutputWatermark', () => node.emittedWatermark);
}
