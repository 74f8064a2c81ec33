import { assert } from '../../base/assert.js';
import { MillraceError } from '../../base/errors.js';
import type { Format, TextEncoding } from '../../connector/format.js';
import { LineCutter, tooLarge } from '../../connector/line-cutter.js';
import { RecordDecoder } from '../../connector/record-decoder.js';
import type { ReaderContext, SourceBatch } from '../../connector/source.js';
import { InputChanged, InputUnreadable } from '../errors.js';
import { type ByteInput, openInput } from './byte-input.js';
import { ByteWindow } from './byte-window.js';
import type { FileSplit } from './file-split.js';
import { FollowedFile } from './followed-file.js';

const LINE_FEED = 10;
/** A byte order mark in UTF-8. */
const MARK_BYTES = 3;
/** What is read at a time in search of the end of a long record. */
const LEAST_READ = 65_536;
const MOST_READ = 1_048_576;

/** What the reader of a split is told. */
export interface SplitReading<T> {
  readonly format: Format<T>;
  readonly encoding: TextEncoding;
  readonly maxRecordBytes: number;
  /** Bytes decoded together. Batches end where a multiple of it begins, whatever was read before. */
  readonly blockBytes: number;
  /** Whether to wait for more at the end of the file, as `tail -f` does. */
  readonly follow: boolean;
}

/** What a poll of one split found: `waiting` only for a followed file. */
export type SplitPoll = 'end' | 'more' | 'waiting';

/**
 * Reads one split. Each poll reads and decodes at most about a block, so that a turn of the loop stays short: a long
 * record is collected, and a packed file unpacked up to its position, over several polls that bring nothing.
 */
export class FileSplitReader<T> {
  readonly split: FileSplit;
  paused: boolean;
  readonly #reading: SplitReading<T>;
  readonly #context: ReaderContext;
  readonly #window: ByteWindow;
  readonly #followed: FollowedFile | undefined;
  #records: RecordDecoder<T>;
  #cutter: LineCutter<T>;
  #input: ByteInput | undefined;
  #arrived: boolean;
  #discarding: boolean;
  /** Up to where the record under way was searched for its end. */
  #searched: number;

  constructor(split: FileSplit, reading: SplitReading<T>, context: ReaderContext) {
    this.split = split;
    this.paused = false;
    this.#reading = reading;
    this.#context = context;
    this.#window = new ByteWindow(reading.blockBytes);
    this.#followed = reading.follow ? new FollowedFile(split.path, split.inode, context) : undefined;
    this.#records = this.#newDecoder();
    if (split.decoder !== undefined) this.#records.decoder.restore?.(split.decoder);
    this.#records.leaveOut(split.skip, split.position);
    this.#cutter = this.#newCutter(split.position);
    this.#input = undefined;
    this.#arrived = false;
    this.#discarding = split.discarding;
    this.#searched = 0;
  }

  /** True once the file is open or something was read: such a split is not overtaken by another. */
  get isStarted(): boolean {
    return this.#input !== undefined;
  }

