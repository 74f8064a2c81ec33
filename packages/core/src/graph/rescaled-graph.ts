import { didYouMean } from '../base/suggest.js';
import { OperatorCannotScale } from './errors.js';
import { parallelismOf } from './chaining.js';
import { deriveUids } from './operator-uids.js';
import type { StreamEdge, StreamGraph, StreamNode } from './stream-graph.js';
import { topologicalOrder } from './topological-order.js';

/** What a running job is asked for: a parallelism for all operators that have none of their own, or one by operator uid. */
export type ParallelismRequest = number | { readonly [uid: string]: number };

/** The parallelism of a job where it differs from what its author built. Plain data that can travel. */
export interface ParallelismSettings {
  /** Of operators that have none of their own. */
  readonly overall: number | undefined;
  /** By uid; these win over what the author has set. */
  readonly operators: ReadonlyMap<string, number>;
}

/** Nothing differs. */
export const AS_BUILT: ParallelismSettings = Object.freeze({ overall: undefined, operators: new Map<string, number>() });

/** What holds after a request: a number is as if the job had been started with it, numbers by uid add to what holds. */
export function requestParallelism(settings: ParallelismSettings, request: ParallelismRequest): ParallelismSettings {
  if (typeof request === 'number') return { overall: request, operators: new Map() };
  return { ...settings, operators: new Map([...settings.operators, ...Object.entries(request)]) };
}

/**
 * The graph as it would have been built with another parallelism. Operators keep their uids, so that they find their
 * state. Throws for an uid that nobody has, and for an operator that can only run alone; whether the numbers are within
 * their bounds is checked where the graph is laid out.
 */
export function withParallelism(graph: StreamGraph, { overall, operators }: ParallelismSettings): StreamGraph {
  const rescaled: StreamGraph = { ...graph, parallelism: overall ?? graph.parallelism, nodes: nodesWith(graph, operators) };
  const nodes = new Map(rescaled.nodes.map((node) => [node.id, node]));
  const of = (id: number): number => parallelismOf(rescaled, nodes.get(id) as StreamNode);
  const edges = rescaled.edges.map((edge): StreamEdge => (edge.implied === true ? { ...edge, partitioning: of(edge.from) === of(edge.to) ? 'forward' : 'rebalance' } : edge));
  return { ...rescaled, edges };
}

function nodesWith(graph: StreamGraph, operators: ReadonlyMap<string, number>): readonly StreamNode[] {
  if (operators.size === 0) return graph.nodes;
  const uids = deriveUids(graph, topologicalOrder(graph));
  const known = [...uids.values()];
  for (const uid of operators.keys()) {
    if (known.includes(uid)) continue;
    throw OperatorCannotScale.error({ what: `job "${graph.job}" has no operator with the uid "${uid}".${didYouMean(uid, known)}`, where: { job: graph.job } });
  }
  return graph.nodes.map((node) => {
    const wanted = operators.get(uids.get(node.id) as string);
    if (wanted === undefined) return node;
    if (node.alone !== true || wanted === 1) return { ...node, parallelism: wanted };
    throw OperatorCannotScale.error({
      what: `"${node.name}" can only run with parallelism 1, not with ${wanted}`,
      where: { job: graph.job, operator: node.name, ...(node.definedAt === undefined ? {} : { definedAt: node.definedAt }) },
    });
  });
}
