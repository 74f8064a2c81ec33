import { crc32c } from '@millrace/core/spi';
import { pack, type KafkaCompression, COMPRESSIONS } from './compression.js';
import { At, LENGTH_END, MAGIC, TRANSACTIONAL, viewOf } from './record-batch.js';
import type { ProducerIdentity } from '../driver/driver.js';

/** A header of a record on its way out. */
export type HeaderValue = string | Uint8Array | null;

const FIRST_BYTES = 16 * 1024;
/** The most bytes that length, timestamp, offset and the lengths of key and value of one record take. */
const RECORD_HEAD = 40;

/**
 * Collects records into a batch. The bytes are made once, while records are added; `seal` fills in the head. A builder
 * is used for one batch.
 */
export class BatchBuilder {
  count: number;
  #bytes: Buffer;
  #length: number;
  #baseTimestamp: number;
  #maxTimestamp: number;

  constructor() {
    this.count = 0;
    this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#length = At.records;
    this.#baseTimestamp = 0;
    this.#maxTimestamp = Number.NEGATIVE_INFINITY;
  }

  /** How long the batch is so far. */
  get byteLength(): number {
    return this.#length;
  }

  /** Adds a record. `timestamp`: epoch milliseconds. */
  add(key: Uint8Array | null, value: Uint8Array | null, timestamp: number, headers: readonly (readonly [string, HeaderValue])[] | undefined): void {
    const keyLength = key === null ? 0 : key.length;
    const valueLength = value === null ? 0 : value.length;
    const head = headers === undefined || headers.length === 0 ? undefined : encodeHeaders(headers);
    const headersLength = head === undefined ? 1 : head.length;
    this.#ensure(RECORD_HEAD + keyLength + valueLength + headersLength);
    if (this.count === 0) this.#baseTimestamp = timestamp;
    const delta = timestamp - this.#baseTimestamp;
    const body = 1 + varlongSize(delta) + varintSize(this.count) + varintSize(key === null ? -1 : keyLength) + keyLength + varintSize(value === null ? -1 : valueLength) + valueLength + headersLength;
    const bytes = this.#bytes;
    let at = putVarint(bytes, this.#length, body);
    bytes[at++] = 0;
    at = putVarlong(bytes, at, delta);
    at = putVarint(bytes, at, this.count);
    at = putVarint(bytes, at, key === null ? -1 : keyLength);
    if (key !== null) bytes.set(key, at);
    at += keyLength;
    at = putVarint(bytes, at, value === null ? -1 : valueLength);
    if (value !== null) bytes.set(value, at);
    at += valueLength;
    if (head === undefined) bytes[at++] = 0;
    else {
      bytes.set(head, at);
      at += head.length;
    }
    this.#length = at;
    this.count++;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  /** The batch, complete but for the producer: see {@link stampBatch}. */
  seal(compression: KafkaCompression): Uint8Array {
    let bytes: Buffer = this.#bytes.subarray(0, this.#length);
    if (compression !== 'none') {
      const packed = pack(compression, bytes.subarray(At.records));
      bytes = Buffer.concat([bytes.subarray(0, At.records), packed]);
    }
    bytes.fill(0, 0, At.records);
    bytes.writeInt32BE(bytes.length - LENGTH_END, At.length);
    bytes.writeInt32BE(-1, LENGTH_END);
    bytes[At.magic] = MAGIC;
    bytes.writeInt16BE(COMPRESSIONS.indexOf(compression), At.attributes);
    bytes.writeInt32BE(this.count - 1, At.lastOffsetDelta);
    bytes.writeBigInt64BE(BigInt(this.#baseTimestamp), At.baseTimestamp);
    bytes.writeBigInt64BE(BigInt(this.#maxTimestamp), At.maxTimestamp);
    bytes.writeInt32BE(this.count, At.count);
    return bytes;
  }

  #ensure(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Who writes a batch, for the broker to find repetitions and gaps. */
export interface BatchStamp extends ProducerIdentity {
  /** The number of the batch's first record among all of this producer in this partition. */
  readonly sequence: number;
  readonly transactional: boolean;
}

/** No producer id: the broker looks for nothing. */
export const NO_PRODUCER: BatchStamp = Object.freeze({ producerId: -1n, epoch: -1, sequence: -1, transactional: false });

/** Writes the producer into a sealed batch, and the checksum, which covers it. May be done again for another producer. */
export function stampBatch(bytes: Uint8Array, { producerId, epoch, sequence, transactional }: BatchStamp): void {
  const view = viewOf(bytes);
  const attributes = view.getInt16(At.attributes);
  view.setInt16(At.attributes, transactional ? attributes | TRANSACTIONAL : attributes & ~TRANSACTIONAL);
  view.setBigInt64(At.producerId, producerId);
  view.setInt16(At.epoch, epoch);
  view.setInt32(At.sequence, sequence);
  view.setUint32(At.crc, crc32c(bytes, 0, At.attributes, bytes.length));
}

/** How many records a sealed batch has. */
export const recordCount = (bytes: Uint8Array): number => viewOf(bytes).getInt32(At.count);

function encodeHeaders(headers: readonly (readonly [string, HeaderValue])[]): Uint8Array {
  const pieces: Uint8Array[] = [varint(headers.length)];
  for (const [name, value] of headers) {
    const nameBytes = Buffer.from(name, 'utf8');
    const valueBytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    pieces.push(varint(nameBytes.length), nameBytes, varint(valueBytes === null ? -1 : valueBytes.length));
    if (valueBytes !== null) pieces.push(valueBytes);
  }
  return Buffer.concat(pieces);
}

function varint(value: number): Uint8Array {
  const bytes = Buffer.alloc(varintSize(value));
  putVarint(bytes, 0, value);
  return bytes;
}

function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
}

function putVarint(bytes: Uint8Array, from: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = from;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

const zigzagOf = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);

function varlongSize(value: number): number {
  let size = 1;
  for (let rest = zigzagOf(value); rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

function putVarlong(bytes: Uint8Array, from: number, value: number): number {
  let rest = zigzagOf(value);
  let at = from;
  while (rest > 0x7f) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}
