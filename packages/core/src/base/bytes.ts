import { assert } from './assert.js';
import { BytesExhausted, BytesMalformed, BytesTooLarge } from './base-errors.js';
import { UNUSED_SHARE } from './own-memory.js';

/**
 * Bytes: the growing writer and the bounds-checked reader under every format of ours, and the few helpers that need the runtime's `Buffer`, which is used nowhere else. All numbers are little-endian.
 */

/** The largest buffer a writer grows to, unless it is given a smaller limit. */
export const MAX_WRITER_BYTES: number = 2 ** 30;

const LATIN1 = 0;
const UTF16 = 1;
/** Up to so many bytes a loop is faster than a native copy. */
const LOOPED_BYTES = 48;
/** Up to so many characters a loop beats the call into native code. */
const SHORT_STRING = 16;
const TWO_32 = 2 ** 32;
/** What a writer has left that gave its memory away. */
const SMALLEST_CAPACITY = 16;
/** Bytes of one code point at the most. */
const LONGEST_UTF8 = 4;

/** Views the same memory as a `Buffer`, for its native string operations. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Writes values one after the other into a buffer that grows. One instance is reused for many values (`reset`), so it
 * allocates only while it is still growing.
 */
export class ByteWriter {
  /** How many bytes are written. */
  length: number;
  #buffer: Buffer;
  #view: DataView;
  readonly #limit: number;

  constructor(initialCapacity: number = 256, limit: number = MAX_WRITER_BYTES) {
    assert(initialCapacity > 0 && initialCapacity <= limit, 'a writer starts within its limit');
    this.length = 0;
    this.#buffer = Buffer.allocUnsafeSlow(initialCapacity);
    this.#view = new DataView(this.#buffer.buffer);
    this.#limit = limit;
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.length = 0;
  }

  /** Goes back to an earlier length, e.g. when an encoding failed half-way. */
  truncate(length: number): void {
    assert(length >= 0 && length <= this.length, 'a writer is cut to what it has');
    this.length = length;
  }

