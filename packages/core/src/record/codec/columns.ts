/**
 * Records as columns, by walking the type: the fallback where code generation is forbidden, and the oracle that
 * `generated-columns.ts` must agree with byte for byte. The leaves (numbers, strings, booleans, masks) serve both.
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
import { isLatin1, type ByteReader, type ByteWriter } from '../../base/bytes.js';
import type { ClassType, StructType, TypeNode } from '../types/type-info.js';
import { isInstance } from './explain-misfit.js';
import { ABSENT_VALUE, emptyObject, missingValue, presenceCode, readTyped, writeTyped } from './interpreted.js';
import { MISFIT } from './misfit.js';
import { PRESENT, presenceOf, type Presence } from './presence.js';
import { malformed, setField } from './primitives.js';

const WIDE = 1;
const NO_MASK = 0;
const MASK = 1;

/**
 * A text that strings are cut off takes no more of them once it has so many units. V8 makes longer substrings windows onto their text, so
 * whoever keeps one keeps all of that, and should not keep the strings of a whole batch.
 */
const TEXT_UNITS = 8192;

/** A column's strings: their units in texts of a few whole strings, cut by lengths. */
export interface StringColumn {
  readonly texts: readonly string[];
  readonly lengths: Uint32Array;
}

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

/** Writes strings joined into one text. */
export function writeStrings(values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  let longest = 0;
  let text = '';
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (typeof value !== 'string') throw MISFIT;
    if (value.length > longest) longest = value.length;
    text += value;
  }
  const width = longest < 0x100 ? 0 : longest < 0x1_0000 ? 1 : 2;
  const header = writer.length;
  writeLengths(values, from, to, width, writer);
  writeText(text, width, header, writer);
}

/** The end of a column of strings: their text, behind header and lengths. `header` is where the header stands, which is written now. */
export function writeText(text: string, width: number, header: number, writer: ByteWriter): void {
  writer.room(0).setUint8(header, width << 1);
  if (writer.ascii(text)) return;
  if (isLatin1(text)) {
    writer.latin1(text);
    return;
  }
  writer.room(0).setUint8(header, WIDE | (width << 1));
  writer.utf16(text);
}

/** Room for the header of a column of strings, and the length of each. */
function writeLengths(values: readonly unknown[], from: number, to: number, width: number, writer: ByteWriter): void {
  const memory = writer.room(1 + ((to - from) << width));
  let at = writer.length + 1;
  for (let i = from; i < to; i++) {
    const { length } = values[i] as string;
    if (width === 0) memory.setUint8(at, length);
    else if (width === 1) memory.setUint16(at, length, true);
    else memory.setUint32(at, length, true);
    at += 1 << width;
  }
  writer.length = at;
}

/** Reads a column of strings. */
export function readStrings(count: number, reader: ByteReader): StringColumn {
  const header = reader.u8();
  const width = header >> 1;
  if (header > 5) throw malformed(`a column of strings has the header ${header}`);
  const bytes = reader.bytes(count << width);
  const lengths = new Uint32Array(count);
  const sizes: number[] = [];
  let size = 0;
  for (let i = 0; i < count; i++) {
    let length: number;
    if (width === 0) length = bytes[i]!;
    else if (width === 1) length = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
    else length = (bytes[4 * i]! | (bytes[4 * i + 1]! << 8) | (bytes[4 * i + 2]! << 16) | (bytes[4 * i + 3]! << 24)) >>> 0;
    lengths[i] = length;
    size += length;
    if (size < TEXT_UNITS && i + 1 < count) continue;
    sizes.push(size);
    size = 0;
  }
  return { texts: sizes.map((units) => ((header & WIDE) === 0 ? reader.latin1(units) : reader.utf16(units))), lengths };
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
