/**
 * Records as columns, by walking the type: the fallback where code generation is forbidden, and the oracle that
 * `generated-columns.ts` must agree with byte for byte. The leaves (numbers, booleans, masks, and strings in `string-column.ts`) serve both.
 *
 * Layout of a column of n values (decision 0001), nothing when n is 0:
 *
 * - a wrapped type: `00`, or `01` and n presence bytes; then the column of those that are present;
 * - number, timestamp: n float64;
 * - string: a header (bit 0: two bytes per unit; bits 1–2: lengths of 1, 2 or 4 bytes), n lengths in units, all units joined;
 * - boolean: a bit each, the first in the lowest bit of the first byte;
 * - struct or class with fields: the columns of the fields in declared order;
 * - anything else: the values one after the other, as in `interpreted.ts`.
 */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { ClassType, StructType, TypeNode } from '../types/type-info.js';
import { isInstance } from './explain-misfit.js';
import { ABSENT_VALUE, emptyObject, missingValue, presenceCode, readTyped, writeTyped } from './interpreted.js';
import { MISFIT } from './misfit.js';
import { PRESENT, presenceOf, type Presence } from './presence.js';
import { malformed, setField } from './primitives.js';
import { readStrings, writeStrings } from './string-column.js';

const NO_MASK = 0;
const MASK = 1;

/** True for types that are split into the columns of their fields. */
export function isColumnar(type: TypeNode): type is StructType | ClassType {
  return (type.kind === 'struct' || type.kind === 'class') && type.fields.length > 0;
}

/** Writes the values `from` to `to - 1` as a column; throws the misfit when one is not of the type. None may be absent. */
export function writeColumn(type: TypeNode, values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  const presence = presenceOf(type);
  if (!presence.isWrapped) return writeSolidColumn(presence.solid, values, from, to, writer);
  const isThere = new Array<boolean>(to - from).fill(true);
  writeWrappedColumn(presence, values.slice(from, to), isThere, writer);
}

/** Reads a column of `count` values; absent ones are {@link ABSENT_VALUE}. */
export function readColumn(type: TypeNode, count: number, reader: ByteReader): unknown[] {
  const presence = presenceOf(type);
  if (!presence.isWrapped) return readSolidColumn(presence.solid, count, reader);
  const mask = readMask(count, reader);
  return mask === undefined ? readSolidColumn(presence.solid, count, reader) : spread(presence, mask, readSolidColumn(presence.solid, presentIn(mask), reader));
}

function writeWrappedColumn(presence: Presence, values: readonly unknown[], isThere: readonly boolean[], writer: ByteWriter): void {
  const present: unknown[] = [];
  let mask: Uint8Array | undefined;
  for (let i = 0; i < values.length; i++) {
    const code = presenceCode(presence, values[i], isThere[i]!);
    if (code === PRESENT) {
      present.push(values[i]);
    } else {
      mask ??= new Uint8Array(values.length);
      mask[i] = code;
    }
  }
  if (values.length > 0) writeMask(mask, writer);
  writeSolidColumn(presence.solid, present, 0, present.length, writer);
}

function writeSolidColumn(type: TypeNode, values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  if (from === to) return;
  if (type.kind === 'number' || type.kind === 'timestamp') writeNumbers(values, from, to, writer);
  else if (type.kind === 'string') writeStrings(values, from, to, writer);
  else if (type.kind === 'boolean') writeBooleans(values, from, to, writer);
  else if (isColumnar(type)) writeStructs(type, values, from, to, writer);
  else for (let i = from; i < to; i++) writeTyped(type, values[i], writer);
}

function readSolidColumn(type: TypeNode, count: number, reader: ByteReader): unknown[] {
  const values: unknown[] = [];
  if (count === 0) return values;
  if (type.kind === 'number' || type.kind === 'timestamp') {
    const numbers = readNumbers(count, reader);
    for (let i = 0; i < count; i++) values.push(numbers.getFloat64(i * 8, true));
  } else if (type.kind === 'string') {
    const { texts, lengths } = readStrings(count, reader);
    let [text, at, next] = ['', 0, 0];
    for (let i = 0; i < count; i++) {
      if (at === text.length) [text, at, next] = [texts[next] ?? '', 0, next + 1];
      values.push(text.substring(at, (at += lengths[i]!)));
    }
  } else if (type.kind === 'boolean') {
    const bits = readBits(count, reader);
    for (let i = 0; i < count; i++) values.push(((bits[i >> 3]! >> (i & 7)) & 1) === 1);
  } else if (isColumnar(type)) {
    readStructs(type, count, reader, values);
  } else {
    for (let i = 0; i < count; i++) values.push(readTyped(type, reader));
  }
  return values;
}

