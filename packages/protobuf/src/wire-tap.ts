import { ProtobufMalformed } from './errors.js';
import { WireFault } from './wire-fault.js';

/** A value of seven bits a byte, low ones first. */
export const WIRE_VARINT = 0;
/** Eight bytes. */
export const WIRE_FIXED64 = 1;
/** A length as varint, and as many bytes. */
export const WIRE_SIZED = 2;
/** The fields of a message, up to `WIRE_GROUP_END` of the same number. */
export const WIRE_GROUP = 3;
/** The end of a group. */
export const WIRE_GROUP_END = 4;
/** Four bytes. */
export const WIRE_FIXED32 = 5;

/** More messages in one record are refused: an empty one takes two bytes, and as an object many more. */
const MOST_MESSAGES = 1_000_000;
const TWO_32 = 2 ** 32;
const MOST_VARINT_BYTES = 10;

/** The longest text that is faster read in JavaScript, and that the engine keeps in one piece. */
const SHORT_TEXT = 12;

/** What `Buffer.toString` calls after it has looked at its arguments. */
interface NativeText {
  utf8Slice(from: number, end: number): string;
}

/** Reads the parts of a message one after the other, never past the end of the message under way. */
export class WireTap {
  /** The next byte. */
  at: number;
  /** The end of the message under way. */
  end: number;
  /** The upper 32 bits of the number read last by `varint` or `fixed64`. */
  high: number;
  #depth: number;
  #messages: number;
  readonly #maxDepth: number;
  #frames: Uint8Array;
  #bytes: Uint8Array;
  #text: NativeText;
  #view: DataView;

