import type { Logger } from '../../base/logger.js';
import type { Platform } from '../../base/platform.js';
import type { ExecutionGraph } from '../../graph/execution-graph.js';
import type { JobProgram } from '../../operators/job-program.js';

/** Lets the sinks check their settings before anything runs. */
export async function validateSinks(program: JobProgram, platform: Platform, checkpointIntervalMs: number | undefined, resumed: boolean): Promise<void> {
  for (const node of program.streamGraph.nodes) {
    const part = program.nodes.get(node.id);
    if (part?.kind === 'sink') await part.sink.validate?.({ platform, job: program.streamGraph.job, operator: node.name, checkpointIntervalMs, resumed });
  }
}

/** A derived uid changes with the graph around it, and then the saved state finds its operator no more. */
export function warnOfMissingUids({ jobGraph }: ExecutionGraph, logger: Logger): void {
  const without = jobGraph.vertices.flatMap((vertex) => vertex.operators).filter(({ node }) => node.stateful && node.uid === undefined);
  if (without.length === 0) return;
  logger.warn('these operators keep state but have no uid, so a change of the job may lose it; give each one: { uid: … }', { operators: without.map(({ node }) => node.name) });
}
