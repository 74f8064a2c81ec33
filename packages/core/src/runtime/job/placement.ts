import type { ExecutionGraph } from '../../graph/execution-graph.js';

/**
 * Which task manager runs each subtask, by subtask id: subtask i of every vertex in the i-th, counted round. So one slot
 * holds one subtask of each vertex, edges that keep the partitioning stay within a thread, and only exchanges cross.
 */
export function placeSubtasks(graph: ExecutionGraph, managers: number): readonly number[] {
  return graph.subtasks.map((subtask) => subtask.index % managers);
}

/** The most parallel instances any vertex has: more task managers than that would have nothing to do. */
export function widestParallelism(graph: ExecutionGraph): number {
  return graph.jobGraph.vertices.reduce((most, vertex) => Math.max(most, vertex.parallelism), 1);
}
