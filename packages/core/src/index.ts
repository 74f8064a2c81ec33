/**
 * The API for those who write jobs. Everything here is public and kept stable; what connectors, formats and libraries
 * build on is in `spi.ts`, the test kit in `testing/index.ts`.
 */
import type { Executor } from './operators/executor.js';
import { defineJobWith, type DefineJob } from './api/job.js';
import { StreamEnvironment as Environment, type EnvironmentOptions } from './api/environment.js';
import { nodeExecutor } from './node-executor.js';

/** What runs jobs in the calling thread: made when the first job runs, so that importing the API starts nothing. */
const executor = (): Executor => nodeExecutor;

/**
 * Declares a job: the default export of a job module. It runs nothing by itself: `millrace run job.ts`, or `job.run()`.
 *
 * @example
 * ```ts
 * import { arg, defineJob } from 'millrace';
 *
 * const job = defineJob({
 *   name: 'squares',
 *   args: { last: arg.number({ default: 3 }) },
 *   build(env, args) {
 *     env.fromSequence(1, args.last).map((n) => n * n).print();
 *   },
 * });
 *
 * await job.run({ args: { last: 5 } });
 * ```
 */
export const defineJob: DefineJob = defineJobWith(executor);

/** Makes environments that run their job in the calling thread. */
export const StreamEnvironment: {
  /** An environment for one job. */
  create(options?: EnvironmentOptions): StreamEnvironment;
} = Object.freeze({ create: (options?: EnvironmentOptions): StreamEnvironment => new Environment(executor, options) });

/**
 * Where a job begins: sources, settings, and `execute`. Made by `StreamEnvironment.create()`, or given to `build`. An interface, since a mere
 * alias has no name of its own: declaration files could not name the type of an environment that a module exports.
 */
export interface StreamEnvironment extends Environment {}

export { runJob, type RunJobOptions, type RunningJob, type WorkerRunOptions } from './run-job.js';
export type { ParallelismRequest } from './graph/rescaled-graph.js';
export type { CheckpointsDescription, CompletedCheckpointDescription, JobDescription, JobFailure, OperatorDescription } from './runtime/job/job-description.js';
export type { StoredSavepoint } from './checkpoint/savepoint.js';
export type { CheckpointStats, SubtaskCheckpointMetrics } from './checkpoint/checkpoint-stats.js';
export type { MetricReading, MetricsReport } from './base/metric-reading.js';
export { mergeHistograms, quantileOf, type HistogramReading } from './base/histogram-reading.js';
export type { SubtaskDescription } from './task/subtask.js';
export type { SubtaskMetrics } from './task/subtask-metrics.js';
export { isJob, type DefineJob, type Job, type JobDefinition, type JobRunOptions } from './api/job.js';
export { arg, type ArgumentDeclaration, type ArgumentDeclarations, type ArgumentOptions, type ArgumentValues, type GivenArguments, type NumberArgumentOptions } from './api/arguments.js';
export type { AsyncValuesOptions, EnvironmentOptions, ExecuteOptions, JobSettings, SourceOptions, ValuesOptions } from './api/environment.js';
export type { JobHandle, JobResult, RunOptions, StopOptions } from './operators/executor.js';

export type {
  BroadcastConnectedStream, BroadcastStream, Configurable, ConnectedStreams, DataStream, DataStreamSink, KeyedBroadcastConnectedStream,
  KeyedConnectedStreams, KeyedStream, SourceStream, WindowedStream,
} from './api/streams.js';
export type { OperatorOptions, OutputOptions, ProcessOptions } from './api/operator-options.js';
export type { AsyncMapOptions, DeduplicateOptions, IntervalJoinOptions, LookupJoinOptions, RetryOptions, WindowJoinOptions, WindowOptions } from './api/stream-options.js';
export type { Key, KeyFields, KeyOf, KeyValue, LateSide, NumericFields, OrderedFields, SideTypes } from './api/field-types.js';
export type {
  BroadcastProcessObject, CoProcessObject, DeclaredOutputs, KeyedBroadcastProcessObject, KeyedCoProcessObject, KeyedProcessObject, ProcessObject,
  ProcessWindowObject, WindowFunction,
} from './api/process-objects.js';
export type { AggregateShorthand, ShorthandResult } from './api/aggregate-shorthand.js';

export { perSubtask, type FunctionFactory, type FunctionSource, type RichFunction, type RuntimeContext } from './functions/user-function.js';
export type { Collector, SideCollectors } from './functions/collector.js';
export type {
  FilterFunction, FlatMapFunction, KeySelector, MapFunction, PartitionFunction, RichFilterFunction, RichFlatMapFunction, RichMapFunction,
} from './functions/element-functions.js';
export type { AsyncCallContext, AsyncMapFunction, RichAsyncMapFunction } from './operators/async-settings.js';
export type { AggregateFunction, ReduceFunction, RichReduceFunction } from './functions/aggregate-function.js';
export { avg, collectList, count, countDistinct, first, last, max, min, sum, type Aggregate } from './functions/aggregates.js';
export type { CoGroupFunction, IntervalJoinContext, IntervalJoinFunction, WindowJoinFunction } from './functions/join-functions.js';
export type {
  BroadcastDeclarations, BroadcastProcessFunction, BroadcastReadContext, BroadcastWriteContext, CoProcessFunction, KeyedBroadcastProcessFunction,
  KeyedBroadcastReadContext, KeyedBroadcastWriteContext, KeyedCoProcessFunction, KeyedProcessContext, KeyedProcessFunction, ProcessContext,
  ProcessFunction, SideDeclarations, TimerContext, TimerService,
} from './functions/process-function.js';

