import { ForwardNeedsEqualParallelism, BadParallelism, EmptyJob } from './errors.js';
import { deriveUids } from './operator-uids.js';
import type { StreamEdge, StreamGraph, StreamNode } from './stream-graph.js';
import { topologicalOrder } from './topological-order.js';

/** The stream graph with operators joined into chains: what is deployed. Plain data. */
export interface JobGraph {
  readonly job: string;
  readonly maxParallelism: number;
  /** In topological order: a vertex comes after all that feed it. */
  readonly vertices: readonly JobVertex[];
  readonly edges: readonly JobEdge[];
}

/** A chain of operators that runs in one subtask, as a tree: each operator is called by its parent directly. */
export interface JobVertex {
  readonly id: number;
  /** The names of its operators, joined for people. */
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** The head first; every operator after its parent. */
  readonly operators: readonly ChainedNode[];
  /** Number of inputs of the head: 0 for a source. */
  readonly inputs: number;
}

/** An operator inside a chain. */
export interface ChainedNode {
  readonly node: StreamNode;
  /** The stable name its state is kept under. */
  readonly uid: string;
  /** Index of the operator that calls it, within the vertex; -1 for the head. */
  readonly parent: number;
  /** The side output of the parent it reads; the main output when absent. */
  readonly parentSide?: string;
}

/** A connection between two vertices, through channels. */
export interface JobEdge {
  readonly stream: StreamEdge;
  readonly fromVertex: number;
  /** Index of the operator in its vertex that emits into it. */
  readonly fromOperator: number;
  readonly toVertex: number;
}

/** Whether records of one key come together only behind an edge: it spreads keys over several subtasks, or brings all records of several to one. */
export function gathersKeys({ stream }: JobEdge, from: { readonly parallelism: number }, to: { readonly parallelism: number }): boolean {
  return (stream.partitioning === 'hash' && to.parallelism > 1) || (stream.partitioning === 'global' && from.parallelism > 1);
}

/** What chaining depends on besides the graph. */
export interface ChainingOptions {
  /** In check mode keyed edges always go through a channel and its codec. */
  readonly check?: boolean;
  /** False puts every operator into a vertex of its own, for tests and for finding a slow operator. */
  readonly chaining?: boolean;
}

/** Joins operators into chains wherever a record need not change its subtask. */
export function buildJobGraph(graph: StreamGraph, options: ChainingOptions = {}): JobGraph {
  if (graph.nodes.length === 0) throw EmptyJob.error({ what: `job "${graph.job}" has no operators`, where: { job: graph.job } });
  const order = topologicalOrder(graph);
  const uids = deriveUids(graph, order);
  const incoming = groupBy(graph.edges, (edge) => edge.to);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  for (const node of graph.nodes) checkParallelism(graph, node);

  const chains: { nodes: MutableChained[] }[] = [];
  const placeOf = new Map<number, { vertex: number; operator: number }>();
  for (const id of order) {
    const node = nodes.get(id) as StreamNode;
    const edges = incoming.get(id) ?? [];
    for (const edge of edges) checkForward(graph, edge, nodes);
    const only = edges.length === 1 ? (edges[0] as StreamEdge) : undefined;
    if (only !== undefined && isChainable(graph, only, nodes.get(only.from) as StreamNode, node, options)) {
      const parent = placeOf.get(only.from) as { vertex: number; operator: number };
      const chain = chains[parent.vertex] as { nodes: MutableChained[] };
      chain.nodes.push({ node, uid: uids.get(id) as string, parent: parent.operator, parentSide: only.sideOutput });
      placeOf.set(id, { vertex: parent.vertex, operator: chain.nodes.length - 1 });
    } else {
      chains.push({ nodes: [{ node, uid: uids.get(id) as string, parent: -1, parentSide: undefined }] });
      placeOf.set(id, { vertex: chains.length - 1, operator: 0 });
    }
  }

  const vertices = chains.map((chain, id): JobVertex => toVertex(graph, chain.nodes, id));
  const edges: JobEdge[] = [];
  for (const stream of graph.edges) {
    const from = placeOf.get(stream.from) as { vertex: number; operator: number };
    const to = placeOf.get(stream.to) as { vertex: number; operator: number };
    if (from.vertex !== to.vertex || to.operator === 0) {
      edges.push({ stream, fromVertex: from.vertex, fromOperator: from.operator, toVertex: to.vertex });
    }
  }
  return { job: graph.job, maxParallelism: graph.maxParallelism, vertices, edges };
}

interface MutableChained {
  readonly node: StreamNode;
  readonly uid: string;
  readonly parent: number;
  readonly parentSide: string | undefined;
}

/** The parallelism a node runs with. */
export function parallelismOf(graph: StreamGraph, node: StreamNode): number {
  return node.parallelism ?? graph.parallelism;
}

function toVertex(graph: StreamGraph, chain: readonly MutableChained[], id: number): JobVertex {
  const head = (chain[0] as MutableChained).node;
  return {
    id,
    name: chain.map((part) => part.node.name).join(' → '),
    parallelism: parallelismOf(graph, head),
    maxParallelism: head.maxParallelism ?? graph.maxParallelism,
    inputs: head.inputs,
    operators: chain.map(({ node, uid, parent, parentSide }) => (parentSide === undefined ? { node, uid, parent } : { node, uid, parent, parentSide })),
  };
}

function isChainable(graph: StreamGraph, edge: StreamEdge, from: StreamNode, to: StreamNode, options: ChainingOptions): boolean {
  if (options.chaining === false || to.inputs !== 1) return false;
  if (to.chaining !== 'always' || from.chaining === 'never') return false;
  if (parallelismOf(graph, from) !== parallelismOf(graph, to)) return false;
  if ((from.maxParallelism ?? graph.maxParallelism) !== (to.maxParallelism ?? graph.maxParallelism)) return false;
  if (edge.partitioning === 'forward') return true;
  // With one instance on both sides there is only one way to go, so no exchange is needed.
  return parallelismOf(graph, to) === 1 && edge.partitioning !== 'custom' && options.check !== true;
}

function checkForward(graph: StreamGraph, edge: StreamEdge, nodes: ReadonlyMap<number, StreamNode>): void {
  if (edge.partitioning !== 'forward') return;
  const from = nodes.get(edge.from) as StreamNode;
  const to = nodes.get(edge.to) as StreamNode;
  const [before, after] = [parallelismOf(graph, from), parallelismOf(graph, to)];
  if (before === after) return;
  throw ForwardNeedsEqualParallelism.error({
    what: `"${from.name}" runs with parallelism ${before}, "${to.name}" with ${after}`,
    where: { job: graph.job, operator: to.name, ...(to.definedAt === undefined ? {} : { definedAt: to.definedAt }) },
  });
}

/** The most key groups a job may have, as in Flink. */
export const MAX_MAX_PARALLELISM = 32_768;

function checkParallelism(graph: StreamGraph, node: StreamNode): void {
  const parallelism = parallelismOf(graph, node);
  const maxParallelism = node.maxParallelism ?? graph.maxParallelism;
  const valid = Number.isInteger(parallelism) && parallelism >= 1 && Number.isInteger(maxParallelism) && maxParallelism <= MAX_MAX_PARALLELISM;
  if (valid && parallelism <= maxParallelism) return;
  throw BadParallelism.error({
    what: `operator "${node.name}" has parallelism ${parallelism} and maximum parallelism ${maxParallelism}`,
    where: { job: graph.job, operator: node.name, ...(node.definedAt === undefined ? {} : { definedAt: node.definedAt }) },
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
