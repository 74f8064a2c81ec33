/**
 * Every kind of stream as the author of a job sees it.
 *
 * A stream is a description: calling its methods adds operations to the graph of its environment and computes nothing.
 * These are interfaces that name each other, so they stand in one file; what the methods do is in the files named after
 * the kinds (`data-stream.ts`, `keyed-stream.ts`, …).
 */
import type { Duration } from '../base/duration.js';
import type { TypeInfo, TypeOf } from '../record/types/type-info.js';
import type { DeadLetter } from '../connector/dead-letter.js';
import type { Sink } from '../connector/sink.js';
import type { FunctionSinkOptions, SinkFunction } from '../connectors/memory/function-sink.js';
import type { AggregateFunction, ReduceFunction, RichReduceFunction } from '../functions/aggregate-function.js';
import type {
  FilterFunction, FlatMapFunction, MapFunction, PartitionFunction, RichFilterFunction, RichFlatMapFunction, RichMapFunction,
} from '../functions/element-functions.js';
import type { CoGroupFunction, IntervalJoinFunction, WindowJoinFunction } from '../functions/join-functions.js';
import type { BroadcastDeclarations, SideDeclarations } from '../functions/process-function.js';
import type { FunctionSource } from '../functions/user-function.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import type { Evictor, Trigger, WindowAssigner, WindowResultFunction } from '../functions/window.js';
import type { AsyncMapFunction, RichAsyncMapFunction } from '../operators/async-settings.js';
import type { RunOptions } from '../operators/executor.js';
import type { KeyedStateDeclarations } from '../state/declarations.js';
import type { Key, KeyOf, KeyOfAll, KeyFields, LateSide, NumericFields, OrderedFields, SideTypes } from './field-types.js';
import type { OperatorOptions, OutputOptions, ProcessOptions } from './operator-options.js';
import type {
  BroadcastProcessObject, CoProcessObject, KeyedBroadcastProcessObject, KeyedCoProcessObject, KeyedProcessObject, ProcessObject, ProcessWindowObject,
  WindowFunction,
} from './process-objects.js';
import type { AsyncMapOptions, DeduplicateOptions, IntervalJoinOptions, LookupJoinOptions, WindowJoinOptions, WindowOptions } from './stream-options.js';
import type { AggregateShorthand, ShorthandResult } from './aggregate-shorthand.js';

/** Settings of the operation that made a stream or sink; each returns the same object. */
export interface Configurable {
  /** Names the operation in plans, metrics and messages. */
  name(name: string): this;
  /** Gives the operation the stable name that its state is kept under. */
  uid(uid: string): this;
  /** Sets the number of parallel instances of the operation. */
  setParallelism(parallelism: number): this;
  /** Sets the number of key groups of the operation. */
  setMaxParallelism(maxParallelism: number): this;
  /** Starts a new chain with the operation: it does not share a chain with what comes before it. */
  startNewChain(): this;
  /** Keeps the operation out of any chain. */
  disableChaining(): this;
}

/** The end of a stream: a sink that can be named. */
export interface DataStreamSink extends Configurable {
  /** Sinks are told from streams by it. */
  readonly kind: 'sink';
}

/** A stream of elements of type `T`. `Side` names the side outputs of the operation that made it. */
export interface DataStream<T, Side extends SideDeclarations = {}> extends Configurable {
  /** The type of the elements at run time. */
  readonly type: TypeInfo<T>;

