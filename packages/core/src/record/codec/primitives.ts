/** Parts that every encoding shares: bigints, dates, views and counts. */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import { EncodingMalformed } from '../errors.js';
import { magnitudeOf } from '../key-bytes.js';
import { DATA_VIEW_CODE, TYPED_ARRAYS, viewCode } from '../value-domain.js';
import { MISFIT } from './misfit.js';

/** The engine holds no longer bigints (2^30 bits). */
const MAX_BIGINT_BYTES = 2 ** 27 - 1;

const SMALL = 0;
const POSITIVE = 1;
const NEGATIVE = 2;

/** A bigint: `00` and eight bytes where they suffice, else its sign and magnitude. */
export function writeBigint(value: bigint, writer: ByteWriter): void {
  if (BigInt.asIntN(64, value) === value) {
    writer.u8(SMALL);
    writer.i64(value);
    return;
  }
  writer.u8(value < 0n ? NEGATIVE : POSITIVE);
  writer.sizedBytes(magnitudeOf(value));
}

/** Reads what `writeBigint` wrote. */
export function readBigint(reader: ByteReader): bigint {
  const sign = reader.u8();
  if (sign === SMALL) return reader.i64();
  if (sign !== POSITIVE && sign !== NEGATIVE) throw malformed(`a bigint has the sign ${sign}`);
  const bytes = reader.sizedBytes();
  if (bytes.length > MAX_BIGINT_BYTES) throw malformed(`a bigint has ${bytes.length} bytes`);
  let digits = '';
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0');
  const magnitude = BigInt(`0x${digits === '' ? '0' : digits}`);
  return sign === NEGATIVE ? -magnitude : magnitude;
}

/** The time of a date as a float64; a misfit when it is invalid or of a subclass. */
export function writeDate(value: unknown, writer: ByteWriter): void {
  if (!(value instanceof Date) || Object.getPrototypeOf(value) !== Date.prototype) throw MISFIT;
  const time = value.getTime();
  if (time !== time) throw MISFIT;
  writer.f64(time);
}

/** Reads what `writeDate` wrote. */
export function readDate(reader: ByteReader): Date {
  const date = new Date(reader.f64());
  if (Number.isNaN(date.getTime())) throw malformed('a date is outside the range of dates');
  return date;
}

/** The bytes that a typed array or `DataView` shows, after its code. */
export function writeView(value: ArrayBufferView, writer: ByteWriter): void {
  const code = viewCode(value);
  if (code < 0) throw MISFIT;
  writer.u8(code);
  writer.sizedBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
}

/** Reads what `writeView` wrote, into memory of its own. */
export function readView(reader: ByteReader): ArrayBufferView {
  const code = reader.u8();
  const bytes = readBytes(reader);
  if (code === 0) return bytes;
  if (code === DATA_VIEW_CODE) return new DataView(bytes.buffer);
  const maker = TYPED_ARRAYS[code];
  if (maker === undefined) throw malformed(`a typed array has the code ${code}`);
  if (bytes.length % maker.BYTES_PER_ELEMENT !== 0) throw malformed(`a ${maker.name} has ${bytes.length} bytes`);
  return new maker(bytes.buffer);
}

/** Sized bytes in memory of their own. */
export function readBytes(reader: ByteReader): Uint8Array<ArrayBuffer> {
  return new Uint8Array(reader.sizedBytes());
}

/** The number of parts that follow. Each takes a byte at least, so no count can claim more than is there. */
export function readCount(reader: ByteReader): number {
  const count = reader.varint53();
  if (count > reader.remaining) throw malformed(`${count} parts are announced where ${reader.remaining} bytes are left`);
  return count;
}

/** Sets a field as an own one, whatever its name. */
export function setField(target: object, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (target as Record<string, unknown>)[name] = value;
  }
}

/** The error for bytes that no writer makes. */
export function malformed(what: string): Error {
  return EncodingMalformed.error({ what });
}
