import type { FileHandle } from '@millrace/core/spi';
import { emptyHeader, FRAME_HEADER_BYTES, type FrameHeader, MAX_FRAME_BYTES, payloadIsWhole, readHeader } from './frame-header.js';

/** Bytes that are asked for at once. */
const READ_BYTES = 1024 * 1024;
/** The same where only headers are looked at: most of what lies between is not read. */
const READ_HEADER_BYTES = 4096;

/** What stands at a place of a segment. */
export type FrameFound =
  /** A whole frame; `window` has its bytes from `at` on. */
  | 'frame'
  /** Nothing: the file ends here. */
  | 'end'
  /** Bytes that are no whole frame (yet). */
  | 'broken';

/**
 * Reads the frames of one segment, one after the other, through a window that it moves over the file. Used by readers,
 * recovery, compaction and verification alike.
 */
export class SegmentScan {
  readonly header: FrameHeader;
  /** Bytes of the file; after `frame` those of the frame stand from `at` on, until the next look. */
  window: Uint8Array;
  /** Where in the window the frame begins. */
  at: number;
  /** Where in the file the frame begins. */
  position: number;
  readonly #file: FileHandle;
  readonly #checksPayload: boolean;
  #windowStart: number;
  #windowEnd: number;

  /** `checksPayload: false` looks at headers only, for walking over frames that are not read. */
  constructor(file: FileHandle, position: number = 0, checksPayload: boolean = true) {
    this.header = emptyHeader();
    this.window = new Uint8Array(0);
    this.at = 0;
    this.position = position;
    this.#file = file;
    this.#checksPayload = checksPayload;
    this.#windowStart = position;
    this.#windowEnd = position;
  }

  /** Where in the window the records of the frame begin. */
  get payloadStart(): number {
    return this.at + FRAME_HEADER_BYTES;
  }

  /** Bytes of the frame. */
  get frameBytes(): number {
    return FRAME_HEADER_BYTES + this.header.payloadLength;
  }

  /** Looks what stands at the position. */
  look(): FrameFound {
    const available = this.#ensure(FRAME_HEADER_BYTES);
    if (available === 0) return 'end';
    if (available < FRAME_HEADER_BYTES || !readHeader(this.window, this.at, this.header)) return this.#broken();
    if (!this.#checksPayload) return this.#endsWithinFile() ? 'frame' : this.#broken();
    if (this.#ensure(this.frameBytes) < this.frameBytes) return this.#broken();
    return payloadIsWhole(this.header, this.window, this.payloadStart) ? 'frame' : this.#broken();
  }

  /** Goes behind the frame that was found. */
  skip(): void {
    this.position += this.frameBytes;
  }

  /** Goes to another place. */
  seek(position: number): void {
    this.position = position;
  }

  /** Reads anew at the next look: what stands there may have changed. */
  forget(): void {
    this.#windowEnd = this.#windowStart;
  }

  close(): void {
    this.#file.close();
  }

  #broken(): FrameFound {
    this.forget();
    return 'broken';
  }

  #endsWithinFile(): boolean {
    const end = this.position + this.frameBytes;
    return end <= this.#windowEnd || end <= this.#file.size();
  }

  /** Makes so many bytes stand from `at` on, as far as the file has them, and gives how many do. */
  #ensure(bytes: number): number {
    const { position } = this;
    if (position < this.#windowStart || position > this.#windowEnd || position + bytes > this.#windowEnd) this.#fill(Math.min(bytes, FRAME_HEADER_BYTES + MAX_FRAME_BYTES));
    this.at = position - this.#windowStart;
    return Math.min(bytes, this.#windowEnd - position);
  }

  #fill(bytes: number): void {
    const { position } = this;
    const rest = this.#file.size() - position;
    const wanted = Math.min(rest, Math.max(this.#checksPayload ? READ_BYTES : READ_HEADER_BYTES, bytes));
    const kept = position >= this.#windowStart && position < this.#windowEnd ? this.#windowEnd - position : 0;
    if (wanted > this.window.length) {
      const larger = new Uint8Array(wanted);
      if (kept > 0) larger.set(this.window.subarray(position - this.#windowStart, this.#windowEnd - this.#windowStart));
      this.window = larger;
    } else if (kept > 0) {
      this.window.copyWithin(0, position - this.#windowStart, this.#windowEnd - this.#windowStart);
    }
    let length = kept;
    while (length < wanted) {
      const read = this.#file.read(this.window.subarray(length, wanted), position + length);
      if (read === 0) break;
      length += read;
    }
    this.#windowStart = position;
    this.#windowEnd = position + length;
  }
}
