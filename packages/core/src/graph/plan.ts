import { graphFingerprint } from './fingerprint.js';
import type { ChainedRead, ChainingOptions } from './chaining.js';
import { buildJobGraph, gathersKeys, type ChainedNode, type JobEdge, type JobVertex } from './job-graph.js';
import type { NodeKind, Partitioning, StreamGraph, StreamNode } from './stream-graph.js';

/** What would run, as plain JSON: for people, for tools, and for comparing two versions of a job. */
export interface Plan {
  readonly job: string;
  /** The parallelism of operators that have none of their own. */
  readonly parallelism: number;
  /** Number of key groups. */
  readonly maxParallelism: number;
  /** Equal in all workers that built the same graph. */
  readonly fingerprint: string;
  /** In topological order: a vertex comes after all that feed it. */
  readonly vertices: readonly PlanVertex[];
  readonly edges: readonly PlanEdge[];
  /** What an operator of the job should know, in sentences: weak guarantees, state under derived names. */
  readonly notes: readonly string[];
}

/** A chain of operators that runs in one subtask. */
export interface PlanVertex {
  /** Counted from 1. */
  readonly id: number;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** The head first; every operator after the one that calls it. */
  readonly operators: readonly PlanOperator[];
}

/** One operator of a chain. */
export interface PlanOperator {
  readonly id: number;
  readonly kind: NodeKind;
  readonly type: string;
  readonly name: string;
  /** The name its state is kept under. */
  readonly uid: string;
  /** True when the author gave the uid, false when it follows from the graph. */
  readonly uidGiven: boolean;
  readonly stateful: boolean;
  /** Id of the operator of the same chain that calls its first input; absent for the head. */
  readonly calledBy?: number;
  /** The side output of the caller that it reads; its main output when absent. */
  readonly sideOutput?: string;
  /** What its other inputs read in the same chain; absent where nothing. */
  readonly readsAlso?: readonly PlanRead[];
  /** For sources: whether the input ends by itself, and whether it can be read again after a failure. */
  readonly source?: { readonly bounded: boolean; readonly replayable: boolean };
  /** For sinks: what they promise when the job has checkpoints. */
  readonly guarantee?: string;
  readonly details?: { readonly [name: string]: string | number | boolean };
  /** The user's file, line and column. */
  readonly definedAt?: string;
}

/** What a further input of an operator reads within its chain. */
export interface PlanRead {
  /** Which input, from 0. */
  readonly input: number;
  /** Id of the operator that calls it. */
  readonly operator: number;
  /** The side output of that operator; its main output when absent. */
  readonly sideOutput?: string;
}

/** A connection between two vertices. */
export interface PlanEdge {
  /** Id of the vertex it comes from. */
  readonly from: number;
  /** Id of the operator that emits into it. */
  readonly fromOperator: number;
  readonly to: number;
  /** Id of the operator that it leads to: the head of the vertex, or one with several inputs. */
  readonly toOperator: number;
  /** Which input of the operator, from 0. */
  readonly input: number;
  readonly partitioning: Partitioning;
  /** True when records are reduced by key before they are sent, as far as that pays. */
  readonly preReduced?: boolean;
  readonly sideOutput?: string;
}

/** What a plan depends on besides the graph. */
export interface PlanOptions extends ChainingOptions {
  /** The mode of the checkpoints, which bounds what sinks can promise; exactly-once unless given. */
  readonly mode?: 'at-least-once' | 'exactly-once';
}

/** What a sink can promise in a mode: where records may count twice upstream, no sink can make up for it. */
export function guaranteeOf(promised: string, mode: PlanOptions['mode']): string {
  return mode === 'at-least-once' && promised === 'exactly-once' ? 'at-least-once' : promised;
}

