import { deriveUids } from './operator-uids.js';
import { stableHash } from './stable-hash.js';
import type { StreamGraph } from './stream-graph.js';
import { topologicalOrder } from './topological-order.js';

/**
 * A short text that two workers compare to be sure that they built the same graph: kinds, uids, connections,
 * parallelism and number of key groups, but no names, settings or places in the source.
 */
export function graphFingerprint(graph: StreamGraph): string {
  const order = topologicalOrder(graph);
  const uids = deriveUids(graph, order);
  const nodes = graph.nodes.map((node) => [node.id, node.type, uids.get(node.id), node.parallelism ?? 0, node.maxParallelism ?? 0, node.chaining]);
  const edges = graph.edges.map((edge) => [edge.from, edge.to, edge.input, edge.partitioning, edge.sideOutput ?? '']);
  return stableHash(JSON.stringify([graph.parallelism, graph.maxParallelism, nodes, edges]));
}