  /**
   * One result for each element.
   *
   * @example
   * ```ts
   * import { StreamEnvironment } from 'millrace';
   *
   * const env = StreamEnvironment.create();
   * env.fromElements(1, 2, 3).map((n) => n * n).print();
   * await env.execute('squares');
   * ```
   */
  map<Out>(fn: FunctionSource<MapFunction<T, Out> | RichMapFunction<T, Out>>, options?: OutputOptions<Out>): DataStream<Out>;
  /** Keeps the elements for which the function says true; a type guard narrows the type of the stream. */
  filter<S extends T>(fn: (value: T) => value is S, options?: OperatorOptions): DataStream<S>;
  filter(fn: FunctionSource<FilterFunction<T> | RichFilterFunction<T>>, options?: OperatorOptions): DataStream<T>;
  /** Any number of results for each element: collect them, or return an iterable such as a generator, which may be endless. */
  flatMap<Out>(fn: FunctionSource<FlatMapFunction<T, Out> | RichFlatMapFunction<T, Out>>, options?: OutputOptions<Out>): DataStream<Out>;
  /** A function with timestamps, watermark and side outputs at hand. */
  process<Out, S extends SideDeclarations = {}>(fn: FunctionSource<ProcessObject<T, Out, S>>, options?: OutputOptions<Out>): DataStream<Out, S>;
  /**
   * One result for each element, computed asynchronously with a bounded number of calls under way.
   *
   * @example
   * ```ts
   * import { StreamEnvironment } from 'millrace';
   *
   * const env = StreamEnvironment.create();
   * env.fromElements('a', 'b').asyncMap(async (id) => ({ id, known: true }), { timeout: '5 s', ordered: false }).print();
   * await env.execute('look-ups');
   * ```
   */
  asyncMap<Out>(fn: FunctionSource<AsyncMapFunction<T, Out> | RichAsyncMapFunction<T, Out>>, options: AsyncMapOptions<T, Out>): DataStream<Out>;

  /**
   * Divides the stream by key: by a field, a tuple position, several of them (the key is a tuple), or a function.
   *
   * @example
   * ```ts
   * import { StreamEnvironment } from 'millrace';
   *
   * const env = StreamEnvironment.create();
   * env.fromElements({ user: 'ann', clicks: 2 }, { user: 'bob', clicks: 1 }, { user: 'ann', clicks: 3 })
   *   .keyBy('user')
   *   .sum('clicks')
   *   .print();
   * await env.execute('clicks');
   * ```
   */
  keyBy<const First extends KeyFields<T> | ((value: T) => Key), const More extends readonly KeyFields<T>[]>(
    key: First, ...more: [First] extends [(value: never) => unknown] ? readonly [] : More
  ): KeyedStream<T, KeyOfAll<T, First, [First] extends [(value: never) => unknown] ? readonly [] : More>>;
  /**
   * Lets the first element of each id pass and drops the others that come within a time: for inputs that deliver again what
   * they have delivered. Ids are kept as state by key, so they survive restarts and may be more than memory holds.
   *
   * @example
   * ```ts
   * import { StreamEnvironment } from 'millrace';
   *
   * const env = StreamEnvironment.create();
   * env.fromElements({ id: 'a', n: 1 }, { id: 'b', n: 2 }, { id: 'a', n: 1 }).deduplicate('id', { within: '1 h' }).print();
   * await env.execute('once');
   * ```
   */
  deduplicate<const First extends KeyFields<T> | ((value: T) => Key)>(by: First, options: DeduplicateOptions): DataStream<T>;
  /** All elements of this and the other streams, in no promised order. */
  union<U = T>(...others: readonly DataStream<U, SideDeclarations>[]): DataStream<T | U>;
  /** All elements of this and the other streams in the order of their timestamps, once the watermark has passed them; too late ones go to the side output `late`. Not parallel. */
  mergeByTime<U = T>(others: DataStream<U, SideDeclarations> | readonly DataStream<U, SideDeclarations>[], options?: OperatorOptions): DataStream<T | U, { readonly late: TypeInfo<T | U> }>;
  /** Puts this stream and another one before a function that sees both; with a broadcast stream the function has broadcast state. */
  connect<U>(other: DataStream<U, SideDeclarations>): ConnectedStreams<T, U>;
  connect<U, B extends BroadcastDeclarations>(other: BroadcastStream<U, B>): BroadcastConnectedStream<T, U, B>;

