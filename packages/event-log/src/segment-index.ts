import type { Files } from '@millrace/core/spi';
import { readNote, writeNote } from './checked-note.js';
import { indexPath, segmentPath } from './segment-files.js';
import { SegmentScan } from './segment-scan.js';

/** One place of a segment is kept for so many bytes. */
const INDEX_EVERY_BYTES = 64 * 1024;

/** A place in a segment: from here on stand the records from this offset on. */
export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
  /** The greatest timestamp before the place; -Infinity (as null in the note) when there is none. */
  readonly maxTimestampBefore: number | null;
}

/** What is known of a sealed segment without reading it. It can be made again from the segment at any time. */
export interface SegmentIndex {
  readonly bytes: number;
  /** Where the next segment begins. */
  readonly endOffset: number;
  readonly records: number;
  /** The greatest timestamp; null when there is none. */
  readonly maxTimestamp: number | null;
  /** When its last frame was appended, epoch milliseconds. */
  readonly lastAppendedAt: number;
  readonly entries: readonly IndexEntry[];
}

/** Gathers the index of a segment while its frames go by. */
export class SegmentIndexBuilder {
  readonly #entries: IndexEntry[];
  #indexedTo: number;
  #maxTimestamp: number;
  #records: number;
  #bytes: number;
  #endOffset: number;
  #lastAppendedAt: number;

  constructor(baseOffset: number) {
    this.#entries = [];
    this.#indexedTo = 0;
    this.#maxTimestamp = Number.NEGATIVE_INFINITY;
    this.#records = 0;
    this.#bytes = 0;
    this.#endOffset = baseOffset;
    this.#lastAppendedAt = 0;
  }

  /** Takes note of the next frame. */
  frame(header: { readonly baseOffset: number; readonly span: number; readonly count: number; readonly maxTimestamp: number; readonly appendedAt: number }, position: number, bytes: number): void {
    if (this.#entries.length === 0 || position >= this.#indexedTo) {
      this.#entries.push({ offset: header.baseOffset, position, maxTimestampBefore: finite(this.#maxTimestamp) });
      this.#indexedTo = position + INDEX_EVERY_BYTES;
    }
    this.#maxTimestamp = Math.max(this.#maxTimestamp, header.maxTimestamp);
    this.#records += header.count;
    this.#bytes = position + bytes;
    this.#endOffset = header.baseOffset + header.span;
    this.#lastAppendedAt = header.appendedAt;
  }

  build(): SegmentIndex {
    return {
      bytes: this.#bytes,
      endOffset: this.#endOffset,
      records: this.#records,
      maxTimestamp: finite(this.#maxTimestamp),
      lastAppendedAt: this.#lastAppendedAt,
      entries: this.#entries,
    };
  }
}

/** The index of a segment: from its note, or else from its frames. `sealed`: the segment does not change any more, so a missing note is written. */
export function segmentIndex(files: Files, folder: string, baseOffset: number, sealed: boolean): SegmentIndex {
  const path = segmentPath(folder, baseOffset);
  if (sealed) {
    const note = readNote(files, indexPath(folder, baseOffset)) as SegmentIndex | undefined;
    if (note !== undefined && note.bytes === files.stat(path).size) return note;
  }
  const scan = new SegmentScan(files.open(path, 'read'), 0, false);
  try {
    const builder = new SegmentIndexBuilder(baseOffset);
    for (; scan.look() === 'frame'; scan.skip()) builder.frame(scan.header, scan.position, scan.frameBytes);
    return builder.build();
  } finally {
    scan.close();
  }
}

/** Writes the note of a sealed segment. */
export function writeSegmentIndex(files: Files, folder: string, baseOffset: number, index: SegmentIndex): void {
  writeNote(files, indexPath(folder, baseOffset), index);
}

/** The place to begin at when the record of an offset is looked for. */
export function placeOfOffset(index: SegmentIndex, offset: number): number {
  return placeBefore(index.entries, (entry) => entry.offset <= offset);
}

/** The place to begin at when the first record at or after a time is looked for. */
export function placeOfTime(index: SegmentIndex, timestamp: number): number {
  return placeBefore(index.entries, (entry) => (entry.maxTimestampBefore ?? Number.NEGATIVE_INFINITY) < timestamp);
}

/** Binary search: position of the last entry that passes; entries that pass come first. */
function placeBefore(entries: readonly IndexEntry[], passes: (entry: IndexEntry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(entries[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : entries[low - 1]!.position;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