/** The plan of a job: its chains with their operators, the edges between them, and what is worth a note. */
export function planOf(graph: StreamGraph, options: PlanOptions = {}): Plan {
  const jobGraph = buildJobGraph(graph, options);
  const vertices = jobGraph.vertices.map((vertex) => toVertex(vertex, options));
  return {
    job: graph.job,
    parallelism: graph.parallelism,
    maxParallelism: graph.maxParallelism,
    fingerprint: graphFingerprint(graph),
    vertices,
    edges: jobGraph.edges.map((edge) => toEdge(edge, jobGraph.vertices)),
    notes: vertices.flatMap((vertex) => vertex.operators).flatMap(notesOf),
  };
}

function toVertex(vertex: JobVertex, options: PlanOptions): PlanVertex {
  return {
    id: vertex.id + 1,
    name: vertex.name,
    parallelism: vertex.parallelism,
    maxParallelism: vertex.maxParallelism,
    operators: vertex.operators.map((operator) => toOperator(operator, vertex, options)),
  };
}

function toOperator({ node, uid, reads }: ChainedNode, vertex: JobVertex, { mode }: PlanOptions): PlanOperator {
  const idOf = ({ from }: ChainedRead): number => (vertex.operators[from] as ChainedNode).node.id;
  const first = reads.find(({ input }) => input === 0);
  const others = reads.filter((read) => read !== first);
  return {
    id: node.id,
    kind: node.kind,
    type: node.type,
    name: node.name,
    uid,
    uidGiven: node.uid !== undefined,
    stateful: node.stateful,
    ...(first === undefined ? {} : { calledBy: idOf(first) }),
    ...(first?.side === undefined ? {} : { sideOutput: first.side }),
    ...(others.length === 0 ? {} : { readsAlso: others.map((read) => ({ input: read.input, operator: idOf(read), ...(read.side === undefined ? {} : { sideOutput: read.side }) })) }),
    ...(node.kind === 'source' ? { source: sourceOf(node) } : {}),
    ...(node.guarantee === undefined ? {} : { guarantee: guaranteeOf(node.guarantee, mode) }),
    ...(node.details === undefined ? {} : { details: node.details }),
    ...(node.definedAt === undefined ? {} : { definedAt: node.definedAt }),
  };
}

function sourceOf(node: StreamNode): { bounded: boolean; replayable: boolean } {
  return { bounded: node.unbounded !== true, replayable: node.details?.['replayable'] !== false };
}

function toEdge(edge: JobEdge, vertices: readonly JobVertex[]): PlanEdge {
  const { stream } = edge;
  const from = vertices[edge.fromVertex]?.operators[edge.fromOperator]?.node.id ?? stream.from;
  const [sender, target] = [vertices[edge.fromVertex], vertices[edge.toVertex]];
  const isPreReduced = sender !== undefined && target?.operators[edge.toOperator]?.node.preReducible === true && gathersKeys(edge, sender, target);
  return {
    from: edge.fromVertex + 1,
    fromOperator: from,
    to: edge.toVertex + 1,
    toOperator: vertices[edge.toVertex]?.operators[edge.toOperator]?.node.id ?? stream.to,
    input: stream.input,
    partitioning: stream.partitioning,
    ...(isPreReduced ? { preReduced: true } : {}),
    ...(stream.sideOutput === undefined ? {} : { sideOutput: stream.sideOutput }),
  };
}

function notesOf(operator: PlanOperator): string[] {
  const notes: string[] = [];
  if (operator.source?.replayable === false) {
    notes.push(`The source "${operator.name}" cannot be read again: what it had read before a failure is lost to the part of the job that had not kept it.`);
  }
  if (operator.guarantee === 'at-least-once') {
    notes.push(`The sink "${operator.name}" is at-least-once: after a restart it may write rows a second time.`);
  }
  if (operator.guarantee === 'none') {
    notes.push(`The sink "${operator.name}" promises nothing about a restart: rows may be missing or come twice.`);
  }
  if (operator.kind === 'operator' && operator.stateful && !operator.uidGiven) {
    notes.push(`"${operator.name}" keeps state under a uid that follows from the graph (${operator.uid}): give it a uid, or a change before it loses the state.`);
  }
  return notes;
}
