import type { Format } from '@millrace/core/spi';
import type { LogHeaders } from './log-record.js';
import type { NewLogSettings } from './log-settings.js';

/** What `eventLogSink()` writes and how. */
export interface EventLogSinkOptions<T> {
  /** Directory of the log. Relative paths start at the directory the command was started in. */
  readonly directory: string;
  readonly format: Format<T>;
  /** The key of a record; none unless given. Records of one key go to one partition. */
  readonly key?: (value: T) => Uint8Array | string | undefined;
  /** The partition of a record, from 0; by the key unless given, or in turn when there is none. */
  readonly partition?: (value: T, partitions: number) => number;
  /** What else goes with a record. */
  readonly headers?: (value: T) => LogHeaders | undefined;
  /** True: a record for which this holds deletes its key (it is appended with no value). */
  readonly deletes?: (value: T) => boolean;
  /** Makes the log with these settings if it is missing; unless given, a missing log is an error. */
  readonly create?: NewLogSettings;
}