export {
  boundedOutOfOrderness, customWatermarks, ingestionTime, monotonousTimestamps, noWatermarks, type WatermarkOptions,
} from './functions/watermark-strategies.js';
export type { TimestampAssigner, WatermarkAlignment, WatermarkGenerator, WatermarkKind, WatermarkOutput, WatermarkStrategy } from './functions/watermark-strategy.js';
export {
  cumulativeEventTime, cumulativeProcessingTime, dynamicSessionEventTime, dynamicSessionProcessingTime, globalWindows, sessionEventTime,
  sessionProcessingTime, slidingEventTime, slidingProcessingTime, tumblingEventTime, tumblingProcessingTime, type WindowOffset,
} from './functions/window-assigners.js';
export {
  continuousEventTimeTrigger, continuousProcessingTimeTrigger, countTrigger, deltaTrigger, eventTimeTrigger, neverTrigger, processingTimeTrigger, purging,
} from './functions/triggers.js';
export { countEvictor, deltaEvictor, timeEvictor, type EvictorOptions } from './functions/evictors.js';
export type {
  AssignerContext, Buffered, CustomWindowAssigner, Evictor, ProcessWindowContext, ProcessWindowFunction, TimeDomain, TimeWindow, Trigger, TriggerContext,
  TriggerMergeContext, TriggerResult, WindowAssigner, WindowInfo, WindowResultFunction,
} from './functions/window.js';

export { state, type StateOptions, type TimeToLiveOptions } from './state/state-builders.js';
export type {
  AggregatingState, BroadcastState, ListState, MapState, ReadOnlyBroadcastState, ReducingState, ValueState,
} from './state/handles.js';
export type {
  AggregatingDeclaration, BroadcastDeclaration, KeyedStateDeclaration, KeyedStateDeclarations, ListDeclaration, MapDeclaration, ReducingDeclaration,
  StateOf, StatesOf, ValueDeclaration,
} from './state/declarations.js';

export { t, type, type ClassLike, type Flat, type StructFields, type StructOf, type TupleOf } from './record/types/t.js';
export { typeFromSchema } from './record/types/from-schema.js';
export type {
  BigintType, BooleanType, BytesType, ClassType, DateType, DynamicType, ListType, MapType, NullableType, NumberType, OptionalType, SetType, StringType,
  StructType, TimestampType, TupleType, TypeCarrier, TypeInfo, TypeOf,
} from './record/types/type-info.js';
export { Time, type Duration } from './base/duration.js';
export { secret, type Secret } from './base/secret.js';
export { MillraceError, type ErrorCode, type ErrorLocation } from './base/errors.js';

export { collection, elements, type CollectionOptions } from './connectors/memory/collection-source.js';
export { sequence, type SequenceOptions } from './connectors/memory/sequence-source.js';
export { asyncIterable, type AsyncIterableOptions } from './connectors/memory/async-iterable-source.js';
export { datagen, type DatagenSettings } from './connectors/datagen/datagen.js';
export { gen, type Generated, type Generator } from './connectors/datagen/generators.js';
export type { PositionalRandom } from './connectors/datagen/positional-random.js';
export { fileSource, type FileSourceOptions } from './connectors/file/file-source.js';
export type { FileSplit } from './connectors/file/file-split.js';
export { socketSource, type SocketSourceOptions } from './connectors/socket/socket-source.js';
export { collectSink } from './connectors/memory/collect-sink.js';
export { discardSink } from './connectors/memory/discard-sink.js';
export { fileSink, type FileSinkOptions } from './connectors/file/file-sink.js';
export { byDay, byMinute, type PartitionBy } from './connectors/file/partitions.js';
export { functionSink, type FunctionSinkContext, type FunctionSinkOptions, type SinkFunction } from './connectors/memory/function-sink.js';
export { printSink, rowText, type PrintOptions } from './connectors/memory/print-sink.js';
export { csv, type CsvOptions } from './formats/csv/csv.js';
export type { Format } from './connector/format.js';
export { json, type JsonOptions } from './formats/json/json.js';
export { raw, type RawOptions } from './formats/raw.js';
export { cloudEvents, type CloudEventsOptions } from './formats/cloud-events/cloud-events.js';
export type { CloudEvent, CloudEventExtension } from './formats/cloud-events/cloud-event.js';
export { cloudEventMode, eventOfHttpHeaders, eventOfKafkaHeaders, httpHeadersOf, kafkaHeadersOf, type MessageHeader } from './formats/cloud-events/bindings.js';
export type { ChangeKind, ChangeOptions, ChangeRow, RowSchema } from './formats/changes/change-row.js';
export { canalJson } from './formats/changes/canal.js';
export { debeziumJson } from './formats/changes/debezium.js';
export { maxwellJson } from './formats/changes/maxwell.js';
export type { DeadLetter, DecodeErrorPolicy } from './connector/dead-letter.js';
export { deadLetterFormat } from './formats/dead-letter.js';
export { redrive, redriveAsync, redriven, type RedrivenRecord } from './api/redrive.js';
