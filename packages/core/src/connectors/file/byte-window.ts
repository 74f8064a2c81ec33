import type { ByteInput } from './byte-input.js';

/** A stretch of a file in memory that moves forward: the bytes from `base` on, as far as they were needed. */
export class ByteWindow {
  bytes: Uint8Array;
  /** Offset in the file of `bytes[0]`. */
  base: number;
  /** How many bytes are there. */
  length: number;
  /** Whether the last read met the end of the file. */
  atEnd: boolean;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.base = 0;
    this.length = 0;
    this.atEnd = false;
  }

  /** Offset after the last byte. */
  get limit(): number {
    return this.base + this.length;
  }

  /** Starts anew at an offset. */
  reset(position: number): void {
    this.base = position;
    this.length = 0;
    this.atEnd = false;
  }

  /** Forgets what lies before `position` and reads until the byte before `until` is there, or the file ends. */
  ensure(input: ByteInput, position: number, until: number): void {
    if (until <= this.limit) return;
    this.#makeRoom(position, until);
    this.atEnd = false;
    while (this.limit < until) {
      const count = input.read(this.bytes.subarray(this.length, until - this.base), this.limit);
      if (count === 0) {
        this.atEnd = true;
        return;
      }
      this.length += count;
    }
  }

  #makeRoom(position: number, until: number): void {
    if (until - this.base <= this.bytes.length) return;
    const drop = position - this.base;
    const kept = this.length - drop;
    if (until - position > this.bytes.length) {
      const larger = new Uint8Array(Math.max(until - position, this.bytes.length * 2));
      larger.set(this.bytes.subarray(drop, this.length));
      this.bytes = larger;
    } else {
      this.bytes.copyWithin(0, drop, this.length);
    }
    this.base = position;
    this.length = kept;
  }
}