  /**
   * Pairs the elements of this and another stream that have the same key and lie in the same window.
   */
  join<U, Out, const KL extends KeyFields<T> | ((value: T) => Key), const KR extends KeyFields<U> | ((value: U) => Key)>(
    other: DataStream<U, SideDeclarations>, options: WindowJoinOptions<T, U, KL, KR, Out>, fn: WindowJoinFunction<T, U, Out, KeyOf<T, KL>>,
  ): DataStream<Out>;
  /** Brings together all elements of this and another stream with one key in one window, also where one side has none. */
  coGroup<U, Out, const KL extends KeyFields<T> | ((value: T) => Key), const KR extends KeyFields<U> | ((value: U) => Key)>(
    other: DataStream<U, SideDeclarations>, options: WindowJoinOptions<T, U, KL, KR, Out>,
    fn: CoGroupFunction<T, U, Out, KeyOf<T, KL>>,
  ): DataStream<Out>;
  /** Adds the row of a bounded table that has the same key, or undefined; the stream waits until the table is read. */
  lookupJoin<U, Out, const KL extends KeyFields<T> | ((value: T) => Key), const KR extends KeyFields<U> | ((value: U) => Key)>(
    table: DataStream<U, SideDeclarations>, options: LookupJoinOptions<KL, KR, Out>, fn: (value: T, row: U | undefined) => Out,
  ): DataStream<Out>;

  /** Reads event timestamps from the elements and makes watermarks; those from before this point are dropped. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>, options?: OperatorOptions): DataStream<T>;
  /** A window over all elements, whatever their key. Not parallel. */
  windowAll<const L extends string = never>(assigner: WindowAssigner<T>, options?: WindowOptions<T, L>): WindowedStream<T, undefined, LateSide<L, T>>;
  /** A window over every `size` elements, or over the last `size` at every `slide`. Not parallel. */
  countWindowAll(size: number, slide?: number, options?: OperatorOptions): WindowedStream<T, undefined>;
  /** A window over a span of event time, tumbling or (with `slide`) sliding. Not parallel. */
  timeWindowAll(size: Duration, slide?: Duration, options?: OperatorOptions): WindowedStream<T, undefined>;

  /** Deals elements out at random. */
  shuffle(): DataStream<T>;
  /** Deals elements out in turn to all instances. */
  rebalance(): DataStream<T>;
  /** Deals elements out in turn to a part of the instances, so that each instance here feeds its own group. */
  rescale(): DataStream<T>;
  /** Sends all elements to the first instance. */
  global(): DataStream<T>;
  /** Keeps elements in the instance with the same index: both sides need the same parallelism. */
  forward(): DataStream<T>;
  /** Sends every element to every instance; with declarations, makes a stream whose functions share broadcast states. */
  broadcast(): DataStream<T>;
  broadcast<const B extends BroadcastDeclarations>(states: B): BroadcastStream<T, B>;
  /** Chooses the instance by a function of your own: `key` is what `by` gives for the element. */
  partitionCustom<const C extends KeyFields<T> | ((value: T) => Key)>(partition: PartitionFunction<KeyOf<T, C>>, by: C): DataStream<T>;

  /** A side output of the operation that made this stream: only names that it declares. */
  side<Name extends keyof Side & string>(name: Name): DataStream<TypeOf<Side[Name]>>;

