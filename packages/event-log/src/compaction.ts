import { type FileHandle, type Platform, toLatin1 } from '@millrace/core/spi';
import { FrameBuilder } from './frame-builder.js';
import { FrameCursor } from './frame-cursor.js';
import { MAX_FRAME_BYTES } from './frame-header.js';
import type { LogSettings } from './log-settings.js';
import { indexPath, segmentBases, segmentPath } from './segment-files.js';
import { SegmentIndexBuilder, writeSegmentIndex } from './segment-index.js';
import { SegmentScan } from './segment-scan.js';

/** What a compaction did. */
export interface Compaction {
  readonly recordsBefore: number;
  readonly recordsAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Keys that are held in memory at once (about 100 bytes each); segments that would bring more wait for the next compaction. */
const MAX_KEYS = 8_000_000;
const FRAME_BYTES = 128 * 1024;
/** Frames that are worked on before others may run. */
const FRAMES_PER_TURN = 16;
/** How the names of segments end that are being written anew. */
export const COMPACTING = '.compacting';

/**
 * Leaves only the newest record of each key in the sealed segments of a partition; offsets stay. Records without a key
 * stay. A deleted key (null value) goes too when its time is over. Each segment is replaced in one step, so a crash at
 * any time leaves a log that reads the same. The writer goes on meanwhile: it may begin segments and retire some; those
 * are left out. `assertGoing` throws when the partition is no longer ours, and is asked before anything is replaced.
 */
export async function compactPartition(platform: Platform, folder: string, settings: LogSettings, assertGoing: () => void): Promise<Compaction> {
  const sealed = segmentBases(platform.files, folder).slice(0, -1);
  const newest = new Map<string, number>();
  let covered = 0;
  for (const base of sealed) {
    if (newest.size >= MAX_KEYS) break;
    covered++;
    if (!platform.files.exists(segmentPath(folder, base))) continue;
    await eachFrame(platform, folder, base, assertGoing, (cursor) => {
      while (cursor.next()) if (cursor.keyLength >= 0) newest.set(keyText(cursor), cursor.offset);
    });
  }
  const total = { recordsBefore: 0, recordsAfter: 0, bytesBefore: 0, bytesAfter: 0 };
  for (const base of sealed.slice(0, covered)) {
    if (!platform.files.exists(segmentPath(folder, base))) continue;
    // The next one, not the newest: the writer may have begun others since.
    const endOffset = segmentBases(platform.files, folder).find((other) => other > base)!;
    const done = await compactSegment(platform, folder, base, endOffset, newest, settings, assertGoing);
    total.recordsBefore += done.recordsBefore;
    total.recordsAfter += done.recordsAfter;
    total.bytesBefore += done.bytesBefore;
    total.bytesAfter += done.bytesAfter;
  }
  return total;
}

async function compactSegment(platform: Platform, folder: string, base: number, endOffset: number, newest: ReadonlyMap<string, number>, settings: LogSettings, assertGoing: () => void): Promise<Compaction> {
  const { files } = platform;
  const path = segmentPath(folder, base);
  const temporary = `${path}${COMPACTING}`;
  const bytesBefore = files.stat(path).size;
  const deletedBefore = platform.clock.now() - settings.deleteRetentionMs;
  const writer = new SegmentRewriter(files.open(temporary, 'write'), base, settings.maxRecordBytes);
  let recordsBefore = 0;
  let recordsAfter = 0;
  try {
    await eachFrame(platform, folder, base, assertGoing, (cursor, appendedAt) => {
      writer.frame(appendedAt);
      while (cursor.next()) {
        recordsBefore++;
        const superseded = cursor.keyLength >= 0 && newest.get(keyText(cursor)) !== cursor.offset;
        const forgotten = cursor.keyLength >= 0 && cursor.valueLength < 0 && appendedAt < deletedBefore;
        if (superseded || forgotten) continue;
        recordsAfter++;
        writer.keep(cursor);
      }
    });
    writer.end(endOffset);
  } finally {
    writer.close();
  }
  assertGoing();
  // Retention may have removed it meanwhile: it must not come back.
  if (recordsAfter === recordsBefore || !files.exists(path)) {
    files.unlink(temporary);
    return { recordsBefore, recordsAfter, bytesBefore, bytesAfter: bytesBefore };
  }
  if (files.exists(indexPath(folder, base))) files.unlink(indexPath(folder, base));
  files.rename(temporary, path);
  files.syncDirectory(folder);
  writeSegmentIndex(files, folder, base, writer.index.build());
  return { recordsBefore, recordsAfter, bytesBefore, bytesAfter: writer.bytes };
}

/** Writes the records that are kept of one segment into another file. */
class SegmentRewriter {
  readonly index: SegmentIndexBuilder;
  bytes: number;
  readonly #file: FileHandle;
  readonly #builder: FrameBuilder;
  #frameOffset: number;
  #endOffset: number;
  #appendedAt: number;

  constructor(file: FileHandle, base: number, maxRecordBytes: number) {
    this.index = new SegmentIndexBuilder(base);
    this.bytes = 0;
    this.#file = file;
    this.#builder = new FrameBuilder(Math.min(MAX_FRAME_BYTES, Math.max(maxRecordBytes, FRAME_BYTES)));
    this.#frameOffset = base;
    this.#endOffset = base;
    this.#appendedAt = 0;
  }

  /** Says that the records of another frame follow. */
  frame(appendedAt: number): void {
    this.#appendedAt = appendedAt;
  }

  keep(cursor: FrameCursor): void {
    const { offset, timestamp } = cursor;
    this.#builder.add({ key: cursor.key(), value: cursor.value(), timestamp, headers: cursor.headers() }, offset - this.#frameOffset);
    this.#endOffset = offset + 1;
    if (this.#builder.size >= FRAME_BYTES) this.#flush();
  }

  /** Ends the segment: its last frame reaches up to where the next segment begins. */
  end(endOffset: number): void {
    this.#endOffset = endOffset;
    if (this.#builder.count > 0 || this.#frameOffset < endOffset) this.#flush();
    this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }

  #flush(): void {
    this.#builder.widen(this.#endOffset - this.#frameOffset);
    const stamp = { baseOffset: this.#frameOffset, durableOffset: this.#endOffset, appendedAt: this.#appendedAt };
    const frame = this.#builder.finish(stamp);
    this.#file.write(frame, this.bytes);
    this.index.frame({ ...stamp, span: this.#builder.span, count: this.#builder.count, maxTimestamp: this.#builder.maxTimestamp }, this.bytes, frame.length);
    this.bytes += frame.length;
    this.#builder.clear();
    this.#frameOffset = this.#endOffset;
  }
}

/** Walks over the frames of a segment, letting others run now and then. */
async function eachFrame(platform: Platform, folder: string, base: number, assertGoing: () => void, visit: (cursor: FrameCursor, appendedAt: number) => void): Promise<void> {
  const scan = new SegmentScan(platform.files.open(segmentPath(folder, base), 'read'));
  const cursor = new FrameCursor();
  try {
    for (let frames = 1; scan.look() === 'frame'; frames++) {
      cursor.enter(scan.header, scan.window, scan.payloadStart);
      visit(cursor, scan.header.appendedAt);
      scan.skip();
      if (frames % FRAMES_PER_TURN !== 0) continue;
      await new Promise<void>((resolve) => platform.timers.immediate(resolve));
      assertGoing();
    }
  } finally {
    scan.close();
  }
}

/** The key's bytes as a text with one unit each. */
function keyText(cursor: FrameCursor): string {
  return toLatin1(cursor.key()!);
}
