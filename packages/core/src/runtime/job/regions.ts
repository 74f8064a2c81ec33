import type { ExecutionGraph } from '../../graph/execution-graph.js';
import type { JobProgram } from '../../operators/job-program.js';

/**
 * The parts of a running job that can be started again without the rest: sets of task managers between which records flow,
 * directly or by way of others. A job with an exchange between all of its threads is one region.
 */
export function regionsOf(graph: ExecutionGraph, placement: readonly number[], managers: number): readonly (readonly number[])[] {
  const regionOf = Array.from({ length: managers }, (_, manager) => manager);
  for (const channel of graph.channels) {
    const [one, other] = [regionOf[placement[channel.fromSubtask] as number] as number, regionOf[placement[channel.toSubtask] as number] as number];
    if (one === other) continue;
    regionOf.forEach((region, manager) => {
      if (region === other) regionOf[manager] = one;
    });
  }
  const regions = new Map<number, number[]>();
  regionOf.forEach((region, manager) => regions.set(region, [...(regions.get(region) ?? []), manager]));
  return [...regions.values()];
}

/** Whether every sink can be restored from what its own subtask has left, while the others go on. */
export function sinksRestartAlone(program: JobProgram): boolean {
  return [...program.nodes.values()].every((node) => node.kind !== 'sink' || node.sink.restartsAlone === true);
}