  /** Ends the stream in a sink. */
  sinkTo(sink: Sink<T>, options?: OperatorOptions): DataStreamSink;
  /**
   * Says where the records go at which the operation that made this stream fails: those a source cannot decode, and those at
   * which the function of a `map`, `filter` or `flatMap` throws. The job goes on with the next record. Without it an error
   * ends the job. Of a flatMap with dead letters all results of a record are held until the last one is there.
   *
   * @example
   * ```ts
   * import { deadLetterFormat, fileSink, StreamEnvironment } from 'millrace';
   * import { mkdtempSync } from 'node:fs';
   * import { tmpdir } from 'node:os';
   *
   * const path = mkdtempSync(`${tmpdir()}/letters-`);
   * const env = StreamEnvironment.create();
   * env.fromElements('1', 'two', '3')
   *   .map((text) => BigInt(text))
   *   .deadLetterTo(fileSink({ path, format: deadLetterFormat() }))
   *   .print();
   * await env.execute('numbers');
   * ```
   */
  deadLetterTo(sink: Sink<DeadLetter>, options?: OperatorOptions): this;
  /** Shows the elements on standard output, each behind the label when there is one. */
  print(label?: string, options?: OperatorOptions): DataStreamSink;
  /** Calls a function for each element; when it gives a promise, a bounded number of calls is under way. */
  forEach(fn: SinkFunction<T>, options?: OperatorOptions & FunctionSinkOptions): DataStreamSink;
  /** {@link DataStream.sinkTo} under the name that older tutorials use. */
  addSink(sink: Sink<T>, options?: OperatorOptions): DataStreamSink;
  /**
   * Runs the job of the environment and gives the elements of this stream as they come; leaving the loop early cancels
   * the job.
   *
   * @example
   * ```ts
   * import { StreamEnvironment } from 'millrace';
   *
   * const env = StreamEnvironment.create();
   * const rows: number[] = [];
   * for await (const n of env.fromSequence(1, 3).map((n) => n * 10).executeAndCollect()) rows.push(n);
   * ```
   */
  executeAndCollect(jobName?: string, options?: RunOptions): AsyncIterableIterator<T>;
}

/** The stream of a source. */
export interface SourceStream<T> extends DataStream<T> {
  /** The records that could not be decoded, when the source was told `onError: 'deadLetter'`. */
  deadLetters(): DataStream<DeadLetter>;
}

/** What a stream with keys has beyond any stream. */
interface KeyedOperations<T, K> {
  /** A function with state and timers by key. */
  process<Out, S extends SideDeclarations = {}, St extends KeyedStateDeclarations = {}>(
    fn: FunctionSource<KeyedProcessObject<T, Out, K, S, St>>, options?: ProcessOptions<Out>,
  ): DataStream<Out, S>;
  /** Combines the elements of each key into one, and emits it after every element. */
  reduce(fn: FunctionSource<ReduceFunction<T> | RichReduceFunction<T>>, options?: OperatorOptions): DataStream<T>;
  /** The running sum of a field by key; the other fields are those of the key's first element. */
  sum<const F extends NumericFields<T>>(field: F, options?: OperatorOptions): DataStream<T>;
  /** The running minimum of a field by key; the other fields are those of the key's first element. */
  min<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T>;
  /** The running maximum of a field by key; the other fields are those of the key's first element. */
  max<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T>;
  /** The whole element with the smallest value of a field by key so far, the first on ties. */
  minBy<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T>;
  /** The whole element with the largest value of a field by key so far, the first on ties. */
  maxBy<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T>;

  /** Groups the elements of each key into windows. */
  window<const L extends string = never>(assigner: WindowAssigner<T>, options?: WindowOptions<T, L>): WindowedStream<T, K, LateSide<L, T>>;
  /** A window over every `size` elements of a key, or over its last `size` at every `slide`. */
  countWindow(size: number, slide?: number, options?: OperatorOptions): WindowedStream<T, K>;
  /** A window over a span of event time, tumbling or (with `slide`) sliding. */
  timeWindow(size: Duration, slide?: Duration, options?: OperatorOptions): WindowedStream<T, K>;
  /**
   * Pairs each element with those of another keyed stream that have the same key and a timestamp within an interval
   * around its own. A function gives one result per pair; to give none or several, collect them into `out`.
   */
  intervalJoin<U, Out, S extends SideDeclarations = {}, const LateLeft extends string = never, const LateRight extends string = never>(
    other: KeyedStream<U, K>, options: IntervalJoinOptions<Out, S, LateLeft, LateRight>, fn: IntervalJoinFunction<T, U, Out, SideTypes<S>>,
  ): DataStream<Out, S & LateSide<LateLeft, T> & LateSide<LateRight, U>>;
  /** Puts this stream and another one with the same kind of key before a function with state and timers by key. */
  connect<U>(other: KeyedStream<U, K>): KeyedConnectedStreams<T, U, K>;
  connect<U, B extends BroadcastDeclarations>(other: BroadcastStream<U, B>): KeyedBroadcastConnectedStream<T, U, K, B>;
}

