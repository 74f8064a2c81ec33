import { decodeUtf8Strict } from '@millrace/core/spi';
import { AvroLongUnsafe, AvroMalformed } from './errors.js';
import { SHORT_TEXT_BYTES, shortText } from './short-text.js';

/** More values that take no bytes are refused: a few bytes could otherwise fill the memory. */
const MOST_EMPTY = 1_000_000;

/** Reads the parts of Avro data one after the other, never past the end. */
export class ByteTap {
  /** The next byte. */
  at: number;
  /** Levels of nesting at the moment. */
  depth: number;
  /** Values so far that there were more of than bytes. */
  #empty: number;
  readonly #maxDepth: number;
  /** What the buffer is a view of. */
  #source: Uint8Array;
  #buffer: Buffer;
  #end: number;

  constructor(maxDepth: number) {
    this.at = 0;
    this.depth = 0;
    this.#empty = 0;
    this.#maxDepth = maxDepth;
    this.#source = new Uint8Array(0);
    this.#buffer = Buffer.from(this.#source.buffer);
    this.#end = 0;
  }

  /** Starts on a frame. */
  open(bytes: Uint8Array, from: number, to: number): void {
    if (this.#source !== bytes) {
      this.#source = bytes;
      this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = from;
    this.depth = 0;
    this.#empty = 0;
    this.#end = to;
  }

  get remaining(): number {
    return this.#end - this.at;
  }

  /** One level deeper. */
  enter(): void {
    if (++this.depth > this.#maxDepth) throw AvroMalformed.error({ what: `the record has more than ${this.#maxDepth} levels` });
  }

  /** An int, or a length. */
  int(): number {
    const value = this.long();
    if (typeof value === 'number' && value === (value | 0)) return value;
    throw AvroMalformed.error({ what: `an int is ${String(value)}` });
  }

  /** A long: a number where it is read in seven bytes or fewer, which a double holds, else a bigint. */
  long(): bigint | number {
    const buffer = this.#buffer;
    const end = this.#end;
    let { at } = this;
    let low = 0;
    // Four bytes stay within the small integers of the engine.
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw this.#tooShort();
      const byte = buffer[at++]!;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return (low >>> 1) ^ -(low & 1);
      }
    }
    this.at = at;
    let value = low;
    for (let scale = 2 ** 28; scale < 2 ** 49; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return this.#bigLong(BigInt(value));
  }

  /** The branch of a union with so many of them. */
  branch(count: number): number {
    const index = this.int();
    if (index >= 0 && index < count) return index;
    throw AvroMalformed.error({ what: `a union has no branch ${index}` });
  }

  boolean(): boolean {
    const byte = this.#byte();
    if (byte > 1) throw AvroMalformed.error({ what: `a boolean is ${byte}` });
    return byte === 1;
  }

  float(): number {
    return this.#buffer.readFloatLE(this.#take(4));
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#take(8));
  }

  /** So many bytes, in memory of their own. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    const copy = new Uint8Array(length);
    copy.set(this.#buffer.subarray(at, at + length));
    return copy;
  }

  text(): string {
    const length = this.int();
    const at = this.#take(length);
    if (length <= SHORT_TEXT_BYTES) {
      const short = shortText(this.#buffer, at, length);
      if (short !== undefined) return short;
    }
    const text = this.#buffer.toString('utf8', at, at + length);
    // Only a text with a replacement character needs the slow check; it may have been one in the data, too.
    return text.includes('\uFFFD') ? this.#checked(at, length) : text;
  }

  /** How many values follow, of an array or a map; 0 at its end. Refuses more than can be in what is left of the record. */
  blockCount(): number {
    let count = this.int();
    if (count < 0) {
      count = -count;
      this.long();
    }
    if (count <= this.remaining) return count;
    this.#empty += count;
    if (this.#empty > MOST_EMPTY) throw AvroMalformed.error({ what: `${count} values were to follow in ${this.remaining} bytes` });
    return count;
  }

  /** How many values follow that are to be passed over one by one; blocks that say their length are passed over here. */
  countToSkip(): number {
    for (let count = this.int(); ; count = this.int()) {
      if (count >= 0) return count;
      this.skip(this.int());
    }
  }

  /** Passes over so many bytes. */
  skip(length: number): void {
    this.#take(length);
  }

  /** A long that a number holds. Throws `MR-4224`. */
  safeLong(): number {
    const value = this.long();
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw AvroLongUnsafe.error({ what: `the long ${String(value)} is beyond 2^53` });
  }

  #bigLong(low: bigint): bigint | number {
    let value = low;
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value >= 1n << 64n) break;
        const decoded = (value >> 1n) ^ -(value & 1n);
        return decoded >= BigInt(Number.MIN_SAFE_INTEGER) && decoded <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(decoded) : decoded;
      }
    }
    throw AvroMalformed.error({ what: 'a long has more than 64 bits' });
  }

  #checked(at: number, length: number): string {
    try {
      return decodeUtf8Strict(this.#source, at, at + length);
    } catch (error) {
      throw AvroMalformed.error({ what: 'a string is no UTF-8', cause: error });
    }
  }

  #byte(): number {
    if (this.at >= this.#end) throw this.#tooShort();
    return this.#buffer[this.at++]!;
  }

  #tooShort(): Error {
    return AvroMalformed.error({ what: 'the record ends too early' });
  }

  #take(length: number): number {
    const { at } = this;
    if (!(length >= 0 && length <= this.#end - at)) throw AvroMalformed.error({ what: `${length} bytes were to follow, and ${this.#end - at} are left` });
    this.at = at + length;
    return at;
  }
}

/** Reads one value. */
export type AvroReader = (tap: ByteTap) => unknown;
