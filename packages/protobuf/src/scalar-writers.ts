import type { ByteWriter } from '@millrace/core/spi';
import { ProtobufNotEncodable } from './errors.js';
import type { EnumNode, ScalarKind } from './message-node.js';
import { WireFault } from './wire-fault.js';

/** Appends a value without its tag. It throws a {@link WireFault} for a value that is none of the type. */
export type ScalarWriter = (out: ByteWriter, value: unknown) => void;

const TWO_32 = 2 ** 32;
const LARGEST_FLOAT = 3.4028235677973366e38;

/** The writers of types without parts. */
export const SCALAR_WRITERS: Readonly<Record<ScalarKind, ScalarWriter>> = {
  int32: (out, value) => writeInt32(out, int32(value, 'int32')),
  uint32: (out, value) => out.varint32(uint32(value, 'uint32')),
  sint32: (out, value) => {
    const number = int32(value, 'sint32');
    out.varint32((number << 1) ^ (number >> 31));
  },
  fixed32: (out, value) => out.u32(uint32(value, 'fixed32')),
  sfixed32: (out, value) => out.i32(int32(value, 'sfixed32')),
  int64: (out, value) => writeVarint64(out, lowOf(value, false, 'int64'), high),
  uint64: (out, value) => writeVarint64(out, lowOf(value, true, 'uint64'), high),
  sint64: (out, value) => {
    const low = lowOf(value, false, 'sint64');
    const mask = high >> 31;
    writeVarint64(out, (low << 1) ^ mask, ((high << 1) | (low >>> 31)) ^ mask);
  },
  fixed64: (out, value) => writeFixed64(out, lowOf(value, true, 'fixed64'), high),
  sfixed64: (out, value) => writeFixed64(out, lowOf(value, false, 'sfixed64'), high),
  bool: (out, value) => {
    if (typeof value !== 'boolean') throw misfit(value, 'bool');
    out.u8(value ? 1 : 0);
  },
  float: (out, value) => {
    if (typeof value !== 'number' || (Math.abs(value) > LARGEST_FLOAT && Math.abs(value) !== Infinity)) throw misfit(value, 'float');
    out.room(4).setFloat32(out.length, value, true);
    out.length += 4;
  },
  double: (out, value) => {
    if (typeof value !== 'number') throw misfit(value, 'double');
    out.f64(value);
  },
  string: (out, value) => {
    if (typeof value !== 'string') throw misfit(value, 'string');
    const start = beginSized(out);
    out.utf8(value);
    endSized(out, start);
  },
  bytes: (out, value) => {
    if (!(value instanceof Uint8Array)) throw misfit(value, 'bytes');
    out.varint32(value.length);
    out.bytes(value);
  },
};

/** The writer of an enum: names, and digits where it has numbers that have no name. */
export function enumWriter({ name, numbers, closed }: EnumNode): ScalarWriter {
  return (out, value) => {
    let number = numbers.get(value as string);
    if (number === undefined && !closed && typeof value === 'string' && /^-?\d{1,10}$/.test(value)) number = int32(Number(value), name);
    if (number === undefined) throw misfit(value, name);
    writeInt32(out, number);
  };
}

/** Leaves room for a length of one byte; `endSized` puts it there. */
export function beginSized(out: ByteWriter): number {
  const start = out.length;
  out.u8(0);
  return start;
}

/** Puts the length of all that was written since `beginSized` before it, and moves that where the length takes more bytes. */
export function endSized(out: ByteWriter, start: number): void {
  const from = start + 1;
  const size = out.length - from;
  if (size < 0x80) {
    out.room(0).setUint8(start, size);
    return;
  }
  const more = size < 2 ** 14 ? 1 : size < 2 ** 21 ? 2 : size < 2 ** 28 ? 3 : 4;
  const view = out.room(more);
  const end = out.length;
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).copyWithin(from + more, from, end);
  out.length = start;
  out.varint32(size);
  out.length = end + more;
}

/** The misfit of a value. */
export function misfit(value: unknown, type: string): WireFault {
  return new WireFault(ProtobufNotEncodable, `${shown(value)} is no ${type}`);
}

function int32(value: unknown, type: string): number {
  if (typeof value === 'number' && value === (value | 0)) return value;
  throw misfit(value, type);
}

function uint32(value: unknown, type: string): number {
  if (typeof value === 'number' && value === value >>> 0) return value;
  throw misfit(value, type);
}

/** A negative number takes ten bytes: it is one of 64 bits to readers. */
function writeInt32(out: ByteWriter, value: number): void {
  if (value >= 0) out.varint32(value);
  else writeVarint64(out, value, -1);
}

/** The upper half of the number that `lowOf` has cut last. */
let high = 0;

/** The lower half of a number of 64 bits; `high` has the other. */
function lowOf(value: unknown, unsigned: boolean, type: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && (value >= 0 || !unsigned)) {
    high = Math.floor(value / TWO_32) | 0;
    return value | 0;
  }
  if (typeof value === 'bigint' && (unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)) === value) {
    high = Number(BigInt.asIntN(32, value >> 32n));
    return Number(BigInt.asIntN(32, value));
  }
  throw misfit(value, type);
}

function writeVarint64(out: ByteWriter, low: number, top: number): void {
  let lower = low >>> 0;
  let upper = top >>> 0;
  while (upper !== 0) {
    out.u8((lower & 0x7f) | 0x80);
    lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    upper >>>= 7;
  }
  out.varint32(lower);
}

function writeFixed64(out: ByteWriter, low: number, top: number): void {
  out.i32(low | 0);
  out.i32(top | 0);
}

/** A value as a message shows it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : value instanceof Uint8Array ? `${value.length} bytes` : `an object of ${value.constructor?.name ?? 'no class'}`;
  return typeof value === 'function' ? 'a function' : String(value);
}