  /** Hands over records until the batch has `limit`. */
  poll(batch: SourceBatch<T>, limit: number): SplitPoll {
    try {
      return this.#poll(batch, limit);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** The split with its position after the last record handed over. */
  snapshot(): FileSplit {
    const decoder = this.#records.decoder.snapshot?.();
    const { decoder: _before, ...split } = this.split;
    return {
      ...split,
      position: this.#records.skip > 0 ? this.#records.frameOffset : this.#cutter.position,
      skip: this.#records.skip,
      discarding: this.#discarding,
      inode: this.#followed?.inode ?? 0,
      ...(decoder === undefined ? {} : { decoder }),
    };
  }

  close(): void {
    this.#input?.close();
    this.#input = undefined;
  }

  #poll(batch: SourceBatch<T>, limit: number): SplitPoll {
    if (this.#cutter.isEmpty && !this.#records.hasWaiting) {
      const found = this.#advance();
      if (found !== 'region') return found;
    }
    this.#cutter.fill(batch, limit);
    return 'more';
  }

  /** Goes to the next region of whole records. */
  #advance(): SplitPoll | 'region' {
    if (this.#input === undefined) {
      const opened = this.#open();
      if (opened !== 'more') return opened;
    }
    const input = this.#input!;
    if (!this.#arrived) {
      if (!input.seek(this.#cutter.position)) return 'more';
      this.#arrived = true;
    }
    if (this.#discarding) return this.#discard(input);
    const position = this.#cutter.position;
    const { end } = this.split;
    if (end >= 0 && position >= end) return 'end';
    const boundary = this.#boundaryAfter(position);
    this.#window.ensure(input, position, position === 0 ? Math.max(boundary, MARK_BYTES) : boundary);
    if (position === 0 && this.#skipByteOrderMark()) return 'more';
    if (this.#window.limit <= position) return this.#atEnd();
    return this.#region(input, position, boundary);
  }

  #open(): SplitPoll {
    const { path, packing } = this.split;
    const { platform } = this.#context;
    if (this.#followed !== undefined) {
      const place = this.#followed.find(this.#cutter.position);
      if (place === undefined) return 'waiting';
      if (place.fromStart) this.#restart();
      this.#input = openInput(platform, place.path, 'none');
    } else {
      const { size } = platform.files.stat(path);
      if (packing === 'none' && size < this.#cutter.position) throw InputChanged.error({ what: `"${path}" has ${size} bytes, and was read up to ${this.#cutter.position}`, where: { file: path } });
      this.#input = openInput(platform, path, packing);
    }
    this.#window.reset(this.#cutter.position);
    this.#arrived = false;
    return 'more';
  }

  /** Opens a region for the cutter: the whole records before the boundary, or the one that crosses it. */
  #region(input: ByteInput, position: number, boundary: number): SplitPoll | 'region' {
    const window = this.#window;
    const from = position - window.base;
    const available = Math.min(boundary, window.limit) - window.base;
    const ended = window.atEnd && window.limit <= boundary && this.#followed === undefined;
    const whole = this.#wholeFrames(from, available, ended);
    if (whole > from) return this.#openRegion(from, whole, position, ended);
    return this.#crossing(input, position);
  }

  /** Index after the last whole line of a stretch (all of it for other frames, when the first one is whole); `from` when there is none. */
  #wholeFrames(from: number, to: number, ended: boolean): number {
    const { bytes } = this.#window;
    if (this.#records.frameEnd !== undefined) return this.#records.frameEnd(bytes, from, to, ended) < 0 ? from : to;
    if (ended) return to;
    const last = bytes.lastIndexOf(LINE_FEED, to - 1);
    return last < from ? from : last + 1;
  }

  /** The record at `position` crosses the boundary of its block: looks further for its end, one block a time. */
  #crossing(input: ByteInput, position: number): SplitPoll | 'region' {
    const { maxRecordBytes } = this.#reading;
    const window = this.#window;
    const from = position - window.base;
    const ended = window.atEnd && this.#followed === undefined;
    const end = this.#crossingEnd(from, Math.max(this.#searched, position) - window.base, ended);
    if (end > from) {
      this.#searched = 0;
      return this.#openRegion(from, end, position, ended && end === window.length);
    }
    // Room for the separator, CR LF at most, beside the record itself.
    if (window.limit - position > maxRecordBytes + 2) return this.#giveUp(position);
    this.#searched = window.limit;
    const step = Math.min(MOST_READ, Math.max(LEAST_READ, window.limit - position));
    window.ensure(input, position, window.limit + step);
    return window.limit === this.#searched && !ended && window.atEnd ? this.#endInsideRecord() : 'more';
  }

  /** Only a followed file waits in the middle of a record; of any other the rest is the last record. */
  #endInsideRecord(): SplitPoll {
    return this.#followed === undefined ? 'more' : this.#atEnd();
  }

  #crossingEnd(from: number, searchFrom: number, ended: boolean): number {
    const { bytes, length } = this.#window;
    if (this.#records.frameEnd !== undefined) return this.#records.frameEnd(bytes, from, length, ended);
    const found = bytes.subarray(0, length).indexOf(LINE_FEED, searchFrom);
    if (found >= 0) return found + 1;
    return ended ? length : -1;
  }

  #openRegion(from: number, to: number, position: number, atEnd: boolean): 'region' {
    this.#cutter.open(this.#window.bytes, from, to, position, atEnd);
    return 'region';
  }

  /** A record above the limit is told once, then its rest is passed over. */
  #giveUp(position: number): SplitPoll {
    const { bytes, base, limit } = this.#window;
    const from = position - base;
    const { maxRecordBytes } = this.#reading;
    this.#searched = 0;
    this.#cutter = this.#newCutter(limit);
    this.#discarding = true;
    this.#records.failed(tooLarge(limit - position, maxRecordBytes, bytes.subarray(from, from + 1000)), position, bytes, from, from + maxRecordBytes);
    return 'more';
  }

