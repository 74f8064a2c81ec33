import type { Compaction, EventLog } from '@millrace/event-log';
import { EXIT } from '../exit-codes.js';
import { bytes, count, table } from '../table.js';
import type { Terminal } from '../terminal.js';
import type { CompactLog } from './commands.js';
import { openWriter } from './open-writer.js';
import { partitionsOf } from './read.js';

interface Done extends Compaction {
  readonly partition: number;
  /** Files that retention has removed. */
  readonly removed: number;
}

const UNTOUCHED: Compaction = { recordsBefore: 0, recordsAfter: 0, bytesBefore: 0, bytesAfter: 0 };

/** Does to partitions what their writers do not do by themselves. It is their writer meanwhile; readers go on. */
export async function compact(log: EventLog, command: CompactLog, terminal: Terminal): Promise<number> {
  const { compact: byKey, retentionBytes, retentionMs } = log.settings;
  const done: Done[] = [];
  for (const partition of partitionsOf(log, command)) {
    const writer = await openWriter(log, partition, command.waitMs);
    try {
      if (command.seal) writer.seal();
      const removed = writer.applyRetention();
      done.push({ partition, removed, ...(byKey ? await writer.compact() : UNTOUCHED) });
    } finally {
      writer.close();
    }
  }
  if (command.json) terminal.out(`${JSON.stringify({ directory: log.directory, partitions: done })}\n`);
  else terminal.out(table([['PARTITION', 'RECORDS', '', 'SIZE', '', 'OLD FILES REMOVED'], ...done.map(row)]));
  if (!byKey && retentionBytes === null && retentionMs === null) terminal.note('this log keeps every record: it was created without --compact, --retention and --retention-bytes');
  return EXIT.finished;
}

function row({ partition, recordsBefore, recordsAfter, bytesBefore, bytesAfter, removed }: Done): string[] {
  return [String(partition), count(recordsBefore), `→ ${count(recordsAfter)}`, bytes(bytesBefore), `→ ${bytes(bytesAfter)}`, count(removed)];
}
