import { decodeUtf8Strict } from '@millrace/core/spi';
import { AvroMalformed } from './errors.js';

/** Reads the parts of Avro data one after the other, never past the end. */
export class ByteTap {
  /** The next byte. */
  at: number;
  /** Levels of nesting at the moment. */
  depth: number;
  readonly #maxDepth: number;
  #bytes: Uint8Array;
  #view: DataView;
  #end: number;

  constructor(maxDepth: number) {
    this.at = 0;
    this.depth = 0;
    this.#maxDepth = maxDepth;
    this.#bytes = new Uint8Array(0);
    this.#view = new DataView(this.#bytes.buffer);
    this.#end = 0;
  }

  /** Starts on a frame. */
  open(bytes: Uint8Array, from: number, to: number): void {
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = from;
    this.depth = 0;
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
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    return this.#bigLong(BigInt(value));
  }

  boolean(): boolean {
    const byte = this.#byte();
    if (byte > 1) throw AvroMalformed.error({ what: `a boolean is ${byte}` });
    return byte === 1;
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** So many bytes, in memory of their own. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.slice(at, at + length);
  }

  text(): string {
    const length = this.int();
    const at = this.#take(length);
    try {
      return decodeUtf8Strict(this.#bytes, at, at + length);
    } catch (error) {
      throw AvroMalformed.error({ what: 'a string is no UTF-8', cause: error });
    }
  }

  skip(length: number): void {
    this.#take(length);
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

  #byte(): number {
    if (this.at >= this.#end) throw AvroMalformed.error({ what: 'the record ends too early' });
    return this.#bytes[this.at++]!;
  }

  #take(length: number): number {
    const { at } = this;
    if (!(length >= 0 && length <= this.#end - at)) throw AvroMalformed.error({ what: `${length} bytes were to follow, and ${this.#end - at} are left` });
    this.at = at + length;
    return at;
  }
}
