/**
 * Declared types, value by value, by walking the type: the fallback where code generation is forbidden, and the oracle
 * that the generated codec (`generated.ts`) must agree with byte for byte.
 *
 * Layout (decision 0001): a wrapped type begins with its presence byte; then string, float64, bigint, `00`/`01`, date,
 * sized bytes, tagged value; a list, set or map its count and parts; a tuple its parts; a struct or class its fields in
 * declared order. A struct, class or tuple without parts is one zero byte, so that every value takes a byte at least.
 */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { ClassType, StructType, TypeNode } from '../types/type-info.js';
import { readDynamic, writeDynamic } from './dynamic-value.js';
import { isInstance } from './explain-misfit.js';
import { MISFIT } from './misfit.js';
import { ABSENT, NULL, PRESENT, presenceOf, UNDEFINED, type Presence } from './presence.js';
import { malformed, readBigint, readBytes, readCount, readDate, setField, writeBigint, writeDate } from './primitives.js';

/** What stands for a missing field or a hole while values are read. */
export const ABSENT_VALUE: unique symbol = Symbol('absent');

/** Writes a value of a type; throws the misfit when it is none. */
export function writeTyped(type: TypeNode, value: unknown, writer: ByteWriter): void {
  writePart(type, value, true, writer);
}

/** Reads a value of a type. */
export function readTyped(type: TypeNode, reader: ByteReader): unknown {
  const value = readPart(type, reader);
  if (value === ABSENT_VALUE) throw malformed('a value is absent where there can be none absent');
  return value;
}

/** Writes a value in a place where it may be missing (`isThere` false). */
export function writePart(type: TypeNode, value: unknown, isThere: boolean, writer: ByteWriter): void {
  const presence = presenceOf(type);
  if (!presence.isWrapped) {
    if (!isThere) throw MISFIT;
    return writeSolid(type, value, writer);
  }
  const code = presenceCode(presence, value, isThere);
  writer.u8(code);
  if (code === PRESENT) writeSolid(presence.solid, value, writer);
}

/** Reads a value in a place where it may be missing, as {@link ABSENT_VALUE}. */
export function readPart(type: TypeNode, reader: ByteReader): unknown {
  const presence = presenceOf(type);
  if (!presence.isWrapped) return readSolid(type, reader);
  const code = reader.u8();
  if (code === PRESENT) return readSolid(presence.solid, reader);
  return missingValue(presence, code);
}

/** The presence byte of a value; throws the misfit where it may not be missing like this. */
export function presenceCode(presence: Presence, value: unknown, isThere: boolean): number {
  if (!isThere) {
    if (presence.allowsAbsent) return ABSENT;
    throw MISFIT;
  }
  if (value === undefined && presence.allowsUndefined) return UNDEFINED;
  return value === null && presence.allowsNull ? NULL : PRESENT;
}

/** The value behind a presence byte other than {@link PRESENT}. */
export function missingValue(presence: Presence, code: number): unknown {
  if (code === ABSENT && presence.allowsAbsent) return ABSENT_VALUE;
  if (code === UNDEFINED && presence.allowsUndefined) return undefined;
  if (code === NULL && presence.allowsNull) return null;
  throw malformed(`a value has the presence ${code}`);
}

function writeSolid(type: TypeNode, value: unknown, writer: ByteWriter): void {
  switch (type.kind) {
    case 'string':
      if (typeof value !== 'string') throw MISFIT;
      return writer.string(value);
    case 'number':
    case 'timestamp':
      if (typeof value !== 'number') throw MISFIT;
      return writer.f64(value);
    case 'bigint':
      if (typeof value !== 'bigint') throw MISFIT;
      return writeBigint(value, writer);
    case 'boolean':
      if (typeof value !== 'boolean') throw MISFIT;
      return writer.u8(value ? 1 : 0);
    case 'date':
      return writeDate(value, writer);
    case 'bytes':
      if (!(value instanceof Uint8Array) || Object.getPrototypeOf(value) !== Uint8Array.prototype) throw MISFIT;
      return writer.sizedBytes(value);
    case 'dynamic':
      return writeDynamic(value, writer, 0);
    default:
      return writeContainer(type, value, writer);
  }
}

