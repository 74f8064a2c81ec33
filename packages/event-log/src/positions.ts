import type { Files } from '@millrace/core/spi';
import { readNote } from './checked-note.js';
import { FrameCursor } from './frame-cursor.js';
import type { ClosingNote } from './recovery.js';
import { closingNotePath, segmentBases, segmentPath } from './segment-files.js';
import { placeOfTime, segmentIndex } from './segment-index.js';
import { SegmentScan } from './segment-scan.js';

/** Where to begin reading a partition: its oldest record, behind its newest, an offset, or the first record at or after a time. */
export type LogPosition = 'earliest' | 'latest' | { readonly offset: number } | { readonly timestamp: number };

/** Offset of a position as the partition is now. */
export function offsetOf(files: Files, folder: string, position: LogPosition): number {
  if (position === 'earliest') return earliestOffset(files, folder);
  if (position === 'latest') return endOffset(files, folder);
  return 'offset' in position ? position.offset : offsetOfTime(files, folder, position.timestamp);
}

/** Offset of the oldest record. */
export function earliestOffset(files: Files, folder: string): number {
  return segmentBases(files, folder)[0] ?? 0;
}

/** Offset behind the newest record that can be seen. */
export function endOffset(files: Files, folder: string): number {
  const base = segmentBases(files, folder).at(-1);
  if (base === undefined) return 0;
  const closed = readNote(files, closingNotePath(folder)) as ClosingNote | undefined;
  return closed?.base === base ? closed.nextOffset : segmentIndex(files, folder, base, false).endOffset;
}

/** Offset of the first record with a timestamp at or after this one; the end when there is none. */
export function offsetOfTime(files: Files, folder: string, timestamp: number): number {
  const bases = segmentBases(files, folder);
  let end = bases[0] ?? 0;
  for (const base of bases) {
    const index = segmentIndex(files, folder, base, base !== bases.at(-1));
    end = index.endOffset;
    if ((index.maxTimestamp ?? Number.NEGATIVE_INFINITY) < timestamp) continue;
    const found = firstInSegment(files, segmentPath(folder, base), placeOfTime(index, timestamp), timestamp);
    if (found !== undefined) return found;
  }
  return end;
}

function firstInSegment(files: Files, path: string, position: number, timestamp: number): number | undefined {
  const scan = new SegmentScan(files.open(path, 'read'), position);
  const cursor = new FrameCursor();
  try {
    for (; scan.look() === 'frame'; scan.skip()) {
      if (scan.header.maxTimestamp < timestamp) continue;
      cursor.enter(scan.header, scan.window, scan.payloadStart);
      while (cursor.next()) if (cursor.timestamp >= timestamp) return cursor.offset;
    }
    return undefined;
  } finally {
    scan.close();
  }
}
