import { buildJobGraph } from '../graph/job-graph.js';
import type { Chaining, NodeKind, Partitioning, StreamEdge, StreamGraph, StreamNode } from '../graph/stream-graph.js';
import type { EdgeProgram, JobProgram, NodeProgram } from '../operators/job-program.js';
import { ForeignStream, JobWithoutSink, UidMissing } from './errors.js';
import type { NodeDraft } from './node-draft.js';

/** Where a stream comes from: an operator's output, and how records leave it. A united stream has several origins. */
export interface Origin {
  readonly builder: GraphBuilder;
  readonly node: NodeDraft;
  readonly sideOutput?: string;
  /** Absent: forward between equal parallelisms, else rebalance. */
  readonly partitioning?: Partitioning;
  readonly edge?: EdgeProgram;
}

/** What a new operator is, before anybody has named it. */
export interface NodeSpec {
  readonly kind: NodeKind;
  readonly type: string;
  readonly draft: NodeDraft;
  readonly stateful: boolean;
  readonly holdsInput?: number;
  readonly unbounded?: boolean;
  readonly guarantee?: string;
  readonly details?: { readonly [name: string]: string | number | boolean };
  readonly program: NodeProgram;
}

/** What the whole job is built with. */
export interface GraphSettings {
  readonly job: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly strict: boolean;
}

interface BuiltNode {
  readonly spec: NodeSpec;
  readonly id: number;
  /** One list of origins per input. */
  readonly inputs: readonly (readonly Origin[])[];
}

/**
 * Collects what the methods of streams describe. Ids count from 1 in order of definition, so two builds of one job give
 * the same graph.
 */
export class GraphBuilder {
  readonly #nodes: BuiltNode[];
  readonly #ids: Map<NodeDraft, number>;

  constructor() {
    this.#nodes = [];
    this.#ids = new Map();
  }

  /** Adds an operator behind its inputs, each of which may come from several origins. */
  add(spec: NodeSpec, inputs: readonly (readonly Origin[])[]): void {
    for (const origin of inputs.flat()) {
      if (origin.builder === this) continue;
      throw ForeignStream.error({ what: `${spec.draft.describe()} reads "${origin.node.currentName}", which belongs to another environment`, where: spec.draft.where() });
    }
    const id = this.#nodes.length + 1;
    this.#nodes.push({ spec, id, inputs });
    this.#ids.set(spec.draft, id);
  }

  /** Operators so far. */
  get size(): number {
    return this.#nodes.length;
  }

  /** Names and settings are final now: the graph as plain data, checked, with its functions beside it. */
  build(settings: GraphSettings): JobProgram {
    const nodes = this.#nodes.map((node) => toStreamNode(node));
    const programs = new Map(this.#nodes.map((node) => [node.id, node.spec.program]));
    const edges: StreamEdge[] = [];
    const edgePrograms = new Map<number, EdgeProgram>();
    for (const node of this.#nodes) {
      for (const [input, origins] of node.inputs.entries()) {
        for (const origin of origins) {
          const edge = this.#edge(edges.length + 1, origin, node, input, settings);
          edges.push(edge);
          if (origin.edge !== undefined) edgePrograms.set(edge.id, origin.edge);
        }
      }
    }
    const streamGraph: StreamGraph = { job: settings.job, nodes, edges, parallelism: settings.parallelism, maxParallelism: settings.maxParallelism };
    checkGraph(streamGraph, settings);
    return { streamGraph, nodes: programs, edges: edgePrograms };
  }

  #edge(id: number, origin: Origin, to: BuiltNode, input: number, settings: GraphSettings): StreamEdge {
    const before = origin.node.parallelism ?? settings.parallelism;
    const after = to.spec.draft.parallelism ?? settings.parallelism;
    return {
      id,
      from: this.#ids.get(origin.node)!,
      to: to.id,
      input,
      partitioning: origin.partitioning ?? (before === after ? 'forward' : 'rebalance'),
      ...(origin.partitioning === undefined ? { implied: true } : {}),
      ...(origin.sideOutput === undefined ? {} : { sideOutput: origin.sideOutput }),
    };
  }
}

function toStreamNode(node: BuiltNode): StreamNode {
  const { spec, id, inputs } = node;
  const { draft } = spec;
  return {
    id,
    kind: spec.kind,
    type: spec.type,
    name: draft.currentName,
    ...(draft.currentUid === undefined ? {} : { uid: draft.currentUid }),
    ...(draft.parallelism === undefined ? {} : { parallelism: draft.parallelism }),
    ...(draft.maxParallelism === undefined ? {} : { maxParallelism: draft.maxParallelism }),
    ...(draft.isAlone ? { alone: true } : {}),
    chaining: draft.chaining satisfies Chaining,
    inputs: inputs.length,
    stateful: spec.stateful,
    ...(spec.holdsInput === undefined ? {} : { holdsInput: spec.holdsInput }),
    ...(spec.unbounded === true ? { unbounded: true } : {}),
    ...(spec.guarantee === undefined ? {} : { guarantee: spec.guarantee }),
    ...(spec.program.kind === 'operator' && spec.program.factory.preReduction !== undefined ? { preReducible: true } : {}),
    ...(spec.details === undefined ? {} : { details: spec.details }),
    ...(draft.definedAt === undefined ? {} : { definedAt: draft.definedAt }),
  };
}

/** The checks that need the whole graph; those of uids, parallelism and cycles are the graph's own. */
function checkGraph(graph: StreamGraph, settings: GraphSettings): void {
  buildJobGraph(graph);
  if (!graph.nodes.some((node) => node.kind === 'sink')) {
    throw JobWithoutSink.error({ what: `job "${graph.job}" has ${graph.nodes.length} operators and no sink`, where: { job: graph.job } });
  }
  if (!settings.strict) return;
  const nameless = graph.nodes.find((node) => node.stateful && node.uid === undefined);
  if (nameless === undefined) return;
  throw UidMissing.error({
    what: `"${nameless.name}" keeps state and has no uid`,
    where: { job: graph.job, operator: nameless.name, ...(nameless.definedAt === undefined ? {} : { definedAt: nameless.definedAt }) },
  });
}
