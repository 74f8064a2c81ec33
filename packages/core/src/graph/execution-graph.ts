import type { JobEdge, JobGraph, JobVertex } from './job-graph.js';

/** The job graph with parallel instances and the channels between them. Plain data. */
export interface ExecutionGraph {
  readonly jobGraph: JobGraph;
  readonly subtasks: readonly ExecutionSubtask[];
  readonly channels: readonly ExecutionChannel[];
}

/** One parallel instance of a vertex. */
export interface ExecutionSubtask {
  readonly id: number;
  readonly vertex: JobVertex;
  /** Index within the vertex, from 0. */
  readonly index: number;
  /** Its key groups, first and last. */
  readonly keyGroups: { readonly first: number; readonly last: number };
}

/** One link between two subtasks. */
export interface ExecutionChannel {
  readonly id: number;
  readonly edge: JobEdge;
  readonly fromSubtask: number;
  readonly toSubtask: number;
  /** The place of this channel among those its sender has for the edge: what a partitioner chooses by. */
  readonly senderIndex: number;
}

/** Lays a job graph out into subtasks and channels. */
export function buildExecutionGraph(jobGraph: JobGraph): ExecutionGraph {
  const subtasks: ExecutionSubtask[] = [];
  const firstSubtask = new Map<number, number>();
  for (const vertex of jobGraph.vertices) {
    firstSubtask.set(vertex.id, subtasks.length);
    for (let index = 0; index < vertex.parallelism; index++) {
      subtasks.push({ id: subtasks.length, vertex, index, keyGroups: keyGroupsOf(index, vertex.parallelism, vertex.maxParallelism) });
    }
  }
  const channels: ExecutionChannel[] = [];
  for (const edge of jobGraph.edges) {
    const from = jobGraph.vertices[edge.fromVertex] as JobVertex;
    const to = jobGraph.vertices[edge.toVertex] as JobVertex;
    for (let sender = 0; sender < from.parallelism; sender++) {
      receiversOf(edge, sender, from.parallelism, to.parallelism).forEach((receiver, senderIndex) => {
        channels.push({
          id: channels.length,
          edge,
          fromSubtask: (firstSubtask.get(from.id) as number) + sender,
          toSubtask: (firstSubtask.get(to.id) as number) + receiver,
          senderIndex,
        });
      });
    }
  }
  return { jobGraph, subtasks, channels };
}

/**
 * The key groups of a subtask: those `g` with `floor(g * parallelism / maxParallelism) = index`. First and last are
 * found by rounding up, as Flink does.
 */
export function keyGroupsOf(index: number, parallelism: number, maxParallelism: number): { first: number; last: number } {
  return {
    first: Math.floor((index * maxParallelism + parallelism - 1) / parallelism),
    last: Math.floor(((index + 1) * maxParallelism - 1) / parallelism),
  };
}

/** Which receivers a sender is linked to. */
function receiversOf(edge: JobEdge, sender: number, senders: number, receivers: number): number[] {
  switch (edge.stream.partitioning) {
    case 'forward':
      return [sender];
    case 'rescale':
      return rescaleReceivers(sender, senders, receivers);
    default:
      return Array.from({ length: receivers }, (_, receiver) => receiver);
  }
}

/** Each sender serves a local share of the receivers, so that few links are needed. */
function rescaleReceivers(sender: number, senders: number, receivers: number): number[] {
  if (senders >= receivers) return [Math.floor((sender * receivers) / senders)];
  const first = Math.floor((sender * receivers) / senders);
  const last = Math.floor(((sender + 1) * receivers) / senders) - 1;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
