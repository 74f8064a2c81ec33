import type { StreamEdge, StreamGraph, StreamNode } from './stream-graph.js';

/** What chaining depends on besides the graph. */
export interface ChainingOptions {
  /** In check mode keyed edges always go through a channel and its codec. */
  readonly check?: boolean;
  /** False puts every operator into a vertex of its own, for tests and for finding a slow operator. */
  readonly chaining?: boolean;
}

/** What an operator reads from another of its chain, which calls it directly. */
export interface ChainedRead {
  /** Which of its inputs. */
  readonly input: number;
  /** Index of the operator that calls it, within the vertex. */
  readonly from: number;
  /** The side output of that operator; its main output when absent. */
  readonly side?: string;
}

/** An operator in a chain under construction. */
export interface ChainedNodeDraft {
  readonly node: StreamNode;
  readonly reads: readonly ChainedRead[];
}

/** Where an operator is: the index of its chain, and its own in there. */
export interface ChainPlace {
  readonly vertex: number;
  readonly operator: number;
}

/** The parallelism a node runs with. */
export function parallelismOf(graph: StreamGraph, node: StreamNode): number {
  return node.parallelism ?? graph.parallelism;
}

/**
 * The chains of a graph while its nodes are added, in topological order.
 *
 * A node joins the chain of what feeds its first input. Its other inputs are then fed from the same chain, or through
 * channels from chains that read nothing of this one: otherwise a subtask would wait for what it sends itself.
 */
export class Chains {
  readonly #graph: StreamGraph;
  readonly #options: ChainingOptions;
  readonly #nodes: ReadonlyMap<number, StreamNode>;
  readonly #chains: ChainedNodeDraft[][];
  readonly #places: Map<number, ChainPlace>;
  /** By chain: those that it feeds through channels. */
  readonly #readers: Set<number>[];

  constructor(graph: StreamGraph, options: ChainingOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    this.#chains = [];
    this.#places = new Map();
    this.#readers = [];
  }

  /** Puts a node into a chain; `edges` are all that lead to it. */
  add(node: StreamNode, edges: readonly StreamEdge[]): void {
    const vertex = this.#chainFor(node, edges);
    const chain = this.#chains[vertex] ?? [];
    if (chain.length === 0) {
      this.#chains.push(chain);
      this.#readers.push(new Set());
    }
    this.#places.set(node.id, { vertex, operator: chain.length });
    const reads: ChainedRead[] = [];
    for (const { from, input, sideOutput } of edges) {
      const origin = this.#place(from);
      if (origin.vertex !== vertex) this.#readers[origin.vertex]?.add(vertex);
      else reads.push({ input, from: origin.operator, ...(sideOutput === undefined ? {} : { side: sideOutput }) });
    }
    chain.push({ node, reads });
  }

  /** The chains so that each comes after all that feed it, and where each node is among them. */
  inOrder(): { readonly drafts: readonly (readonly ChainedNodeDraft[])[]; placeOf(node: number): ChainPlace } {
    const order: number[] = [];
    const left = new Set(this.#chains.keys());
    while (left.size > 0) {
      // The first that nobody left feeds: chains stay in the order of their heads where nothing speaks against it.
      const next = [...left].find((vertex) => [...left].every((other) => this.#readers[other]?.has(vertex) !== true)) as number;
      left.delete(next);
      order.push(next);
    }
    return {
      drafts: order.map((vertex) => this.#chains[vertex] as ChainedNodeDraft[]),
      placeOf: (node) => {
        const { vertex, operator } = this.#place(node);
        return { vertex: order.indexOf(vertex), operator };
      },
    };
  }

  #place(node: number): ChainPlace {
    return this.#places.get(node) as ChainPlace;
  }

  /** The chain that the node joins, or the number of a new one. */
  #chainFor(node: StreamNode, edges: readonly StreamEdge[]): number {
    const own = this.#chains.length;
    const [first, ...more] = edges.filter((edge) => edge.input === 0);
    if (first === undefined || more.length > 0 || !this.#isChainable(first, node)) return own;
    const { vertex, operator } = this.#place(first.from);
    if (node.holdsInput !== undefined && !this.#mayJoin(node.holdsInput, vertex, operator)) return own;
    for (const edge of edges) {
      if (edge === first) continue;
      const origin = this.#place(edge.from);
      const fits = origin.vertex === vertex ? this.#fitsInside(node, edge, edges) : !this.#feeds(vertex, origin.vertex);
      if (!fits) return own;
    }
    return vertex;
  }

  /** Whether a further input can be fed from within the chain. Who holds one input until another has ended needs them from different chains. */
  #fitsInside(node: StreamNode, edge: StreamEdge, edges: readonly StreamEdge[]): boolean {
    return node.holdsInput === undefined && this.#isChainable(edge, node) && edges.every((other) => other === edge || other.input !== edge.input);
  }

  /**
   * Whether an operator that holds an input may be fed by this one of a chain. Not when it waits for the end of what the chain gives it:
   * while a barrier is missing from what is held, other channels of the chain are held back, which that end may depend on.
   */
  #mayJoin(heldInput: number, vertex: number, operator: number): boolean {
    return heldInput === 0 && this.#mayBeHeld(vertex, operator);
  }

  /** Whether everything from the head to this operator gives records only when it is given some, so that to hold what enters the chain is to hold them. */
  #mayBeHeld(vertex: number, operator: number): boolean {
    const { node, reads } = (this.#chains[vertex] as ChainedNodeDraft[])[operator] as ChainedNodeDraft;
    return node.kind === 'source' || (!node.stateful && node.inputs === 1 && reads.every(({ from }) => this.#mayBeHeld(vertex, from)));
  }

  /** Whether records of one chain reach another through channels. */
  #feeds(vertex: number, other: number): boolean {
    const readers = [...(this.#readers[vertex] ?? [])];
    return readers.some((reader) => reader === other || this.#feeds(reader, other));
  }

  #isChainable(edge: StreamEdge, to: StreamNode): boolean {
    const graph = this.#graph;
    const from = this.#nodes.get(edge.from) as StreamNode;
    if (this.#options.chaining === false || to.chaining !== 'always' || from.chaining === 'never') return false;
    if (parallelismOf(graph, from) !== parallelismOf(graph, to)) return false;
    if ((from.maxParallelism ?? graph.maxParallelism) !== (to.maxParallelism ?? graph.maxParallelism)) return false;
    if (edge.partitioning === 'forward') return true;
    // With one instance on both sides there is only one way to go, so no exchange is needed.
    return parallelismOf(graph, to) === 1 && edge.partitioning !== 'custom' && this.#options.check !== true;
  }
}
