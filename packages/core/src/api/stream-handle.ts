import type { DataStream, DataStreamSink, KeyedStream, ConnectedStreams, KeyedConnectedStreams, BroadcastStream, BroadcastConnectedStream, KeyedBroadcastConnectedStream, SourceStream, WindowedStream } from './streams.js';
import type { BroadcastDeclarations, SideDeclarations } from '../functions/process-function.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { Partitioning } from '../graph/stream-graph.js';
import type { OperatorFactory } from '../operators/operator.js';
import type { EdgeProgram } from '../operators/job-program.js';
import type { RunOptions } from '../operators/executor.js';
import { FunctionInvalid, NothingToConfigure } from './errors.js';
import type { GraphBuilder, Origin } from './graph-builder.js';
import type { ChosenKey } from './key-choice.js';
import { NodeDraft } from './node-draft.js';
import type { OperatorOptions } from './operator-options.js';
import type { WindowDraft } from './window-draft.js';

/** The type of values about which nothing is known. */
export const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** What every stream is behind its interface: plain data. */
export interface StreamHandle {
  readonly environment: StreamHost;
  readonly origins: readonly Origin[];
  readonly type: TypeInfo;
  /** The operation that made the stream; undefined where there is none (union, side, partitioners). */
  readonly draft: NodeDraft | undefined;
  /** What the stream came from in a word, for messages. */
  readonly madeBy: string;
  readonly sides: SideDeclarations;
  /** The key of a keyed stream. */
  readonly key?: ChosenKey;
  /** The states of a broadcast stream. */
  readonly states?: BroadcastDeclarations;
}

/** What streams need of their environment. */
export interface StreamHost {
  readonly builder: GraphBuilder;
  readonly maker: StreamMaker;
  /** Runs the job and gives the rows of a stream. */
  collect(stream: StreamHandle, jobName: string | undefined, options: RunOptions | undefined): AsyncIterableIterator<unknown>;
}

/** Makes the objects behind the stream interfaces. It lets the kinds of streams make each other without importing each other. */
export interface StreamMaker {
  data(handle: StreamHandle): DataStream<unknown>;
  source(handle: StreamHandle): SourceStream<unknown>;
  keyed(handle: StreamHandle): KeyedStream<unknown, unknown>;
  windowed(handle: StreamHandle, window: WindowDraft): WindowedStream<unknown, unknown>;
  connected(left: StreamHandle, right: StreamHandle): ConnectedStreams<unknown, unknown>;
  keyedConnected(left: StreamHandle, right: StreamHandle): KeyedConnectedStreams<unknown, unknown, unknown>;
  broadcast(handle: StreamHandle): BroadcastStream<unknown, BroadcastDeclarations>;
  broadcastConnected(left: StreamHandle, right: StreamHandle): BroadcastConnectedStream<unknown, unknown, BroadcastDeclarations>;
  keyedBroadcastConnected(left: StreamHandle, right: StreamHandle): KeyedBroadcastConnectedStream<unknown, unknown, unknown, BroadcastDeclarations>;
  sink(handle: StreamHandle): DataStreamSink;
}

/** An operator to be added behind one or more streams. */
export interface OperatorSpec {
  /** The method that adds it, for messages: `map`. */
  readonly operation: string;
  /** The kind of operator, part of the graph's fingerprint. */
  readonly type: string;
  readonly factory: OperatorFactory;
  readonly output: TypeInfo | undefined;
  readonly options: OperatorOptions | undefined;
  /** The name where the user gives none; the operation by default. */
  readonly name?: string;
  readonly sides?: SideDeclarations;
  readonly stateful?: boolean;
  /** The input that it may hold until another has ended. */
  readonly holdsInput?: number;
  /** True for an operator that runs in exactly one instance. */
  readonly alone?: boolean;
  readonly details?: { readonly [name: string]: string | number | boolean };
}

/** Adds an operator with one input per handle and gives the stream of its results. */
export function addOperator(inputs: readonly StreamHandle[], spec: OperatorSpec): StreamHandle {
  const first = inputs[0]!;
  const draft = new NodeDraft(spec.operation, spec.options, { name: spec.name ?? spec.operation, alone: spec.alone === true });
  const output = spec.output ?? DYNAMIC;
  const { builder } = first.environment;
  builder.add(
    {
      kind: 'operator', type: spec.type, draft, stateful: spec.stateful === true,
      ...(spec.holdsInput === undefined ? {} : { holdsInput: spec.holdsInput }),
      ...(spec.details === undefined ? {} : { details: spec.details }),
      program: { kind: 'operator', factory: spec.factory, outputType: output },
    },
    inputs.map((input) => (spec.alone === true ? input.origins.map(toOneInstance) : input.origins)),
  );
  return handleOf(first.environment, draft, output, spec.operation, spec.sides);
}

/** The handle of what an operator emits. */
export function handleOf(environment: StreamHost, draft: NodeDraft, type: TypeInfo, madeBy: string, sides: SideDeclarations = {}): StreamHandle {
  return { environment, origins: [{ builder: environment.builder, node: draft }], type, draft, madeBy, sides };
}

/** The same elements, travelling another way to the next operation. */
export function repartition(handle: StreamHandle, partitioning: Partitioning, madeBy: string, edge?: EdgeProgram): StreamHandle {
  return {
    environment: handle.environment, type: handle.type, draft: undefined, madeBy, sides: {},
    origins: handle.origins.map(({ builder, node, sideOutput }) => ({
      builder, node, partitioning, ...(sideOutput === undefined ? {} : { sideOutput }), ...(edge === undefined ? {} : { edge }),
    })),
  };
}

/** The handle behind a stream object; a coded error for anything else. */
export function handleIn(stream: unknown, operation: string): StreamHandle {
  const handle = typeof stream === 'object' && stream !== null ? (stream as { readonly streamHandle?: StreamHandle }).streamHandle : undefined;
  if (handle !== undefined) return handle;
  throw FunctionInvalid.error({ what: `${operation} was given ${stream === null ? 'null' : `a ${typeof stream}`} where a stream is wanted`, remedy: 'Pass a stream of the same environment.' });
}

/** The draft whose settings a fluent call may change; a coded error where there is no operator. */
export function configurable(handle: StreamHandle, setting: string): NodeDraft {
  if (handle.draft !== undefined) return handle.draft;
  throw NothingToConfigure.error({ what: `${setting}() was called on the result of ${handle.madeBy}, which is no operator` });
}

function toOneInstance(origin: Origin): Origin {
  return origin.partitioning === undefined ? { ...origin, partitioning: 'global' } : origin;
}
