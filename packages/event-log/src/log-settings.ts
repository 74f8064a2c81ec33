import { type Duration, parseDuration } from '@millrace/core/spi';
import { LogSettingInvalid } from './errors.js';
import { DEFAULT_MAX_RECORD_BYTES } from './frame-builder.js';

/**
 * When written records are forced to the disk: with every flush, at the latest after a time, or only when a segment is
 * full and at closing. What is not forced survives the end of the process, but not that of the machine.
 */
export type FsyncPolicy = 'always' | 'never' | { readonly everyMs: number };

/** How a log is kept; written down when it is created and the same for all who open it. */
export interface LogSettings {
  /** How many partitions it has, for good. */
  readonly partitions: number;
  /** A segment this large is sealed. */
  readonly segmentBytes: number;
  /** A segment this old is sealed, in milliseconds. */
  readonly segmentMs: number;
  /** Oldest segments go while a partition has more bytes than this; null: never. */
  readonly retentionBytes: number | null;
  /** Segments whose newest record was appended longer ago go, in milliseconds; null: never. */
  readonly retentionMs: number | null;
  /** Whether `compact` may leave only the newest record of each key. */
  readonly compact: boolean;
  /** How long a deleted key stays readable as such after compaction, in milliseconds. */
  readonly deleteRetentionMs: number;
  readonly maxRecordBytes: number;
  readonly fsync: FsyncPolicy;
}

/** What a log may be created with; all of it has defaults. */
export interface NewLogSettings {
  /** 1 unless given, 10,000 at the most. */
  readonly partitions?: number;
  /** 64 MiB unless given. */
  readonly segmentBytes?: number;
  /** 7 days unless given. */
  readonly segmentAge?: Duration;
  /** Bytes per partition; without limit unless given. */
  readonly retentionBytes?: number;
  /** For ever unless given. */
  readonly retention?: Duration;
  /** False unless given. */
  readonly compact?: boolean;
  /** A day unless given. */
  readonly deleteRetention?: Duration;
  /** 16 MiB unless given. */
  readonly maxRecordBytes?: number;
  /** Every second unless given. */
  readonly fsync?: FsyncPolicy;
}

/** More partitions would be more folders than anybody wants to open. */
export const MAX_PARTITIONS = 10_000;

const SMALLEST_SEGMENT_BYTES = 1024;
const LARGEST_SEGMENT_BYTES = 1024 * 1024 * 1024;
const LARGEST_RECORD_BYTES = 128 * 1024 * 1024;

/** Fills in the defaults and refuses what makes no sense, by `LogSettingInvalid`. */
export function logSettings(given: NewLogSettings): LogSettings {
  const retentionMs = given.retention === undefined ? null : milliseconds(given.retention, 'retention');
  const settings: LogSettings = {
    partitions: whole('partitions', given.partitions ?? 1, 1, MAX_PARTITIONS),
    segmentBytes: whole('segmentBytes', given.segmentBytes ?? 64 * 1024 * 1024, SMALLEST_SEGMENT_BYTES, LARGEST_SEGMENT_BYTES),
    segmentMs: milliseconds(given.segmentAge ?? '7 d', 'segmentAge'),
    retentionBytes: given.retentionBytes === undefined ? null : whole('retentionBytes', given.retentionBytes, 1, Number.MAX_SAFE_INTEGER),
    retentionMs,
    compact: given.compact ?? false,
    deleteRetentionMs: milliseconds(given.deleteRetention ?? '1 d', 'deleteRetention'),
    maxRecordBytes: whole('maxRecordBytes', given.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES, 1, LARGEST_RECORD_BYTES),
    fsync: given.fsync ?? { everyMs: 1000 },
  };
  const { fsync } = settings;
  if (fsync !== 'always' && fsync !== 'never') whole('fsync.everyMs', fsync.everyMs, 1, 3_600_000);
  // What is to go after a time must be in a segment of its own by then.
  return retentionMs === null ? settings : { ...settings, segmentMs: Math.min(settings.segmentMs, retentionMs) };
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw LogSettingInvalid.error({ what: `${name} is ${String(value)}, and must be a whole number from ${least} to ${most}` });
}

function milliseconds(value: Duration, name: string): number {
  const parsed = parseDuration(value, name);
  if (parsed > 0) return parsed;
  throw LogSettingInvalid.error({ what: `${name} must be above 0` });
}
