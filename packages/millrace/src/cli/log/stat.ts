import { formatDuration } from '@millrace/core/spi';
import type { EventLog, LogSettings } from '@millrace/event-log';
import { EXIT } from '../exit-codes.js';
import { bytes, count, table } from '../table.js';
import type { Terminal } from '../terminal.js';
import type { LookIntoLog } from './commands.js';

/** Says what a log holds. */
export function stat(log: EventLog, { json }: LookIntoLog, terminal: Terminal): number {
  const partitions = log.stat();
  if (json) {
    const plain = partitions.map((partition) => ({ ...partition, maxTimestamp: partition.maxTimestamp ?? null, lastAppendedAt: partition.lastAppendedAt ?? null }));
    terminal.out(`${JSON.stringify({ directory: log.directory, settings: log.settings, partitions: plain })}\n`);
    return EXIT.finished;
  }
  const rows = partitions.map(({ partition, earliestOffset, endOffset, records, segments, bytes: size, maxTimestamp, lastAppendedAt }) =>
    [String(partition), count(earliestOffset), count(endOffset), count(records), count(segments), bytes(size), time(maxTimestamp), time(lastAppendedAt)]);
  terminal.out(`${log.directory}: ${settingsText(log.settings)}\n\n`);
  terminal.out(table([['PARTITION', 'FIRST', 'END', 'RECORDS', 'FILES', 'SIZE', 'NEWEST EVENT TIME', 'LAST APPENDED'], ...rows]));
  return EXIT.finished;
}

/** The settings of a log for people. */
export function settingsText({ partitions, segmentBytes, retentionMs, retentionBytes, compact, fsync }: LogSettings): string {
  const kept = [...(retentionMs === null ? [] : [formatDuration(retentionMs)]), ...(retentionBytes === null ? [] : [`${bytes(retentionBytes)} a partition`])];
  return [
    `${count(partitions)} ${partitions === 1 ? 'partition' : 'partitions'}`,
    `files of ${bytes(segmentBytes)}`,
    kept.length === 0 ? 'kept for ever' : `kept for ${kept.join(' and ')}`,
    ...(compact ? ['compacted by key'] : []),
    `forced to the disk ${fsync === 'always' ? 'with every write' : fsync === 'never' ? 'when a file is sealed or closed' : `every ${formatDuration(fsync.everyMs)}`}`,
  ].join(', ');
}

function time(epochMs: number | undefined): string {
  if (epochMs === undefined) return '-';
  // A time that no calendar has is shown as it is.
  return Math.abs(epochMs) <= 8.64e15 ? new Date(epochMs).toISOString() : String(epochMs);
}