function writeStructs(type: StructType | ClassType, values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  for (let i = from; i < to; i++) checkFields(type, values[i]);
  for (const field of type.fields) {
    const isThere: boolean[] = [];
    const column: unknown[] = [];
    for (let i = from; i < to; i++) {
      const there = Object.hasOwn(values[i] as object, field.name);
      isThere.push(there);
      column.push(there ? (values[i] as Record<string, unknown>)[field.name] : undefined);
    }
    const presence = presenceOf(field.type);
    if (presence.isWrapped) writeWrappedColumn(presence, column, isThere, writer);
    else writeSolidColumn(presence.solid, column, 0, column.length, writer);
  }
}

/** Fields must be the declared ones in the declared order, so that a record comes out exactly as it went in. */
function checkFields(type: StructType | ClassType, value: unknown): void {
  if (typeof value !== 'object' || value === null || !isInstance(type, value)) throw MISFIT;
  const names = Object.keys(value);
  let at = 0;
  for (const field of type.fields) {
    if (names[at] === field.name) at++;
    else if (!presenceOf(field.type).allowsAbsent) throw MISFIT;
  }
  if (at !== names.length) throw MISFIT;
}

function readStructs(type: StructType | ClassType, count: number, reader: ByteReader, into: unknown[]): void {
  const columns = type.fields.map((field) => readColumn(field.type, count, reader));
  for (let i = 0; i < count; i++) {
    const value = emptyObject(type);
    type.fields.forEach((field, at) => {
      const part = columns[at]![i];
      if (part !== ABSENT_VALUE) setField(value, field.name, part);
    });
    into.push(value);
  }
}

/** Writes a mask of presence bytes, or that there is none. */
export function writeMask(mask: Uint8Array | undefined, writer: ByteWriter): void {
  writer.u8(mask === undefined ? NO_MASK : MASK);
  if (mask !== undefined) writer.bytes(mask);
}

/** Reads a mask; undefined when every value is present. A column of no values has none. */
export function readMask(count: number, reader: ByteReader): Uint8Array | undefined {
  if (count === 0) return undefined;
  const form = reader.u8();
  if (form > MASK) throw malformed(`a mask has the form ${form}`);
  return form === MASK ? reader.bytes(count) : undefined;
}

/** How many values a mask calls present. */
export function presentIn(mask: Uint8Array): number {
  let present = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] === PRESENT) present++;
  return present;
}

/** Puts the present values and what stands for the missing ones into their places. */
export function spread(presence: Presence, mask: Uint8Array, present: readonly unknown[]): unknown[] {
  const values: unknown[] = [];
  let next = 0;
  for (let i = 0; i < mask.length; i++) {
    const code = mask[i]!;
    values.push(code === PRESENT ? present[next++] : missingValue(presence, code));
  }
  return values;
}

/** Writes float64s. */
export function writeNumbers(values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  const memory = writer.room((to - from) * 8);
  let at = writer.length;
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (typeof value !== 'number') throw MISFIT;
    memory.setFloat64(at, value, true);
    at += 8;
  }
  writer.length = at;
}

/** A view of `count` float64s, little-endian. */
export function readNumbers(count: number, reader: ByteReader): DataView {
  const bytes = reader.bytes(count * 8);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes booleans as bits. */
export function writeBooleans(values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  for (let i = from; i < to; i += 8) {
    let byte = 0;
    const end = Math.min(8, to - i);
    for (let bit = 0; bit < end; bit++) {
      const value = values[i + bit];
      if (typeof value !== 'boolean') throw MISFIT;
      if (value) byte |= 1 << bit;
    }
    writer.u8(byte);
  }
}

/** The bytes of `count` booleans. */
export function readBits(count: number, reader: ByteReader): Uint8Array {
  return reader.bytes((count + 7) >> 3);
}
