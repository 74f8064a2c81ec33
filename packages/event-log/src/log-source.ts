import { t } from '@millrace/core';
import type { Format, Source, TypeInfo } from '@millrace/core/spi';
import { LogSettingInvalid } from './errors.js';
import { EventLog } from './event-log.js';
import { LogEnumerator } from './log-enumerator.js';
import { LogReader } from './log-reader.js';
import type { LogSplit } from './log-split.js';
import type { LogEvent } from './log-split-reader.js';
import type { LogPosition } from './positions.js';

/** What `eventLogSource()` reads and how. */
export interface EventLogSourceOptions<T> {
  /** Directory of the log; it must exist when the job starts. Relative paths start at the directory the command was started in. */
  readonly directory: string;
  /** What the values of records are. Records without a value (deleted keys) are passed over. */
  readonly format: Format<T>;
  /** Where a fresh start begins; `earliest` unless given. After a restart the job goes on from its checkpoint. */
  readonly from?: LogPosition;
  /** Where reading ends, settled when the job starts: `latest` reads what is there. Without it the source waits for more, for ever. */
  readonly until?: LogPosition;
}

/**
 * Reads an event log: partitions are splits, offsets are positions, so it is read again from any checkpoint. Records have
 * the timestamp that the format finds, else the one they were appended with.
 *
 * @example
 * ```ts
 * import { json } from 'millrace';
 * import { EventLog, eventLogSource } from '@millrace/event-log';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 *
 * const log = EventLog.create(`${mkdtempSync(`${tmpdir()}/log-`)}/orders`);
 * const source = eventLogSource({ directory: log.directory, format: json<{ id: number }>(), until: 'latest' });
 * console.log(source.bounded);
 * ```
 */
export function eventLogSource<T>(options: EventLogSourceOptions<T>): Source<T, LogSplit> {
  checkOptions(options);
  return source(options, options.format.type, false);
}

/** The same, with key, headers, partition and offset around each value. */
export function eventLogSourceOfEvents<T>(options: EventLogSourceOptions<T>): Source<LogEvent<T>, LogSplit> {
  checkOptions(options);
  const type = t.struct({
    value: options.format.type,
    key: t.optional(t.bytes),
    timestamp: t.number,
    headers: t.list(t.tuple(t.string, t.bytes)),
    partition: t.number,
    offset: t.number,
  });
  return source(options, type as unknown as TypeInfo<LogEvent<T>>, true) as unknown as Source<LogEvent<T>, LogSplit>;
}

function source<T, R>({ directory, format, from = 'earliest', until }: EventLogSourceOptions<T>, type: TypeInfo<R>, withMetadata: boolean): Source<R, LogSplit> {
  return {
    kind: 'event-log',
    bounded: until !== undefined,
    replayable: true,
    type,
    createEnumerator: (context, restored) => new LogEnumerator(EventLog.open(directory, context.platform), { from, until }, context, restored),
    createReader: (context) => new LogReader(EventLog.open(directory, context.platform), format, withMetadata, context) as unknown as LogReader<R>,
  };
}

function checkOptions<T>({ directory, format, from, until }: EventLogSourceOptions<T>): void {
  if (typeof directory !== 'string' || directory === '') throw LogSettingInvalid.error({ what: 'eventLogSource: directory is missing or empty' });
  if (typeof format?.createDecoder !== 'function') throw LogSettingInvalid.error({ what: 'eventLogSource: format is missing', remedy: 'Give the source a format, e.g. format: json(Order).' });
  for (const position of [from, until]) checkPosition(position);
}

function checkPosition(position: LogPosition | undefined): void {
  if (position === undefined || position === 'earliest' || position === 'latest') return;
  const number = typeof position !== 'object' ? Number.NaN : 'offset' in position ? position.offset : position.timestamp;
  if (Number.isSafeInteger(number) && (!('offset' in position) || number >= 0)) return;
  throw LogSettingInvalid.error({ what: `eventLogSource: ${JSON.stringify(position)} is no position`, remedy: "Give 'earliest', 'latest', { offset } or { timestamp } with whole numbers." });
}