  /** Makes room for so many more bytes. */
  ensure(more: number): void {
    if (this.length + more > this.#buffer.length) this.#grow(this.length + more);
  }

  /** One byte. */
  u8(value: number): void {
    if (this.length === this.#buffer.length) this.#grow(this.length + 1);
    this.#buffer[this.length++] = value;
  }

  /** Two bytes, unsigned. */
  u16(value: number): void {
    this.ensure(2);
    this.#view.setUint16(this.length, value, true);
    this.length += 2;
  }

  /** Four bytes, unsigned. */
  u32(value: number): void {
    this.ensure(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Four bytes, signed. */
  i32(value: number): void {
    this.ensure(4);
    this.#view.setInt32(this.length, value, true);
    this.length += 4;
  }

  /** Eight bytes, signed; the value must fit. */
  i64(value: bigint): void {
    this.ensure(8);
    this.#view.setBigInt64(this.length, value, true);
    this.length += 8;
  }

  /** Eight bytes, IEEE 754; keeps -0 and ±Infinity, every NaN becomes the one canonical NaN. */
  f64(value: number): void {
    this.ensure(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** An unsigned 32-bit number in 1 to 5 bytes, 7 bits each, low bits first. */
  varint32(value: number): void {
    this.ensure(5);
    const buffer = this.#buffer;
    let at = this.length;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.length = at;
  }

  /** A safe integer ≥ 0 (up to 2^53-1) in 1 to 8 bytes; the same bytes as `varint32` where both can. */
  varint53(value: number): void {
    if (value < TWO_32) return this.varint32(value);
    assert(value <= Number.MAX_SAFE_INTEGER, 'a varint is a safe integer');
    this.ensure(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.length++] = rest;
  }

  /** The bytes as they are, without a length. */
  bytes(value: Uint8Array): void {
    const { length } = value;
    this.ensure(length);
    const at = this.length;
    if (length <= LOOPED_BYTES) for (let from = 0; from < length; from++) this.#buffer[at + from] = value[from]!;
    else this.#buffer.set(value, at);
    this.length = at + length;
  }

  /** The bytes after their length as varint53. */
  sizedBytes(value: Uint8Array): void {
    this.varint53(value.length);
    this.bytes(value);
  }

  /** UTF-8 without a length; returns how many bytes it took. Lone surrogates become U+FFFD: use `string` to keep them. */
  utf8(value: string): number {
    // A UTF-16 unit takes at most three bytes.
    this.ensure(value.length * 3);
    const start = this.length;
    if (value.length <= SHORT_STRING && this.#ascii(value)) return this.length - start;
    const written = this.#buffer.write(value, start, 'utf8');
    this.length = start + written;
    return written;
  }

  /** The UTF-16 code units as they are, low byte first, without a length: two bytes each, lone surrogates included. */
  utf16(value: string): void {
    this.ensure(value.length * 2);
    this.#buffer.write(value, this.length, 'utf16le');
    this.length += value.length * 2;
  }

  /** One byte per unit, without a length; every unit must be below 256 (`isLatin1`). */
  latin1(value: string): void {
    this.ensure(value.length);
    this.#buffer.write(value, this.length, 'latin1');
    this.length += value.length;
  }

  /**
   * Writes an ASCII text, one byte per unit without a length, and says true; any other text is not written. One native
   * pass, where looking at the units first takes two.
   */
  ascii(value: string): boolean {
    // UTF-8 of anything but ASCII has more bytes than units, and with this room that shows even when it is cut off.
    this.ensure(value.length + LONGEST_UTF8);
    const written = this.#buffer.write(value, this.length, value.length + LONGEST_UTF8, 'utf8');
    if (written !== value.length) return false;
    this.length += written;
    return true;
  }

  /** Makes room for so many more bytes and gives the memory: what is written there, from `length` on, counts once `length` is moved. */
  room(more: number): DataView {
    this.ensure(more);
    return this.#view;
  }

  /**
   * Any string without loss: varint53 of `2 * length + kind`, then one byte per unit where all units are below 256
   * (kind 0), else two (kind 1).
   */
  string(value: string): void {
    const length = value.length;
    if (length <= SHORT_STRING && this.#short(value)) return;
    if (isLatin1(value)) {
      this.varint53(length * 2 + LATIN1);
      this.latin1(value);
    } else {
      this.varint53(length * 2 + UTF16);
      this.utf16(value);
    }
  }

  /** As `string` and true, in one pass over the units, unless one of them is wide. The header has one byte. */
  #short(value: string): boolean {
    this.ensure(SHORT_STRING + 1);
    const buffer = this.#buffer;
    let at = this.length;
    buffer[at++] = value.length * 2 + LATIN1;
    let units = 0;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      units |= unit;
      buffer[at++] = unit;
    }
    if (units > 0xff) return false;
    this.length = at;
    return true;
  }

  /** Overwrites four bytes written before, e.g. a length that is known only now. */
  patchU32(position: number, value: number): void {
    assert(position >= 0 && position + 4 <= this.length, 'a patch lies within what is written');
    this.#view.setUint32(position, value, true);
  }

  /** What is written from `start` on, without a copy: valid until the next write or reset. */
  view(start: number = 0): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, start, this.length - start);
  }

  /** Copies what is written into `target`, from `at` on. */
  copyTo(target: Uint8Array, at: number): void {
    const { length } = this;
    const buffer = this.#buffer;
    // A native copy costs as much as a loop over this many bytes.
    if (length <= LOOPED_BYTES) for (let from = 0; from < length; from++) target[at + from] = buffer[from]!;
    else buffer.copy(target, at, 0, length);
  }

  /** What is written, as a copy in an array buffer of its own (which can be transferred). */
  toBytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view());
  }

  /** What is written, in the memory where it was written, which may be larger by a quarter: else as a copy. The writer starts with other memory. */
  handOver(): Uint8Array<ArrayBuffer> {
    const { length } = this;
    if (this.#buffer.length > length * (1 + UNUSED_SHARE)) {
      const copy = this.toBytes();
      this.reset();
      return copy;
    }
    const bytes = new Uint8Array(this.#buffer.buffer as ArrayBuffer, 0, length);
    this.#buffer = Buffer.allocUnsafeSlow(SMALLEST_CAPACITY);
    this.#view = new DataView(this.#buffer.buffer);
    this.length = 0;
    return bytes;
  }

  /** All its memory, for who gives it back: the writer is of no use afterwards. */
  get memory(): Uint8Array {
    return this.#buffer;
  }

  #ascii(value: string): boolean {
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      this.#buffer[this.length + i] = unit;
    }
    this.length += value.length;
    return true;
  }

  #grow(needed: number): void {
    if (needed > this.#limit) {
      throw BytesTooLarge.error({ what: `${needed} bytes are needed for one value or block, the limit is ${this.#limit}` });
    }
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(needed, this.#buffer.length * 2)));
    grown.set(this.#buffer.subarray(0, this.length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/**
 * Reads what a {@link ByteWriter} wrote. Every read checks the end first and throws `BytesExhausted` instead of reading
 * past it, so damaged data give a coded error and never a wrong value from a neighbour's memory.
 */
export class ByteReader {
  /** Offset of the next byte. */
  position: number;
  /** Offset after the last byte. */
  end: number;
  #buffer: Buffer;
  #view: DataView;

  constructor(bytes: Uint8Array) {
    this.position = 0;
    this.end = bytes.length;
    this.#buffer = asBuffer(bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Starts anew on other bytes. */
  reset(bytes: Uint8Array): void {
    this.position = 0;
    this.end = bytes.length;
    this.#buffer = asBuffer(bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.end - this.position;
  }

  /** Passes over so many bytes. */
  skip(count: number): void {
    this.#take(count);
  }

  /** One byte. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Two bytes, unsigned. */
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  /** Four bytes, unsigned. */
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Four bytes, signed. */
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** Eight bytes, signed. */
  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** Eight bytes, IEEE 754. */
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** What `varint32` wrote. */
  varint32(): number {
    const value = this.varint53();
    if (value >= TWO_32) throw this.#malformed('a number of more than 32 bits where 32 are the most');
    return value;
  }

  /** What `varint53` wrote. */
  varint53(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw this.#malformed('a number of more than 53 bits');
  }

  /** So many bytes, without a copy: they share the memory of the source. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset + at, count);
  }

  /** What `sizedBytes` wrote, without a copy. */
  sizedBytes(): Uint8Array {
    return this.bytes(this.varint53());
  }

  /** UTF-8 of so many bytes; invalid sequences become U+FFFD (`decodeUtf8Strict` refuses them). */
  utf8(byteCount: number): string {
    const at = this.#take(byteCount);
    return this.#buffer.toString('utf8', at, at + byteCount);
  }

  /** So many UTF-16 code units. */
  utf16(unitCount: number): string {
    const at = this.#take(unitCount * 2);
    return this.#buffer.toString('utf16le', at, at + unitCount * 2);
  }

  /** So many units of one byte each. */
  latin1(unitCount: number): string {
    const at = this.#take(unitCount);
    return this.#buffer.toString('latin1', at, at + unitCount);
  }

  /** What `string` wrote. */
  string(): string {
    const header = this.varint53();
    const length = Math.floor(header / 2);
    return header % 2 === UTF16 ? this.utf16(length) : this.latin1(length);
  }

  #take(count: number): number {
    const at = this.position;
    if (!(count >= 0 && count <= this.end - at)) {
      throw BytesExhausted.error({ what: `${count} bytes were expected at byte ${at}, ${this.end - at} are left` });
    }
    this.position = at + count;
    return at;
  }

  #malformed(what: string): Error {
    return BytesMalformed.error({ what: `${what}, before byte ${this.position}` });
  }
}

/** The engine knows at once that a string it stores with one byte per unit has no match. */
const WIDE_UNIT = /[\u0100-\uffff]/;

/** Whether every UTF-16 unit is below 256. */
export function isLatin1(value: string): boolean {
  if (value.length > SHORT_STRING) return !WIDE_UNIT.test(value);
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0xff) return false;
  }
  return true;
}

/** The UTF-8 bytes of a text, in memory of their own. Lone surrogates become U+FFFD. */
export function encodeUtf8(value: string): Uint8Array<ArrayBuffer> {
  const encoded = Buffer.from(value, 'utf8');
  return new Uint8Array(encoded);
}

/** The text of UTF-8 bytes; invalid sequences become U+FFFD, a byte order mark stays. */
export function decodeUtf8(bytes: Uint8Array, start: number = 0, end: number = bytes.length): string {
  return asBuffer(bytes).toString('utf8', start, end);
}

/** Whether both hold the same bytes. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0;
}

/** All pieces one after the other, in memory of their own. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A text with one unit per byte. */
export function toLatin1(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex');
}

/** The bytes of hexadecimal text; throws `BytesMalformed` for anything else. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw BytesMalformed.error({ what: 'text that should be hexadecimal has an odd length or another character' });
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64');
}

/** The bytes of base64 text, padded or not, in the plain or the URL alphabet; throws `BytesMalformed` for anything else. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/=+$/, '');
  if (!/^[\w+/-]*$/.test(digits) || digits.length % 4 === 1) throw BytesMalformed.error({ what: 'text that should be base64 has another character or cannot have this length' });
  return new Uint8Array(Buffer.from(digits, 'base64'));
}