function writeContainer(type: TypeNode, value: unknown, writer: ByteWriter): void {
  if (typeof value !== 'object' || value === null) throw MISFIT;
  if (type.kind === 'struct' || type.kind === 'class') {
    writeFields(type, value, writer);
  } else if (type.kind === 'list' || type.kind === 'tuple') {
    if (!Array.isArray(value)) throw MISFIT;
    if (type.kind === 'list') writer.varint53(value.length);
    else if (value.length !== type.elements.length) throw MISFIT;
    else if (value.length === 0) writer.u8(0);
    for (let at = 0; at < value.length; at++) {
      writePart(type.kind === 'list' ? type.element : type.elements[at]!, value[at], at in value, writer);
    }
  } else if (type.kind === 'set') {
    if (!(value instanceof Set) || Object.getPrototypeOf(value) !== Set.prototype) throw MISFIT;
    writer.varint53(value.size);
    for (const entry of value as Set<unknown>) writePart(type.element, entry, true, writer);
  } else if (type.kind === 'map') {
    if (!(value instanceof Map) || Object.getPrototypeOf(value) !== Map.prototype) throw MISFIT;
    writer.varint53(value.size);
    for (const [key, entry] of value as Map<unknown, unknown>) {
      writePart(type.key, key, true, writer);
      writePart(type.value, entry, true, writer);
    }
  }
}

function writeFields(type: StructType | ClassType, value: object, writer: ByteWriter): void {
  if (!isInstance(type, value)) throw MISFIT;
  if (type.fields.length === 0) writer.u8(0);
  let there = 0;
  for (const field of type.fields) {
    const isThere = Object.hasOwn(value, field.name);
    if (isThere) there++;
    writePart(field.type, isThere ? (value as Record<string, unknown>)[field.name] : undefined, isThere, writer);
  }
  if (Object.keys(value).length !== there) throw MISFIT;
}

function readSolid(type: TypeNode, reader: ByteReader): unknown {
  switch (type.kind) {
    case 'string':
      return reader.string();
    case 'number':
    case 'timestamp':
      return reader.f64();
    case 'bigint':
      return readBigint(reader);
    case 'boolean':
      return readBoolean(reader);
    case 'date':
      return readDate(reader);
    case 'bytes':
      return readBytes(reader);
    case 'dynamic':
      return readDynamic(reader, 0);
    case 'struct':
    case 'class':
      return readFields(type, reader);
    case 'list':
      return readElements(readCount(reader), () => type.element, reader);
    case 'tuple':
      if (type.elements.length === 0) readZero(reader);
      return readElements(type.elements.length, (at) => type.elements[at]!, reader);
    case 'set':
      return readSet(type.element, reader);
    case 'map':
      return readMap(type.key, type.value, reader);
    default:
      throw malformed(`a type of the kind ${type.kind} has no encoding of its own`);
  }
}

/** Reads a boolean. */
export function readBoolean(reader: ByteReader): boolean {
  const byte = reader.u8();
  if (byte > 1) throw malformed(`a boolean has the byte ${byte}`);
  return byte === 1;
}

/** Reads the byte of a value without parts. */
export function readZero(reader: ByteReader): void {
  if (reader.u8() !== 0) throw malformed('a value without parts is not zero');
}

/** An object of a struct or class before its fields are set. */
export function emptyObject(type: StructType | ClassType): object {
  return type.kind === 'class' && type.prototype !== undefined ? (Object.create(type.prototype) as object) : {};
}

function readFields(type: StructType | ClassType, reader: ByteReader): object {
  const value = emptyObject(type);
  if (type.fields.length === 0) readZero(reader);
  for (const field of type.fields) {
    const part = readPart(field.type, reader);
    if (part !== ABSENT_VALUE) setField(value, field.name, part);
  }
  return value;
}

function readElements(count: number, typeAt: (at: number) => TypeNode, reader: ByteReader): unknown[] {
  const array: unknown[] = [];
  for (let at = 0; at < count; at++) {
    const element = readPart(typeAt(at), reader);
    if (element === ABSENT_VALUE) array.length = at + 1;
    else array[at] = element;
  }
  return array;
}

function readSet(element: TypeNode, reader: ByteReader): Set<unknown> {
  const count = readCount(reader);
  const set = new Set<unknown>();
  for (let i = 0; i < count; i++) set.add(readTyped(element, reader));
  return set;
}

function readMap(key: TypeNode, value: TypeNode, reader: ByteReader): Map<unknown, unknown> {
  const count = readCount(reader);
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < count; i++) {
    const name = readTyped(key, reader);
    map.set(name, readTyped(value, reader));
  }
  return map;
}
