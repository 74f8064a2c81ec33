import { toHex } from '@millrace/core/spi';
import { AvroLongUnsafe, AvroMalformed } from './errors.js';
import type { AvroFixed, AvroLogical, AvroPrimitive } from './avro-schema.js';

/** What longs without a logical type are in JavaScript. */
export type LongMode = 'bigint' | 'number';

/** Between what stands in the bytes and what a record has. */
export interface LeafConversion {
  /** The value for what was read. */
  readonly toValue: (raw: unknown) => unknown;
  /** What is written for a value; undefined where the value is none of the type. */
  readonly toRaw: (value: unknown) => unknown;
}

const DAY_MS = 86_400_000;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const LONG_LIMIT = 2n ** 63n;

/** What is larger would be written as infinity. */
const LARGEST_FLOAT = 3.4028235677973366e38;
/** Days from 1970 that a `Date` can be. */
const MOST_DAYS = 100_000_000;

const TEXT: LeafConversion = { toValue: same, toRaw: (value) => (typeof value === 'string' ? value : undefined) };
const FLOAT: LeafConversion = { toValue: same, toRaw: (value) => (typeof value === 'number' && (Math.abs(value) <= LARGEST_FLOAT || !Number.isFinite(value)) ? value : undefined) };
const NUMBER: LeafConversion = { toValue: same, toRaw: (value) => (typeof value === 'number' ? value : undefined) };
const BOOLEAN: LeafConversion = { toValue: same, toRaw: (value) => (typeof value === 'boolean' ? value : undefined) };
const INT: LeafConversion = { toValue: same, toRaw: (value) => (Number.isInteger(value) && (value as number) === ((value as number) | 0) ? value : undefined) };
const NULL: LeafConversion = { toValue: () => null, toRaw: (value) => (value === null ? null : undefined) };
const BYTES: LeafConversion = { toValue: same, toRaw: (value) => (value instanceof Uint8Array ? value : undefined) };
const UUID_TEXT: LeafConversion = { toValue: same, toRaw: (value) => (typeof value === 'string' && UUID.test(value) ? value : undefined) };

const LONG_AS_NUMBER: LeafConversion = { toValue: safeNumber, toRaw: (value) => (Number.isSafeInteger(value) ? value : longOfBigint(value)) };
const LONG_AS_BIGINT: LeafConversion = { toValue: (raw) => BigInt(raw as number | bigint), toRaw: (value) => (Number.isSafeInteger(value) ? value : longOfBigint(value)) };

const DATE: LeafConversion = {
  toValue: (raw) => {
    if (Math.abs(raw as number) > MOST_DAYS) throw AvroMalformed.error({ what: `a date is ${String(raw)} days from 1970` });
    return new Date((raw as number) * DAY_MS);
  },
  // A time of day would be lost.
  toRaw: (value) => (value instanceof Date && value.getTime() % DAY_MS === 0 ? value.getTime() / DAY_MS : undefined),
};

/** The conversion of a type without parts. */
export function conversionOf(node: AvroFixed | AvroPrimitive, longs: LongMode): LeafConversion {
  const { logical } = node;
  if (logical?.name === 'decimal') return decimal(logical, node.kind === 'fixed' ? node.size : undefined);
  switch (node.kind) {
    case 'null':
      return NULL;
    case 'boolean':
      return BOOLEAN;
    case 'int':
      return logical?.name === 'date' ? DATE : INT;
    case 'long':
      return isBigint(logical, longs) ? LONG_AS_BIGINT : LONG_AS_NUMBER;
    case 'float':
      return FLOAT;
    case 'double':
      return NUMBER;
    case 'string':
      return logical?.name === 'uuid' ? UUID_TEXT : TEXT;
    case 'bytes':
      return BYTES;
    case 'fixed':
      return { toValue: same, toRaw: (value) => (value instanceof Uint8Array && value.length === node.size ? value : undefined) };
  }
}

/** Whether a long comes as bigint: times finer than a millisecond always, times of a day and milliseconds never. */
export function isBigint(logical: AvroLogical | undefined, longs: LongMode): boolean {
  if (logical === undefined) return longs === 'bigint';
  return logical.name === 'bigint' || /timestamp-(?:micros|nanos)$/.test(logical.name);
}

/** In which way a value that is read counts in something else than it was written in; undefined where it does not, or none is named. */
export function differentUnits(writer: AvroFixed | AvroPrimitive, reader: AvroFixed | AvroPrimitive): string | undefined {
  const [written, read] = [writer.logical, reader.logical];
  const isDecimal = written?.name === 'decimal' || read?.name === 'decimal';
  if (isDecimal && (writer.kind === 'string' || reader.kind === 'string')) return 'a decimal and a text have other bytes';
  if (written === undefined || read === undefined) return undefined;
  if (written.name === 'decimal' && read.name === 'decimal') return written.scale === read.scale ? undefined : `a decimal was written with the scale ${written.scale} and is read with ${read.scale}`;
  const [from, to] = [unitOf(written), unitOf(read)];
  return from === undefined || to === undefined || from === to ? undefined : `${written.name} was written, and cannot be read as ${read.name}`;
}

/** What a time counts, be it that of a day, of the world or of a place; undefined for what is no time. */
function unitOf({ name }: AvroLogical): string | undefined {
  const match = /^(?:local-)?(timestamp|time)-(millis|micros|nanos)$/.exec(name);
  return match === null ? (name === 'date' ? name : undefined) : `${match[1]!} in ${match[2]!}`;
}

function decimal({ precision, scale }: AvroLogical, size: number | undefined): LeafConversion {
  return {
    toValue: (raw) => decimalText(raw as Uint8Array, scale),
    toRaw: (value) => {
      const match = typeof value === 'string' ? /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) : null;
      if (match === null) return undefined;
      const [, sign, whole, fraction = ''] = match;
      if (/[1-9]/.test(fraction.slice(scale))) return undefined;
      const unscaled = BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, '0')}`);
      if (String(unscaled).length > precision) return undefined;
      return twosComplement(sign === '-' ? -unscaled : unscaled, size);
    },
  };
}

function decimalText(bytes: Uint8Array, scale: number): string {
  let unscaled = bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
  if (bytes.length > 0 && bytes[0]! > 0x7f) unscaled -= 1n << BigInt(8 * bytes.length);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Big-endian bytes, as few as hold the number, or so many; undefined where they do not hold it. */
function twosComplement(value: bigint, size: number | undefined): Uint8Array | undefined {
  let length = 1;
  while (value < -(1n << BigInt(8 * length - 1)) || value >= 1n << BigInt(8 * length - 1)) length++;
  if (size !== undefined && length > size) return undefined;
  const bytes = new Uint8Array(size ?? length);
  for (let at = bytes.length - 1, rest = value; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}

function safeNumber(raw: unknown): number {
  if (typeof raw === 'number' && Number.isSafeInteger(raw)) return raw;
  throw AvroLongUnsafe.error({ what: `the long ${String(raw)} is beyond 2^53` });
}

function longOfBigint(value: unknown): bigint | undefined {
  return typeof value === 'bigint' && value >= -LONG_LIMIT && value < LONG_LIMIT ? value : undefined;
}

function same(raw: unknown): unknown {
  return raw;
}
