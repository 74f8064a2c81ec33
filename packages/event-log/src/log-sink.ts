import type { Sink } from '@millrace/core/spi';
import { LogSettingInvalid } from './errors.js';
import { EventLog } from './event-log.js';
import { LogCommitter } from './log-committer.js';
import type { EventLogSinkOptions } from './log-sink-options.js';
import { LogSinkWriter, type LogSinkState } from './log-sink-writer.js';
import type { LogCommittable } from './staging.js';

/**
 * Appends to an event log, exactly once with checkpoints: records of a checkpoint come into the log when it is complete,
 * and a commit that is repeated after a crash adds only what is missing. Each record has its event time. Without
 * checkpoints a bounded job appends at its end, an unbounded one about every 100 ms.
 */
export function eventLogSink<T>(options: EventLogSinkOptions<T>): Sink<T, LogCommittable, LogSinkState> {
  const { directory, format, create } = options;
  if (typeof directory !== 'string' || directory === '') throw LogSettingInvalid.error({ what: 'eventLogSink: directory is missing or empty' });
  if (typeof format?.createEncoder !== 'function') throw LogSettingInvalid.error({ what: 'eventLogSink: format is missing', remedy: 'Give the sink a format, e.g. format: json().' });
  for (const name of ['key', 'partition', 'headers', 'deletes'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') throw LogSettingInvalid.error({ what: `eventLogSink: ${name} must be a function` });
  }
  return {
    kind: 'event-log',
    guarantee: 'exactly-once',
    validate: ({ platform }) => void (create === undefined ? EventLog.open(directory, platform) : EventLog.openOrCreate(directory, create, platform)),
    createWriter: (context, restored) => new LogSinkWriter(EventLog.open(directory, context.platform), options, context, restored),
    createCommitter: (context) => new LogCommitter(EventLog.open(directory, context.platform), context),
  };
}
