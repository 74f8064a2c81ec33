import type { TypeInfo } from '../record/types/type-info.js';
import type { StreamGraph } from '../graph/stream-graph.js';
import type { Source } from '../connector/source.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import type { Sink } from '../connector/sink.js';
import type { OperatorFactory } from './operator.js';

/**
 * What building a job gives: the graph as plain data, and beside it the functions, by node and edge. Every thread or
 * process that takes part imports the job's module and builds the same program, so no function is ever serialized.
 */
export interface JobProgram {
  readonly streamGraph: StreamGraph;
  /** What each node runs. */
  readonly nodes: ReadonlyMap<number, NodeProgram>;
  /** Functions of edges that need one. */
  readonly edges: ReadonlyMap<number, EdgeProgram>;
}

/** What a node runs. */
export type NodeProgram =
  | { readonly kind: 'source'; readonly source: Source<unknown>; readonly watermarks: WatermarkStrategy<unknown>; readonly outputType: TypeInfo }
  | { readonly kind: 'operator'; readonly factory: OperatorFactory; readonly outputType: TypeInfo }
  | { readonly kind: 'sink'; readonly sink: Sink<unknown> };

/** What an edge needs besides its partitioning. */
export interface EdgeProgram {
  /** Gives the key of a record, for `hash` and `custom`. */
  readonly keyOf?: (value: unknown) => unknown;
  /** Chooses a channel by key, for `custom`. */
  readonly partition?: (key: unknown, channels: number) => number;
}
