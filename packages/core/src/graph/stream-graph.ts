/**
 * What the user wrote, as plain data: it can be printed, compared and sent, and holds no function. The functions of a
 * job live beside it, in `operators/job-program.ts`, by node and edge id.
 */

/** The graph of a job as its author described it. */
export interface StreamGraph {
  readonly job: string;
  readonly nodes: readonly StreamNode[];
  readonly edges: readonly StreamEdge[];
  /** The job's default parallelism; nodes may have their own. */
  readonly parallelism: number;
  /** Number of key groups, fixed for the life of the state. */
  readonly maxParallelism: number;
}

/** What a node is. */
export type NodeKind = 'source' | 'operator' | 'sink';

/** May a node share a chain with what comes before it: yes, only as its head, or not with anything. */
export type Chaining = 'always' | 'head' | 'never';

/** One transformation. */
export interface StreamNode {
  readonly id: number;
  readonly kind: NodeKind;
  /** The kind of operator, e.g. `map`, `tumbling-window`, `file-source`. Part of the fingerprint. */
  readonly type: string;
  /** The name that people see. Not part of the fingerprint. */
  readonly name: string;
  /** The stable name that state is kept under, when the user gave one. */
  readonly uid?: string;
  readonly parallelism?: number;
  readonly maxParallelism?: number;
  /** True when it can only run with parallelism 1. */
  readonly alone?: boolean;
  readonly chaining: Chaining;
  /** Number of inputs: 0 for sources, 1 for most, more for joins and merges. */
  readonly inputs: number;
  /** True when the operator keeps state. */
  readonly stateful: boolean;
  /** The input that it may hold until another has ended, as a look-up join does that loads its table. */
  readonly holdsInput?: number;
  /** True when it never ends by itself (an unbounded source). */
  readonly unbounded?: boolean;
  /** What a sink promises, for the plan. */
  readonly guarantee?: string;
  /** True when senders may reduce its records by key before an exchange. Part of the plan, not of the fingerprint. */
  readonly preReducible?: boolean;
  /** Settings worth showing, e.g. `{ size: '10 min' }`. Part of the plan, not of the fingerprint. */
  readonly details?: { readonly [name: string]: string | number | boolean };
  /** The user's file and line, for errors. Not part of the fingerprint. */
  readonly definedAt?: string;
}

/** How records travel from one node to the next. */
export type Partitioning = 'forward' | 'hash' | 'rebalance' | 'rescale' | 'shuffle' | 'broadcast' | 'global' | 'custom';

/** One connection. */
export interface StreamEdge {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  /** Which input of the target, from 0. */
  readonly input: number;
  readonly partitioning: Partitioning;
  /** True when nobody chose the partitioning: it is forward between equal parallelisms, else rebalance. */
  readonly implied?: boolean;
  /** The side output of the origin that feeds it; the main output when absent. */
  readonly sideOutput?: string;
}