  /** Passes over bytes up to the next line feed, one block a time. */
  #discard(input: ByteInput): SplitPoll {
    const position = this.#cutter.position;
    const window = this.#window;
    window.ensure(input, position, position + this.#reading.blockBytes);
    const found = window.bytes.subarray(0, window.length).indexOf(LINE_FEED, position - window.base);
    if (found >= 0) {
      this.#discarding = false;
      this.#cutter = this.#newCutter(window.base + found + 1);
      return 'more';
    }
    this.#cutter = this.#newCutter(window.limit);
    return window.atEnd ? this.#atEnd() : 'more';
  }

  /** The file has no more bytes now. */
  #atEnd(): SplitPoll {
    if (this.#followed === undefined) return 'end';
    const position = this.#cutter.position;
    const change = this.#followed.changed(this.#window.limit);
    if (change === 'none') return 'waiting';
    if (change === 'rotated' && this.#window.limit > position && !this.#discarding) {
      // Nobody will complete the last line of a file that was rotated away.
      this.#cutter.open(this.#window.bytes, position - this.#window.base, this.#window.length, position, true);
      return 'more';
    }
    this.close();
    this.#followed.restart();
    this.#restart();
    return 'more';
  }

  #restart(): void {
    this.#records = this.#newDecoder();
    this.#cutter = this.#newCutter(0);
    this.#discarding = false;
    this.#searched = 0;
  }

  #skipByteOrderMark(): boolean {
    const { bytes, base, length } = this.#window;
    assert(base === 0, 'a file is read from its beginning');
    if (this.#reading.encoding !== 'utf-8' || length < MARK_BYTES || bytes[0] !== 0xef || bytes[1] !== 0xbb || bytes[2] !== 0xbf) return false;
    this.#cutter = this.#newCutter(MARK_BYTES);
    return true;
  }

  #boundaryAfter(position: number): number {
    const { blockBytes } = this.#reading;
    const boundary = (Math.floor(position / blockBytes) + 1) * blockBytes;
    return this.split.end >= 0 ? Math.min(boundary, this.split.end) : boundary;
  }

  #newDecoder(): RecordDecoder<T> {
    return new RecordDecoder(this.#reading.format, this.#context, this.split.id, this.#reading.encoding);
  }

  #newCutter(position: number): LineCutter<T> {
    const cutter = new LineCutter(this.#records, this.#reading);
    cutter.position = position;
    return cutter;
  }

  #unreadable(error: unknown): unknown {
    // 28xx come from the platform: what they lack is which source met them.
    if (!(error instanceof MillraceError) || !error.code.startsWith('MR-28')) return error;
    const { path } = this.split;
    return InputUnreadable.error({ what: `reading "${path}" failed: ${error.what}`, remedy: error.remedy, where: { source: this.#context.operator, split: this.split.id, offset: this.#cutter.position, file: path }, cause: error });
  }
}
