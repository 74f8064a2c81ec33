import type { Files } from '@millrace/core/spi';
import { readNote } from './checked-note.js';
import { OffsetNotYet, OffsetRemoved } from './errors.js';
import { FrameCursor } from './frame-cursor.js';
import { type ClosingNote, damaged, refuseIfOnceSafe } from './recovery.js';
import { closingNotePath, segmentBases, segmentPath } from './segment-files.js';
import { placeOfOffset, segmentIndex } from './segment-index.js';
import { SegmentScan } from './segment-scan.js';

/**
 * Reads one partition from an offset on, also while a writer in this or another process appends to it. It holds no lock:
 * a segment that retention removes while it is being read is read to its end.
 */
export class PartitionReader {
  /** The record that `next` found. */
  readonly cursor: FrameCursor;
  readonly #files: Files;
  readonly #folder: string;
  #nextOffset: number;
  #scan: SegmentScan | undefined;
  #base: number;
  /** Where the frames that were walked over end. */
  #endSeen: number;

  constructor(files: Files, folder: string, from: number) {
    this.cursor = new FrameCursor();
    this.#files = files;
    this.#folder = folder;
    this.#nextOffset = from;
    this.#scan = undefined;
    this.#base = -1;
    this.#endSeen = -1;
  }

  /** Offset of the next record, or of a later one where compaction has left it out. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /**
   * Goes to the next record; false when there is none at the moment. Throws `OffsetRemoved` where retention was faster,
   * `OffsetNotYet` where the log ends before the offset, and `LogDamaged`.
   */
  next(): boolean {
    for (;;) {
      while (this.cursor.next()) {
        const { offset } = this.cursor;
        if (offset < this.#nextOffset) continue;
        this.#nextOffset = offset + 1;
        return true;
      }
      if (!this.#nextFrame()) return false;
    }
  }

  close(): void {
    this.#scan?.close();
    this.#scan = undefined;
    this.cursor.leave();
  }

  #nextFrame(): boolean {
    if (this.#endSeen > this.#nextOffset) this.#nextOffset = this.#endSeen;
    if (this.#scan === undefined && !this.#open()) return false;
    for (;;) {
      const scan = this.#scan!;
      const found = scan.look();
      if (found === 'frame') {
        const { header } = scan;
        this.#endSeen = header.baseOffset + header.span;
        if (this.#endSeen > this.#nextOffset) {
          this.cursor.enter(header, scan.window, scan.payloadStart);
          scan.skip();
          return true;
        }
        scan.skip();
      } else if (!this.#beyond(scan, found)) {
        return false;
      }
    }
  }

  /** The segment has no more whole frames: goes to the next one. False when there is none, and the reader waits. */
  #beyond(scan: SegmentScan, found: 'broken' | 'end'): boolean {
    const next = segmentBases(this.#files, this.#folder).find((base) => base > this.#base);
    if (next === undefined) {
      if (found === 'broken') return this.#wasCompleted(scan);
      if (this.#endSeen < this.#nextOffset) throw this.#notYet();
      return false;
    }
    // The writer may have added to this segment before it began the next one.
    scan.forget();
    const again = scan.look();
    if (again === 'frame') return true;
    if (again === 'broken') throw damaged(segmentPath(this.#folder, this.#base), scan.position, 'a sealed segment has no whole frame here');
    this.#enter(next);
    return true;
  }

  /** A frame that is not whole is being written, or is a torn end; or else the log is damaged, and this throws. */
  #wasCompleted(scan: SegmentScan): boolean {
    try {
      this.#refuseDamage(scan);
      return false;
    } catch (error) {
      // What tells of damage may have been written after the look that found the frame half there.
      scan.forget();
      if (scan.look() === 'frame') return true;
      throw error;
    }
  }

  #enter(base: number): void {
    this.#scan?.close();
    this.#scan = undefined;
    if (base > Math.max(this.#nextOffset, this.#endSeen)) throw this.#removed(base);
    this.#scan = this.#opened(base, 0);
  }

  #open(): boolean {
    const bases = segmentBases(this.#files, this.#folder);
    const first = bases[0];
    if (first === undefined) {
      if (this.#nextOffset > 0) throw this.#notYet();
      return false;
    }
    if (this.#nextOffset < first) throw this.#removed(first);
    const base = bases.findLast((candidate) => candidate <= this.#nextOffset)!;
    const index = segmentIndex(this.#files, this.#folder, base, base !== bases.at(-1));
    this.#scan = this.#opened(base, placeOfOffset(index, this.#nextOffset));
    return true;
  }

  #opened(base: number, position: number): SegmentScan {
    this.#base = base;
    this.#endSeen = base;
    return new SegmentScan(this.#files.open(segmentPath(this.#folder, base), 'read'), position);
  }

  #refuseDamage(scan: SegmentScan): void {
    const path = segmentPath(this.#folder, this.#base);
    const closed = readNote(this.#files, closingNotePath(this.#folder)) as ClosingNote | undefined;
    if (closed?.base === this.#base && scan.position < closed.bytes) throw damaged(path, scan.position, 'the partition was closed in order, and its end was whole');
    refuseIfOnceSafe(this.#files, path, scan.position, this.#endSeen);
  }

  #removed(first: number): Error {
    return OffsetRemoved.error({ what: `${this.#folder} begins at offset ${first}, and offset ${this.#nextOffset} was wanted`, where: { file: this.#folder, offset: this.#nextOffset } });
  }

  #notYet(): Error {
    return OffsetNotYet.error({ what: `${this.#folder} ends at offset ${Math.max(0, this.#endSeen)}, and offset ${this.#nextOffset} was wanted`, where: { file: this.#folder, offset: this.#nextOffset } });
  }
}
