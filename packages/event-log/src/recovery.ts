import type { Files } from '@millrace/core/spi';
import { LogDamaged } from './errors.js';
import { emptyHeader, FRAME_HEADER_BYTES, payloadIsWhole, readHeader } from './frame-header.js';
import { readNote } from './checked-note.js';
import { Producers } from './producers.js';
import { closingNotePath, producersPath, segmentBases, segmentPath } from './segment-files.js';
import { SegmentIndexBuilder } from './segment-index.js';
import { SegmentScan } from './segment-scan.js';

/** How a partition was left, after its torn end has been cut off. */
export interface RecoveredPartition {
  /** Where the newest segment begins; -1 when the partition is empty and has none. */
  readonly base: number;
  readonly bytes: number;
  readonly nextOffset: number;
  /** When the first frame of the newest segment was appended, epoch milliseconds; undefined when it has none. */
  readonly since: number | undefined;
  readonly producers: Producers;
  readonly index: SegmentIndexBuilder;
  /** Bytes of a torn end that were cut off. */
  readonly cut: number;
}

/** Written when a partition is closed in order: all before it is on the disk. */
export interface ClosingNote {
  readonly base: number;
  readonly bytes: number;
  readonly nextOffset: number;
  readonly producers: readonly unknown[];
}

/**
 * Finds the end of a partition for a writer. Only the newest segment is looked at: a segment is forced to the disk before
 * the next one begins. An end that a crash cut off, or that never reached the disk, is cut away; bytes that had been
 * safe and are broken are no torn end, and refused by `LogDamaged`.
 */
export function recoverPartition(files: Files, folder: string): RecoveredPartition {
  const base = segmentBases(files, folder).at(-1) ?? -1;
  const closing = readNote(files, closingNotePath(folder)) as ClosingNote | undefined;
  refuseIfSegmentIsGone(folder, base, closing);
  if (base < 0) return { base, bytes: 0, nextOffset: 0, since: undefined, producers: new Producers(), index: new SegmentIndexBuilder(0), cut: 0 };
  const path = segmentPath(folder, base);
  const closed = closing?.base === base ? closing : undefined;
  const producers = new Producers(closed === undefined ? producersBefore(files, folder, base) : closed.producers);
  const scan = new SegmentScan(files.open(path, 'read'), 0, closed === undefined);
  const index = new SegmentIndexBuilder(base);
  let nextOffset = base;
  let since: number | undefined;
  try {
    let found = scan.look();
    for (; found === 'frame'; found = scan.look()) {
      if (scan.header.baseOffset < nextOffset) break;
      if (closed === undefined) producers.saw(scan.header);
      index.frame(scan.header, scan.position, scan.frameBytes);
      since ??= scan.header.appendedAt;
      nextOffset = scan.header.baseOffset + scan.header.span;
      scan.skip();
    }
    const size = files.stat(path).size;
    const end = scan.position;
    if (closed !== undefined && (size < closed.bytes || end < closed.bytes || nextOffset !== closed.nextOffset)) {
      throw damaged(path, end, `the partition was closed in order with ${closed.bytes} bytes, of which ${Math.min(end, size)} are whole`);
    }
    if (found !== 'end') refuseIfOnceSafe(files, path, end, nextOffset);
    if (size > end) cut(files, path, end);
    return { base, bytes: end, nextOffset, since, producers, index, cut: size - end };
  } finally {
    scan.close();
  }
}

/** What producers had committed before a segment began: noted before the segment was made. Without it a repeated commit would double records. */
function producersBefore(files: Files, folder: string, base: number): readonly unknown[] {
  const path = producersPath(folder, base);
  const note = readNote(files, path) as readonly unknown[] | undefined;
  if (note === undefined && base > 0) throw damaged(path, 0, 'it says what sinks had committed before the newest segment, and it is missing or cannot be read');
  return note ?? [];
}

/** Throws `LogDamaged` when the segment that was the newest one when the partition was closed is not there. */
export function refuseIfSegmentIsGone(folder: string, newest: number, closing: ClosingNote | undefined): void {
  if (closing === undefined || closing.base === newest) return;
  throw damaged(segmentPath(folder, closing.base), 0, 'the partition was closed in order with this segment, and it is gone');
}

/** Throws `LogDamaged` when a later frame says that the broken place had been on the disk. */
export function refuseIfOnceSafe(files: Files, path: string, end: number, nextOffset: number): void {
  const size = files.stat(path).size;
  const file = files.open(path, 'read');
  try {
    const header = emptyHeader();
    const step = 1024 * 1024;
    const window = new Uint8Array(step + FRAME_HEADER_BYTES);
    for (let from = end + 1; from < size; from += step) {
      const length = readFully(file, window, from);
      for (let at = 0; at + FRAME_HEADER_BYTES <= length && at < step; at++) {
        if (window[at] !== 0x4d || !readHeader(window, at, header)) continue;
        if (header.durableOffset <= nextOffset || !isWholeAt(file, from + at, header.payloadLength)) continue;
        throw damaged(path, end, `records up to offset ${header.durableOffset} had been on the disk, and those from ${nextOffset} on cannot be read`);
      }
    }
  } finally {
    file.close();
  }
}

function isWholeAt(file: ReturnType<Files['open']>, position: number, payloadLength: number): boolean {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payloadLength);
  if (readFully(file, bytes, position) < bytes.length) return false;
  const header = emptyHeader();
  return readHeader(bytes, 0, header) && payloadIsWhole(header, bytes, FRAME_HEADER_BYTES);
}

function readFully(file: ReturnType<Files['open']>, into: Uint8Array, position: number): number {
  let length = 0;
  while (length < into.length) {
    const read = file.read(into.subarray(length), position + length);
    if (read === 0) break;
    length += read;
  }
  return length;
}

function cut(files: Files, path: string, end: number): void {
  const file = files.open(path, 'readWrite');
  try {
    file.truncate(end);
    file.sync();
  } finally {
    file.close();
  }
}

/** The error for a place that had been whole. */
export function damaged(path: string, position: number, what: string): Error {
  return LogDamaged.error({ what: `${path} is broken at byte ${position}: ${what}`, where: { file: path, offset: position } });
}