/** A stream divided by key. Operations that need no key work on it as on any stream, instance by instance. */
export type KeyedStream<T, K> = KeyedOperations<T, K> & Omit<DataStream<T>, keyof KeyedOperations<T, K>>;

/** A stream in windows, on its way to an operation. */
export interface WindowedStream<T, K, Side extends SideDeclarations = {}> {
  /** Combines the elements of a window into one as they come; a result function sees the key and the window. */
  reduce(fn: FunctionSource<ReduceFunction<T> | RichReduceFunction<T>>, options?: OperatorOptions): DataStream<T, Side>;
  reduce<Out>(
    fn: FunctionSource<ReduceFunction<T> | RichReduceFunction<T>>, result: WindowResultFunction<T, K, Out>, options?: OutputOptions<Out>,
  ): DataStream<Out, Side>;
  /**
   * Aggregates the elements of a window as they come, by an aggregate function or by named aggregates.
   *
   * @example
   * ```ts
   * import { count, monotonousTimestamps, StreamEnvironment, sum, tumblingEventTime } from 'millrace';
   *
   * const env = StreamEnvironment.create();
   * env.fromElements({ user: 'ann', at: 1_000, cents: 5 }, { user: 'ann', at: 2_000, cents: 7 })
   *   .assignTimestampsAndWatermarks(monotonousTimestamps((o) => o.at))
   *   .keyBy('user')
   *   .window(tumblingEventTime('1 min'))
   *   .aggregate({ orders: count(), cents: sum('cents') }, (totals, { key, window }) => ({ user: key, from: window.start, ...totals }))
   *   .print();
   * await env.execute('totals');
   * ```
   */
  aggregate<Acc, Res = Acc>(aggregate: FunctionSource<AggregateFunction<T, Acc, Res>>, options?: OutputOptions<Res>): DataStream<Res, Side>;
  aggregate<const A extends AggregateShorthand<T>>(aggregates: A, options?: OperatorOptions): DataStream<ShorthandResult<A>, Side>;
  aggregate<Acc, Out, Res = Acc>(
    aggregate: FunctionSource<AggregateFunction<T, Acc, Res>>, result: WindowResultFunction<Res, K, Out>, options?: OutputOptions<Out>,
  ): DataStream<Out, Side>;
  aggregate<const A extends AggregateShorthand<T>, Out>(
    aggregates: A, result: WindowResultFunction<ShorthandResult<A>, K, Out>, options?: OutputOptions<Out>,
  ): DataStream<Out, Side>;
  aggregate<Acc, Out, Res = Acc, S extends SideDeclarations = {}, St extends KeyedStateDeclarations = {}, W extends KeyedStateDeclarations = {}>(
    aggregate: FunctionSource<AggregateFunction<T, Acc, Res>>, process: FunctionSource<ProcessWindowObject<Res, Out, K, S, St, W>>, options?: OutputOptions<Out>,
  ): DataStream<Out, Side & S>;
  aggregate<const A extends AggregateShorthand<T>, Out, S extends SideDeclarations = {}, St extends KeyedStateDeclarations = {}, W extends KeyedStateDeclarations = {}>(
    aggregates: A, process: FunctionSource<ProcessWindowObject<ShorthandResult<A>, Out, K, S, St, W>>, options?: OutputOptions<Out>,
  ): DataStream<Out, Side & S>;
  /** A function over the whole contents of a window, with state, side outputs and a life cycle. */
  process<Out, S extends SideDeclarations = {}, St extends KeyedStateDeclarations = {}, W extends KeyedStateDeclarations = {}>(
    fn: FunctionSource<ProcessWindowObject<T, Out, K, S, St, W>>, options?: OutputOptions<Out>,
  ): DataStream<Out, Side & S>;
  /** A plain function over the whole contents of a window: collect the results or return them. */
  apply<Out>(fn: WindowFunction<T, Out, K>, options?: OutputOptions<Out>): DataStream<Out, Side>;
  /** The sum of a field; the other fields are those of the window's first element. */
  sum<const F extends NumericFields<T>>(field: F, options?: OperatorOptions): DataStream<T, Side>;
  /** The minimum of a field; the other fields are those of the window's first element. */
  min<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T, Side>;
  /** The maximum of a field; the other fields are those of the window's first element. */
  max<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T, Side>;
  /** The element with the smallest value of a field, the first on ties. */
  minBy<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T, Side>;
  /** The element with the largest value of a field, the first on ties. */
  maxBy<const F extends OrderedFields<T>>(field: F, options?: OperatorOptions): DataStream<T, Side>;