  constructor(maxDepth: number) {
    this.at = 0;
    this.end = 0;
    this.high = 0;
    this.#depth = 0;
    this.#messages = 0;
    this.#maxDepth = maxDepth;
    this.#frames = new Uint8Array(0);
    this.#bytes = this.#frames;
    this.#text = Buffer.from(this.#bytes.buffer) as unknown as NativeText;
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Starts on a frame. */
  open(bytes: Uint8Array, from: number, to: number): void {
    if (this.#frames !== bytes) {
      this.#frames = bytes;
      // A slice of a Buffer would be one, and share its memory.
      this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as unknown as NativeText;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = from;
    this.end = to;
    this.#depth = 0;
    this.#messages = 0;
  }

  /** One level deeper. */
  enter(): void {
    if (++this.#depth > this.#maxDepth) throw malformed(`the record has more than ${this.#maxDepth} levels`);
    if (++this.#messages > MOST_MESSAGES) throw malformed(`the record has more than ${MOST_MESSAGES} messages in it`);
  }

  /** One level up. */
  leave(): void {
    this.#depth--;
  }

  /** The number of a field, times eight, and how its value stands in the bytes. */
  tag(): number {
    const { at } = this;
    if (at < this.end) {
      const byte = this.#bytes[at]!;
      if (byte < 0x80 && byte > 7) {
        this.at = at + 1;
        return byte;
      }
    }
    const tag = this.varint();
    if (this.high !== 0 || tag < 8) throw malformed(`a field has the number ${this.high === 0 ? tag >>> 3 : 'beyond 2^29'}`);
    return tag;
  }

  /** The lower 32 bits, unsigned, of a number in up to ten bytes; `high` has the others. */
  varint(): number {
    const { at } = this;
    if (at < this.end) {
      const byte = this.#bytes[at]!;
      if (byte < 0x80) {
        this.at = at + 1;
        this.high = 0;
        return byte;
      }
    }
    return this.#longVarint();
  }

  /** 32 bits: longer numbers do not fit, but for the sign, which fills 64. */
  int32(): number {
    const low = this.varint();
    if (this.high === 0 || (this.high === 0xffff_ffff && low >= 0x8000_0000)) return low | 0;
    throw malformed(`${this.#signed(low)} does not fit 32 bits`);
  }

  /** A number of 64 bits as bigint. */
  bigint(low: number, unsigned: boolean): bigint {
    const { high } = this;
    if (high === 0) return BigInt(low);
    return (BigInt(unsigned ? high : high | 0) << 32n) | BigInt(low);
  }

  /** A number of 64 bits as number; not safe where it is beyond 2^53. */
  number(low: number, unsigned: boolean): number {
    return (unsigned ? this.high : this.high | 0) * TWO_32 + low;
  }

  /** The lower half of the zigzag number read last; `high` becomes the upper one. */
  unzigzag(low: number): number {
    const mask = -(low & 1);
    const { high } = this;
    this.high = ((high >>> 1) ^ mask) >>> 0;
    return (((low >>> 1) | (high << 31)) ^ mask) >>> 0;
  }

  /** Four bytes, unsigned. */
  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** The lower four of eight bytes; `high` has the others. */
  fixed64(): number {
    const at = this.#take(8);
    this.high = this.#view.getUint32(at + 4, true);
    return this.#view.getUint32(at, true);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** The length of what follows, which is there. */
  size(): number {
    const length = this.varint();
    if (this.high !== 0 || length > this.end - this.at) throw malformed(`${this.high === 0 ? length : 'more than 2^32'} bytes were to follow, and ${this.end - this.at} are left`);
    return length;
  }

  /** Bytes, in memory of their own. */
  bytes(): Uint8Array {
    const length = this.size();
    const { at } = this;
    this.at = at + length;
    return this.#bytes.slice(at, at + length);
  }

  text(): string {
    const length = this.size();
    const { at } = this;
    const end = at + length;
    this.at = end;
    if (length <= SHORT_TEXT) {
      const short = this.#ascii(at, end);
      if (short !== undefined) return short;
    }
    const text = this.#text.utf8Slice(at, end);
    // Only a text with a replacement character needs the slow check; it may have been one in the data, too.
    if (text.includes('\uFFFD') && !Buffer.from(text, 'utf8').equals(this.#bytes.subarray(at, end))) throw malformed('a string is no UTF-8');
    return text;
  }

  /** Passes over the value of a field that is not known. */
  skip(tag: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.varint();
        return;
      case WIRE_FIXED64:
        this.#take(8);
        return;
      case WIRE_SIZED:
        this.#take(this.size());
        return;
      case WIRE_FIXED32:
        this.#take(4);
        return;
      case WIRE_GROUP:
        this.#skipGroup(tag);
        return;
      default:
        throw malformed(`the field ${tag >>> 3} is encoded in no known way`);
    }
  }

  /** A short text without a call into native code; undefined where it is not ASCII. */
  #ascii(from: number, end: number): string | undefined {
    const bytes = this.#bytes;
    let text = '';
    let at = from;
    for (; at + 3 < end; at += 4) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      const third = bytes[at + 2]!;
      const fourth = bytes[at + 3]!;
      if ((first | second | third | fourth) > 0x7f) return undefined;
      text += String.fromCharCode(first, second, third, fourth);
    }
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte > 0x7f) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #skipGroup(tag: number): void {
    this.enter();
    for (let next = this.tag(); next !== tag + 1; next = this.tag()) this.skip(next);
    this.leave();
  }

  #longVarint(): number {
    const bytes = this.#bytes;
    const { end } = this;
    let { at } = this;
    let low = 0;
    let high = 0;
    for (let count = 0; count < MOST_VARINT_BYTES; count++) {
      if (at >= end) throw malformed('the record ends too early');
      const byte = bytes[at++]!;
      const part = byte & 0x7f;
      if (count < 4) low |= part << (7 * count);
      else if (count === 4) {
        low |= part << 28;
        high = part >>> 4;
      } else {
        high |= part << (7 * count - 32);
      }
      if (byte < 0x80) {
        if (count === 9 && part > 1) break;
        this.at = at;
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    throw malformed('a number has more than 64 bits');
  }

  #take(length: number): number {
    const { at } = this;
    if (length > this.end - at) throw malformed(`${length} bytes were to follow, and ${this.end - at} are left`);
    this.at = at + length;
    return at;
  }

  #signed(low: number): string {
    return String(this.bigint(low, false));
  }
}

function malformed(what: string): WireFault {
  return new WireFault(ProtobufMalformed, what);
}
