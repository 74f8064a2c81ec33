/**
 * The tagged, self-describing encoding of the whole value domain (decision 0001): one tag byte per value. It is what
 * dynamic types are kept in, and what takes the values that fit nothing else.
 */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import { isPlainObject, MAX_NESTING } from '../value-domain.js';
import { MISFIT } from './misfit.js';
import { malformed, readBigint, readBytes, readCount, readDate, readView, setField, writeBigint, writeDate, writeView } from './primitives.js';

/** The tags, fixed for ever. */
export const DYNAMIC_TAG: { readonly [kind in TagName]: number } = Object.freeze({
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  /** A whole number from 0 to 2^32-1, as a varint. */
  natural: 5,
  /** A whole number from -2^32 to -1, as a varint of `-1 - value`. */
  negative: 6,
  string: 7,
  bigint: 8,
  date: 9,
  array: 10,
  hole: 11,
  object: 12,
  nullObject: 13,
  map: 14,
  set: 15,
  arrayBuffer: 16,
  view: 17,
});

type TagName =
  | 'array' | 'arrayBuffer' | 'bigint' | 'date' | 'false' | 'hole' | 'map' | 'natural' | 'negative' | 'null' | 'nullObject'
  | 'number' | 'object' | 'set' | 'string' | 'true' | 'undefined' | 'view';

const TAG = DYNAMIC_TAG;

/** Writes a value; throws the misfit for one outside the domain. `level` is how many containers it lies in. */
export function writeDynamic(value: unknown, writer: ByteWriter, level: number): void {
  switch (typeof value) {
    case 'string':
      writer.u8(TAG.string);
      writer.string(value);
      return;
    case 'number':
      writeNumber(value, writer);
      return;
    case 'boolean':
      writer.u8(value ? TAG.true : TAG.false);
      return;
    case 'object':
      if (value === null) writer.u8(TAG.null);
      else writeObject(value, writer, level + 1);
      return;
    case 'undefined':
      writer.u8(TAG.undefined);
      return;
    case 'bigint':
      writer.u8(TAG.bigint);
      writeBigint(value, writer);
      return;
    default:
      throw MISFIT;
  }
}

/** As `writeDynamic([value], writer, 0)`. */
export function writeNumberInArray(value: number, writer: ByteWriter): void {
  writer.u8(TAG.array);
  writer.u8(1);
  writeNumber(value, writer);
}

function writeNumber(value: number, writer: ByteWriter): void {
  const natural = value >>> 0;
  if (natural === value && (value !== 0 || 1 / value > 0)) {
    writer.u8(TAG.natural);
    writer.varint32(natural);
    return;
  }
  const mirrored = -1 - value;
  if (value < 0 && mirrored >>> 0 === mirrored) {
    writer.u8(TAG.negative);
    writer.varint32(mirrored);
    return;
  }
  writer.u8(TAG.number);
  writer.f64(value);
}

function writeObject(value: object, writer: ByteWriter, level: number): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (level > MAX_NESTING) throw MISFIT;
  if (prototype === Object.prototype) {
    writer.u8(TAG.object);
    writeFields(value, writer, level);
  } else if (Array.isArray(value)) {
    writeArray(value, writer, level);
  } else if (prototype === null) {
    writer.u8(TAG.nullObject);
    writeFields(value, writer, level);
  } else if (prototype === Map.prototype && value instanceof Map) {
    writer.u8(TAG.map);
    writer.varint53(value.size);
    for (const [key, entry] of value as Map<unknown, unknown>) {
      writeDynamic(key, writer, level);
      writeDynamic(entry, writer, level);
    }
  } else if (prototype === Set.prototype && value instanceof Set) {
    writer.u8(TAG.set);
    writer.varint53(value.size);
    for (const entry of value as Set<unknown>) writeDynamic(entry, writer, level);
  } else {
    writeRareObject(value, writer, level);
  }
}

function writeRareObject(value: object, writer: ByteWriter, level: number): void {
  if (value instanceof Date) {
    writer.u8(TAG.date);
    writeDate(value, writer);
  } else if (ArrayBuffer.isView(value)) {
    writer.u8(TAG.view);
    writeView(value, writer);
  } else if (value instanceof ArrayBuffer && Object.getPrototypeOf(value) === ArrayBuffer.prototype) {
    writer.u8(TAG.arrayBuffer);
    writer.sizedBytes(new Uint8Array(value));
  } else if (isPlainObject(value)) {
    writer.u8(TAG.object);
    writeFields(value, writer, level);
  } else {
    throw MISFIT;
  }
}

function writeFields(value: object, writer: ByteWriter, level: number): void {
  const names = Object.keys(value);
  writer.varint53(names.length);
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    writer.string(name);
    writeDynamic((value as Record<string, unknown>)[name], writer, level);
  }
}

function writeArray(value: readonly unknown[], writer: ByteWriter, level: number): void {
  writer.u8(TAG.array);
  writer.varint53(value.length);
  for (let i = 0; i < value.length; i++) {
    const element = value[i];
    if (element === undefined && !(i in value)) writer.u8(TAG.hole);
    else writeDynamic(element, writer, level);
  }
}

/** Reads a value; `level` is how many containers it lies in. */
export function readDynamic(reader: ByteReader, level: number): unknown {
  return readTagged(reader.u8(), reader, level);
}

function readTagged(tag: number, reader: ByteReader, level: number): unknown {
  switch (tag) {
    case TAG.string:
      return reader.string();
    case TAG.natural:
      return reader.varint32();
    case TAG.number:
      return reader.f64();
    case TAG.object:
      return readFields({}, reader, level + 1);
    case TAG.array:
      return readArray(reader, level + 1);
    case TAG.null:
      return null;
    case TAG.undefined:
      return undefined;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.negative:
      return -1 - reader.varint32();
    case TAG.bigint:
      return readBigint(reader);
    case TAG.date:
      return readDate(reader);
    case TAG.nullObject:
      return readFields(Object.create(null) as object, reader, level + 1);
    case TAG.map:
      return readMap(reader, level + 1);
    case TAG.set:
      return readSet(reader, level + 1);
    case TAG.arrayBuffer:
      return readBytes(reader).buffer;
    case TAG.view:
      return readView(reader);
    default:
      throw malformed(`a value has the tag ${tag}`);
  }
}

function readFields(target: object, reader: ByteReader, level: number): object {
  checkLevel(level);
  const count = readCount(reader);
  for (let i = 0; i < count; i++) {
    const name = reader.string();
    setField(target, name, readDynamic(reader, level));
  }
  return target;
}

function readArray(reader: ByteReader, level: number): unknown[] {
  checkLevel(level);
  const count = readCount(reader);
  const array: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const tag = reader.u8();
    if (tag === TAG.hole) array.length = i + 1;
    else array[i] = readTagged(tag, reader, level);
  }
  return array;
}

function readMap(reader: ByteReader, level: number): Map<unknown, unknown> {
  checkLevel(level);
  const count = readCount(reader);
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < count; i++) {
    const key = readDynamic(reader, level);
    map.set(key, readDynamic(reader, level));
  }
  return map;
}

function readSet(reader: ByteReader, level: number): Set<unknown> {
  checkLevel(level);
  const count = readCount(reader);
  const set = new Set<unknown>();
  for (let i = 0; i < count; i++) set.add(readDynamic(reader, level));
  return set;
}

function checkLevel(level: number): void {
  if (level > MAX_NESTING) throw malformed(`values are nested deeper than ${MAX_NESTING} levels`);
}