  /** Decides when the window is emitted, in place of the default. */
  trigger(trigger: Trigger<T>): WindowedStream<T, K, Side>;
  /** Drops elements before or after the function runs. */
  evictor(evictor: Evictor<T>): WindowedStream<T, K, Side>;
  /** How long after its end the window still takes elements. */
  allowedLateness(lateness: Duration): WindowedStream<T, K, Side>;
  /** Names a side output for elements that come too late. */
  sideOutputLateData<const L extends string>(name: L): WindowedStream<T, K, Omit<Side, L> & LateSide<L, T>>;
}

/** Two streams before one function. No order is promised between them. */
export interface ConnectedStreams<L, R> {
  /** One function for each side, with one kind of result. */
  map<Out>(left: (value: L) => Out, right: (value: R) => Out, options?: OutputOptions<Out>): DataStream<Out>;
  /** One function for each side, each with any number of results. */
  flatMap<Out>(left: FlatMapFunction<L, Out>, right: FlatMapFunction<R, Out>, options?: OutputOptions<Out>): DataStream<Out>;
  /** A function with a method for each side. */
  process<Out, S extends SideDeclarations = {}>(fn: FunctionSource<CoProcessObject<L, R, Out, S>>, options?: OutputOptions<Out>): DataStream<Out, S>;
  /** Divides both sides by key. */
  keyBy<const KL extends KeyFields<L> | ((value: L) => Key), const KR extends KeyFields<R> | ((value: R) => Key)>(left: KL, right: KR): KeyedConnectedStreams<L, R, KeyOf<L, KL>>;
}

/** Two streams with the same kind of key before one function. */
export interface KeyedConnectedStreams<L, R, K> {
  /** One function for each side, with one kind of result. */
  map<Out>(left: (value: L) => Out, right: (value: R) => Out, options?: OutputOptions<Out>): DataStream<Out>;
  /** One function for each side, each with any number of results. */
  flatMap<Out>(left: FlatMapFunction<L, Out>, right: FlatMapFunction<R, Out>, options?: OutputOptions<Out>): DataStream<Out>;
  /** A function with a method for each side; both share state and timers by key. */
  process<Out, S extends SideDeclarations = {}, St extends KeyedStateDeclarations = {}>(
    fn: FunctionSource<KeyedCoProcessObject<L, R, Out, K, S, St>>, options?: ProcessOptions<Out>,
  ): DataStream<Out, S>;
}

/** A stream whose every element goes to every parallel instance, with the states they build from it. */
export interface BroadcastStream<T, B extends BroadcastDeclarations> {
  /** Broadcast streams are told from others by it. */
  readonly kind: 'broadcast';
  readonly type: TypeInfo<T>;
  readonly states: B;
}

/** A stream and a broadcast stream before one function. */
export interface BroadcastConnectedStream<T, R, B extends BroadcastDeclarations> {
  /** A function with a method for each side. */
  process<Out, S extends SideDeclarations = {}>(
    fn: FunctionSource<BroadcastProcessObject<T, R, Out, B, S>>, options?: OutputOptions<Out>,
  ): DataStream<Out, S>;
}

/** A keyed stream and a broadcast stream before one function. */
export interface KeyedBroadcastConnectedStream<T, R, K, B extends BroadcastDeclarations> {
  /** A function with a method for each side, state by key, and timers on the keyed side. */
  process<Out, S extends SideDeclarations = {}, St extends KeyedStateDeclarations = {}>(
    fn: FunctionSource<KeyedBroadcastProcessObject<T, R, Out, K, B, S, St>>, options?: ProcessOptions<Out>,
  ): DataStream<Out, S>;
}
