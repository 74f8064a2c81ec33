/** What connectors, formats, operators, runners and the command line are built on. */
export { MillraceError, defineError, type ErrorCode, type ErrorDetails, type ErrorKind, type ErrorLocation } from './base/errors.js';
export { OPTIONS, OPTION_NAMES, flagOf, parseOption, resolveOptions, type OptionDeclaration, type OptionName, type OptionType, type OptionValues } from './base/options.js';
export { didYouMean, suggest } from './base/suggest.js';
export { createStreamLogger, type Logger, type StreamLoggerOptions } from './base/logger.js';
export type { Clock, OutputStream, Platform, TimerHandle, Timers as PlatformTimers } from './base/platform.js';
export { assert } from './base/assert.js';
export { canGenerateCode, fieldExpression, generateFunction, literalProperty, MAX_GENERATED_FIELDS } from './record/codec/code-generation.js';
export { ByteReader, ByteWriter, concatBytes, decodeUtf8, encodeUtf8, equalBytes, fromBase64, fromHex, toBase64, toHex, toLatin1 } from './base/bytes.js';
export { decodeUtf8Strict } from './base/strict-utf8.js';
export { DirectoryClaim, type ClaimErrors } from './base/directory-claim.js';
export { makeDurableFolder } from './base/durable-folder.js';
export { joinPath, pathOfFileUrl, resolvePath } from './base/paths.js';
export { FileExists, FileNotFound } from './base/platform-errors.js';
export type { FileHandle, Files, FileWatch } from './base/platform-files.js';
export { crc32c } from './base/crc32c.js';
export { revealed, Secret } from './base/secret.js';
export { parseDuration, formatDuration, type Duration } from './base/duration.js';
export type { Counter, Gauge, Histogram, MetricGroup } from './base/metrics.js';
export { nodePlatform } from './platform/node/node-platform.js';
export { isJob, type Job } from './api/job.js';
export { type ArgumentHelp, checkJobArguments, describeJobArguments, kebab, parseJobArguments } from './api/parse-arguments.js';
export type { ArgumentDeclaration, ArgumentDeclarations } from './api/arguments.js';
export { allowExecution, forbidExecution } from './api/execution-guard.js';
export { localExecutor, runLocally, type LocalRunOptions } from './runtime/job/local-executor.js';
export { runOnNode } from './node-executor.js';
export { runInWorkers, type HostedRunOptions, type WorkerRunOptions } from './run-job.js';
export { controlJob, type ControlledJobHandle, type ControlOptions } from './control-job.js';
export { warmWorkers } from './warm-workers.js';
export type { WarmThreads } from './platform/node/warm-threads.js';
export type { JobReference } from './load-program.js';
export { JobManager } from './runtime/job/job-manager.js';
export type { JobDescription } from './runtime/job/job-description.js';
export { LocalJob } from './runtime/job/local-job.js';
export type { Executor, JobHandle, JobResult, RunOptions, StopOptions } from './operators/executor.js';
export type { EdgeProgram, JobProgram, NodeProgram } from './operators/job-program.js';
export { listCheckpoints, type CheckpointEntry } from './stores/list-checkpoints.js';
export { verifyCheckpoint, type CheckpointProblem, type CheckpointVerification } from './stores/verify-checkpoint.js';
export {
  describeCheckpoint, type CheckpointDescription, type DescribeOptions, type KeyGroupBytes, type OperatorDescription, type SourceDescription, type StateDescription,
} from './stores/describe-checkpoint.js';
export { disposeSavepoint, type DisposedSavepoint } from './stores/dispose-savepoint.js';
export type { StoredSavepoint } from './checkpoint/savepoint.js';
export { keysFromText, readState, type StateQuery, type StateRow } from './stores/read-state.js';
export type { EncryptionSettings } from './stores/encryption.js';
export { ERROR_CATALOGUE } from './error-catalogue.js';
export { planOf, type Plan, type PlanEdge, type PlanOperator, type PlanVertex } from './graph/plan.js';
export { planAsText } from './graph/plan-text.js';
export { planAsMermaid } from './graph/plan-mermaid.js';

export { transform, type AnyStream, type TransformOptions } from './api/transform.js';
export type { EndProgress, Operator, OperatorFactory, Progress, Receiver } from './operators/operator.js';
export type { Flow, Mailbox, OperatorContext, OperatorInfo, RecordContext, TimeControl } from './operators/operator-context.js';
export type { KeyGroupRange, Namespace, Pane, StateBackend, TimerHandler, Timers, WindowTable } from './state/backend.js';

export type { Chaining, NodeKind, Partitioning, StreamEdge, StreamGraph, StreamNode } from './graph/stream-graph.js';

export { codecFor, type Codec, type CodecId, type CodecOptions } from './record/codec/codec.js';
export { keyGroupOf, keyHash, subtaskForKeyGroup } from './record/key-hash.js';
export { murmur3 } from './base/murmur3.js';
export { keyBytes } from './record/key-bytes.js';
export { normaliseTimestamp } from './record/timestamps.js';
export { describeType, fingerprintOf, typeFromDescription, typeInWords, type TypeDescription } from './record/types/describe.js';
export { isStandardSchema, typeFromSchema } from './record/types/from-schema.js';
export type { TypeInfo, TypeKind, TypeNode, TypeOf } from './record/types/type-info.js';

export type { DeadLetter, DecodeErrorPolicy } from './connector/dead-letter.js';
export { DEFAULT_MAX_DEPTH, type ByteSink, type DecodeContext, type DecodeTarget, type Decoder, type Encoder, type EncoderContext, type Format, type Framing, type TextEncoding } from './connector/format.js';
export { excerptOf } from './connector/excerpt.js';
export { BlockQueue } from './connector/block-queue.js';
export { FixedSplits } from './connector/fixed-splits.js';
export { LineCutter, type CutterSettings } from './connector/line-cutter.js';
export { Pacer } from './connector/pacer.js';
export { fillBatch } from './connector/fill-batch.js';
export { PositionBlocks, type BlockRange } from './connector/position-blocks.js';
export { PositionReader, stridedSplits, type PositionRecords, type PositionSplit } from './connector/position-reader.js';
export { RecordDecoder, type FrameEnd } from './connector/record-decoder.js';
export { TimedWakeUp } from './connector/timed-wake-up.js';
export { WakeUp } from './connector/wake-up.js';
export type { CommitContext, Committer, DeliveryGuarantee, Sink, SinkValidation, SinkWriter, WriteContext, WriterContext } from './connector/sink.js';
export { DEFAULT_RECORD_LIMITS, type RecordLimits } from './connector/source.js';
export type {
  EnumeratorContext, PollResult, ReaderContext, RecordCursor, Source, SourceBatch, SourceReader, Split, SplitEnumerator,
} from './connector/source.js';
