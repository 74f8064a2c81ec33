/** `@millrace/event-log`: an embedded, durable, replayable log, with a source and an exactly-once sink for jobs. */
export { EventLog, type PartitionStat } from './event-log.js';
export type { LogHeaders, LogRecord, NewLogRecord } from './log-record.js';
export type { FsyncPolicy, LogSettings, NewLogSettings } from './log-settings.js';
export type { LogPosition } from './positions.js';
export type { PartitionReader } from './partition-reader.js';
export type { FrameCursor } from './frame-cursor.js';
export type { PartitionWriter } from './partition-writer.js';
export type { Compaction } from './compaction.js';
export type { PartitionProblem } from './verification.js';
export { eventLogSource, eventLogSourceOfEvents, type EventLogSourceOptions } from './log-source.js';
export type { LogEvent } from './log-split-reader.js';
export type { LogSplit } from './log-split.js';
export { eventLogSink } from './log-sink.js';
export type { EventLogSinkOptions } from './log-sink-options.js';
export type { LogSinkState } from './log-sink-writer.js';
export type { LogCommittable } from './staging.js';
export { partitionOfKey } from './key-partition.js';
export { EVENT_LOG_ERRORS } from './error-catalogue.js';
