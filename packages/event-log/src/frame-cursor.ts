import { decodeUtf8 } from '@millrace/core/spi';
import { HAS_HEADERS, HAS_KEY, HAS_TIMESTAMP, HAS_VALUE } from './frame-builder.js';
import type { FrameHeader } from './frame-header.js';
import type { LogHeaders } from './log-record.js';

const NO_HEADERS: LogHeaders = Object.freeze([]);

/**
 * Goes through the records of one frame. Its fields are those of the record it stands on; key and value are places in
 * `bytes`, so that nothing is made per record.
 */
export class FrameCursor {
  bytes: Uint8Array;
  offset: number;
  /** NaN when the record has none. */
  timestamp: number;
  keyStart: number;
  /** -1 when the record has no key. */
  keyLength: number;
  valueStart: number;
  /** -1 when the value is null. */
  valueLength: number;
  #at: number;
  #left: number;
  #baseOffset: number;
  #baseTimestamp: number;
  #headersAt: number;

  constructor() {
    this.bytes = new Uint8Array(0);
    this.offset = -1;
    this.timestamp = Number.NaN;
    this.keyStart = 0;
    this.keyLength = -1;
    this.valueStart = 0;
    this.valueLength = -1;
    this.#at = 0;
    this.#left = 0;
    this.#baseOffset = 0;
    this.#baseTimestamp = Number.NaN;
    this.#headersAt = -1;
  }

  /** Records that are left. */
  get left(): number {
    return this.#left;
  }

  /** Goes before the first record of a frame whose checksum was found right. */
  enter(header: FrameHeader, bytes: Uint8Array, payloadStart: number): void {
    this.bytes = bytes;
    this.#at = payloadStart;
    this.#left = header.count;
    this.#baseOffset = header.baseOffset;
    this.#baseTimestamp = Number.NaN;
  }

  /** Leaves the frame. */
  leave(): void {
    this.#left = 0;
  }

  /** Goes to the next record; false when there is none. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const flags = this.bytes[this.#at++]!;
    this.offset = this.#baseOffset + this.#varint();
    this.timestamp = (flags & HAS_TIMESTAMP) === 0 ? Number.NaN : this.#timestamp();
    this.keyLength = -1;
    if ((flags & HAS_KEY) !== 0) {
      this.keyLength = this.#varint();
      this.keyStart = this.#at;
      this.#at += this.keyLength;
    }
    this.valueLength = -1;
    if ((flags & HAS_VALUE) !== 0) {
      this.valueLength = this.#varint();
      this.valueStart = this.#at;
      this.#at += this.valueLength;
    }
    this.#headersAt = -1;
    if ((flags & HAS_HEADERS) !== 0) {
      this.#headersAt = this.#at;
      this.#skipHeaders();
    }
    return true;
  }

  key(): Uint8Array | undefined {
    return this.keyLength < 0 ? undefined : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  value(): Uint8Array | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength);
  }

  headers(): LogHeaders {
    if (this.#headersAt < 0) return NO_HEADERS;
    const after = this.#at;
    this.#at = this.#headersAt;
    const headers = Array.from({ length: this.#varint() }, () => {
      const name = this.#sized();
      return [decodeUtf8(name), this.#sized()] as const;
    });
    this.#at = after;
    return headers;
  }

  #skipHeaders(): void {
    for (let left = this.#varint() * 2; left > 0; left--) {
      const length = this.#varint();
      this.#at += length;
    }
  }

  #sized(): Uint8Array {
    const length = this.#varint();
    const start = this.#at;
    this.#at += length;
    return this.bytes.subarray(start, start + length);
  }

  #timestamp(): number {
    const coded = this.#varint();
    const distance = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
    if (this.#baseTimestamp === this.#baseTimestamp) return this.#baseTimestamp + distance;
    if (distance !== 0) this.#baseTimestamp = distance;
    return distance;
  }

  #varint(): number {
    const { bytes } = this;
    let byte = bytes[this.#at++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 128;
    do {
      byte = bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    return value;
  }
}
