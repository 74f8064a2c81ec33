import { encodeUtf8 } from '@millrace/core/spi';
import { RecordTooLarge, RecordUnusable } from './errors.js';
import { checksumOf, emptyHeader, FRAME_HEADER_BYTES, type FrameHeader, MAX_FRAME_BYTES, writeHeader } from './frame-header.js';
import type { NewLogRecord } from './log-record.js';

/** Flag of a record that has a key. */
export const HAS_KEY = 1;
/** Flag of a record whose value is not null. */
export const HAS_VALUE = 2;
/** Flag of a record that has a timestamp. */
export const HAS_TIMESTAMP = 4;
/** Flag of a record that has headers. */
export const HAS_HEADERS = 8;

/** The most bytes of keys, value and headers that one record may have, unless a log is given another limit. */
export const DEFAULT_MAX_RECORD_BYTES: number = 16 * 1024 * 1024;

/** The most bytes that the fixed parts of a record take: its flags and five numbers. */
const OVERHEAD = 64;
const MAX_TIMESTAMP: number = 2 ** 51;
const TWO_31 = 2 ** 31;

/**
 * Puts records together into frames. A record is one byte of flags, the distance of its offset to that of the frame, the
 * distance of its timestamp to that of the frame's first (both varint, the second zigzag), and key, value and headers,
 * each with its length before it.
 */
export class FrameBuilder {
  readonly #header: FrameHeader;
  readonly #maxRecordBytes: number;
  #bytes: Uint8Array;
  #length: number;
  #baseTimestamp: number;

  constructor(maxRecordBytes: number = DEFAULT_MAX_RECORD_BYTES) {
    this.#header = emptyHeader();
    this.#maxRecordBytes = maxRecordBytes;
    this.#bytes = new Uint8Array(64 * 1024);
    this.#length = FRAME_HEADER_BYTES;
    this.#baseTimestamp = Number.NaN;
  }

  /** Records in the frame. */
  get count(): number {
    return this.#header.count;
  }

  /** Offsets that the frame spans. */
  get span(): number {
    return this.#header.span;
  }

  /** The greatest timestamp so far, -Infinity when no record has one. */
  get maxTimestamp(): number {
    return this.#header.maxTimestamp;
  }

  /** Bytes of the frame so far. */
  get size(): number {
    return this.#length;
  }

  /** Adds a record whose offset is `delta` above that of the frame: the next one, unless compaction left some out. */
  add(record: NewLogRecord, delta: number = this.#header.span): void {
    const { key, value, headers } = record;
    const timestamp = record.timestamp ?? Number.NaN;
    // Before anything is written: half a record would shift all that follow it in the frame.
    if ((value !== null && !(value instanceof Uint8Array)) || (key !== undefined && !(key instanceof Uint8Array))) throw RecordUnusable.error({ what: 'a key or a value is no Uint8Array' });
    if (headers !== undefined) checkHeaders(headers);
    const size = OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0) + (headers === undefined ? 0 : headersSize(headers));
    if (size > this.#maxRecordBytes) throw RecordTooLarge.error({ what: `a record of ${size - OVERHEAD} bytes; the limit is ${this.#maxRecordBytes}` });
    if (timestamp === timestamp && !(Number.isInteger(timestamp) && Math.abs(timestamp) <= MAX_TIMESTAMP)) throw RecordUnusable.error({ what: `the timestamp ${timestamp} is no whole number of milliseconds within 70,000 years of 1970` });
    this.#ensure(size);
    const flagsAt = this.#length++;
    let flags = 0;
    this.#varint(delta);
    if (timestamp === timestamp) {
      flags |= HAS_TIMESTAMP;
      this.#timestamp(timestamp);
    }
    if (key !== undefined) {
      flags |= HAS_KEY;
      this.#sized(key);
    }
    if (value !== null) {
      flags |= HAS_VALUE;
      this.#sized(value);
    }
    if (headers !== undefined && headers.length > 0) {
      flags |= HAS_HEADERS;
      this.#varint(headers.length);
      for (const [name, content] of headers) {
        this.#sized(encodeUtf8(name));
        this.#sized(content);
      }
    }
    this.#bytes[flagsAt] = flags;
    this.#header.count++;
    this.#header.span = delta + 1;
  }

  /** Says that offsets up to `span` belong to the frame, though their records are gone. */
  widen(span: number): void {
    this.#header.span = Math.max(this.#header.span, span);
  }

  /** Completes the frame with what its header shall say, and gives its bytes: valid until the next `add` or `clear`. */
  finish(stamp: Partial<FrameHeader>): Uint8Array {
    const payload = this.#bytes.subarray(FRAME_HEADER_BYTES, this.#length);
    Object.assign(this.#header, stamp);
    this.#header.payloadLength = payload.length;
    this.#header.payloadChecksum = checksumOf(payload);
    writeHeader(this.#header, this.#bytes);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins the next frame. */
  clear(): void {
    Object.assign(this.#header, emptyHeader());
    this.#length = FRAME_HEADER_BYTES;
    this.#baseTimestamp = Number.NaN;
  }

  #timestamp(timestamp: number): void {
    if (timestamp > this.#header.maxTimestamp) this.#header.maxTimestamp = timestamp;
    // The first timestamp stands whole; the others as distances to it.
    const base = this.#baseTimestamp === this.#baseTimestamp ? this.#baseTimestamp : 0;
    if (base === 0) this.#baseTimestamp = timestamp;
    const distance = timestamp - base;
    this.#varint(distance < 0 ? -distance * 2 - 1 : distance * 2);
  }

  #sized(bytes: Uint8Array): void {
    this.#varint(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #varint(value: number): void {
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest >= TWO_31) {
      bytes[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  #ensure(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    if (needed > MAX_FRAME_BYTES) throw RecordTooLarge.error({ what: `a frame of ${needed} bytes; the limit is ${MAX_FRAME_BYTES}` });
    const grown = new Uint8Array(Math.max(needed, Math.min(MAX_FRAME_BYTES, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function checkHeaders(headers: readonly (readonly [string, Uint8Array])[]): void {
  for (const [name, content] of headers) {
    if (typeof name !== 'string' || !(content instanceof Uint8Array)) throw RecordUnusable.error({ what: 'a header is not a name as text and a value as Uint8Array' });
  }
}

function headersSize(headers: readonly (readonly [string, Uint8Array])[]): number {
  let size = 0;
  // A character takes three bytes of UTF-8 at the most.
  for (const [name, content] of headers) size += name.length * 3 + content.length + 16;
  return size;
}
