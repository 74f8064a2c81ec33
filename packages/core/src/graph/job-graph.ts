import { type ChainedNodeDraft, type ChainedRead, type ChainingOptions, Chains, parallelismOf } from './chaining.js';
import { ForwardNeedsEqualParallelism, BadParallelism, EmptyJob } from './errors.js';
import { checkHeldInputs } from './held-inputs.js';
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

/** A chain of operators that runs in one subtask: each is called directly by those of the chain that it reads. */
export interface JobVertex {
  readonly id: number;
  /** The names of its operators, joined for people. */
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** The head first; every operator after those that it reads. */
  readonly operators: readonly ChainedNode[];
  /** What channels lead to, by operator and input: the inputs of a head that is no source, and those of other operators that nothing of the chain feeds. */
  readonly entries: readonly VertexEntry[];
}

/** An operator inside a chain. */
export interface ChainedNode {
  readonly node: StreamNode;
  /** The stable name its state is kept under. */
  readonly uid: string;
  /** What it reads within the chain, by input; nothing for the head. */
  readonly reads: readonly ChainedRead[];
}

/** An input of an operator of a chain that is fed through channels. */
export interface VertexEntry {
  /** Index of the operator within the vertex. */
  readonly operator: number;
  readonly input: number;
}

/** A connection between two vertices, through channels. */
export interface JobEdge {
  readonly stream: StreamEdge;
  readonly fromVertex: number;
  /** Index of the operator in its vertex that emits into it. */
  readonly fromOperator: number;
  readonly toVertex: number;
  /** Index of the operator in its vertex that it leads to. */
  readonly toOperator: number;
}

/** Whether records of one key come together only behind an edge: it spreads keys over several subtasks, or brings all records of several to one. */
export function gathersKeys({ stream }: JobEdge, from: { readonly parallelism: number }, to: { readonly parallelism: number }): boolean {
  return (stream.partitioning === 'hash' && to.parallelism > 1) || (stream.partitioning === 'global' && from.parallelism > 1);
}

/** Joins operators into chains wherever a record need not change its subtask. */
export function buildJobGraph(graph: StreamGraph, options: ChainingOptions = {}): JobGraph {
  if (graph.nodes.length === 0) throw EmptyJob.error({ what: `job "${graph.job}" has no operators`, where: { job: graph.job } });
  const order = topologicalOrder(graph);
  const uids = deriveUids(graph, order);
  const incoming = groupBy(graph.edges, (edge) => edge.to);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  for (const node of graph.nodes) checkParallelism(graph, node);

  const chains = new Chains(graph, options);
  for (const id of order) {
    const edges = incoming.get(id) ?? [];
    for (const edge of edges) checkForward(graph, edge, nodes);
    chains.add(nodes.get(id) as StreamNode, edges);
  }
  const { drafts, placeOf } = chains.inOrder();
  checkHeldInputs(graph, order, (node) => {
    const { vertex, operator } = placeOf(node);
    return operator > 0 && drafts[vertex]?.[0]?.node.kind === 'source';
  });
  const vertices = drafts.map((chain, id): JobVertex => toVertex(graph, chain, id, uids));
  const edges = graph.edges.flatMap((stream): JobEdge[] => {
    const from = placeOf(stream.from);
    const to = placeOf(stream.to);
    return from.vertex === to.vertex ? [] : [{ stream, fromVertex: from.vertex, fromOperator: from.operator, toVertex: to.vertex, toOperator: to.operator }];
  });
  return { job: graph.job, maxParallelism: graph.maxParallelism, vertices, edges };
}

function toVertex(graph: StreamGraph, chain: readonly ChainedNodeDraft[], id: number, uids: ReadonlyMap<number, string>): JobVertex {
  const head = (chain[0] as ChainedNodeDraft).node;
  return {
    id,
    name: chain.map((part) => part.node.name).join(' → '),
    parallelism: parallelismOf(graph, head),
    maxParallelism: head.maxParallelism ?? graph.maxParallelism,
    operators: chain.map(({ node, reads }) => ({ node, uid: uids.get(node.id) as string, reads })),
    entries: chain.flatMap(({ node, reads }, operator) => entriesOf(node, reads).map((input) => ({ operator, input }))),
  };
}

/** The inputs that nothing of the chain feeds. */
function entriesOf(node: StreamNode, reads: readonly ChainedRead[]): number[] {
  return Array.from({ length: node.inputs }, (_, input) => input).filter((input) => reads.every((read) => read.input !== input));
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
