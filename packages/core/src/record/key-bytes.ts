/**
 * Canonical key bytes (decision 0001, rule 37): what keys are hashed, compared across runs and stored by. They never
 * change. All numbers in them are little-endian.
 *
 * | key | bytes |
 * |---|---|
 * | string | `01`, then its UTF-16 code units, two bytes each |
 * | number | `02`, then the float64; -0 is written as 0, NaN is refused |
 * | bigint | `03`, `00` for ≥ 0 or `01` for < 0, then the magnitude, big-endian without leading zeros (none for 0) |
 * | boolean | `04`, then `00` or `01` |
 * | tuple (array) | `05`, u32 number of elements, then each element |
 * | plain object | `06`, u32 number of fields, then by name in order of code units: u32 units, name, value |
 *
 * Inside tuples and objects a string has the number of its units (u32) after its tag, and a bigint the number of its
 * magnitude's bytes (u32) after its sign, so that no two keys share their bytes.
 */
import { ByteWriter } from '../base/bytes.js';
import { KeyIsMissing, KeyIsNaN, KeyTypeUnsupported } from './errors.js';
import { isPlainObject } from './value-domain.js';

/** The first byte of every key, by its type. */
export const KEY_TAG: { readonly [kind in 'bigint' | 'boolean' | 'number' | 'object' | 'string' | 'tuple']: number } = Object.freeze({
  string: 1,
  number: 2,
  bigint: 3,
  boolean: 4,
  tuple: 5,
  object: 6,
});

/** Keys are nested no deeper. */
export const MAX_KEY_DEPTH = 32;

/** A value that can be a key. */
export type Key = string | number | bigint | boolean | readonly Key[] | { readonly [field: string]: Key };

/** Writes the canonical bytes of a key. Throws `KeyIsMissing`, `KeyIsNaN` or `KeyTypeUnsupported`, with the path. */
export function writeKeyBytes(key: unknown, writer: ByteWriter): void {
  if (typeof key === 'string') {
    writer.u8(KEY_TAG.string);
    writer.utf16(key);
  } else if (typeof key === 'bigint') {
    writer.u8(KEY_TAG.bigint);
    writer.u8(key < 0n ? 1 : 0);
    writer.bytes(magnitudeOf(key));
  } else {
    writePart(key, writer, '$', 0);
  }
}

/** The canonical bytes of a key, in memory of their own. */
export function keyBytes(key: unknown): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64);
  writeKeyBytes(key, writer);
  return writer.toBytes();
}

/** The magnitude of a bigint, big-endian, without leading zeros; empty for 0. */
export function magnitudeOf(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const text = (value < 0n ? -value : value).toString(16);
  const bytes = new Uint8Array((text.length + 1) >> 1);
  for (let at = bytes.length - 1, end = text.length; at >= 0; at--, end -= 2) {
    bytes[at] = Number.parseInt(text.slice(Math.max(0, end - 2), end), 16);
  }
  return bytes;
}

/** The coded error for a value that cannot be a key; `path` leads to it from the key. */
export function keyError(value: unknown, path: string): Error {
  const where = path === '$' ? {} : { where: { path } };
  if (value === null || value === undefined) {
    return KeyIsMissing.error({ what: `${path === '$' ? 'the key' : 'a part of the key'} is ${value === null ? 'null' : 'undefined'}`, ...where });
  }
  if (typeof value === 'number') return KeyIsNaN.error({ what: `${path === '$' ? 'the key' : 'a part of the key'} is NaN`, ...where });
  const remedy = value instanceof Date ? { remedy: 'Use date.getTime() as the key.' } : {};
  return KeyTypeUnsupported.error({ what: `${describeKey(value)} cannot be ${path === '$' ? 'a key' : 'part of a key'}`, ...where, ...remedy });
}

/** The field names of an object key, in order of code units. */
export function sortedFields(key: object): string[] {
  return Object.keys(key).sort();
}

/** The error for keys nested beyond {@link MAX_KEY_DEPTH} (a key that contains itself is one). */
export function keyTooDeep(path: string): Error {
  return KeyTypeUnsupported.error({
    what: `the key is nested deeper than ${MAX_KEY_DEPTH} levels, or contains itself`,
    where: { path: path.length > 120 ? `${path.slice(0, 120)}…` : path },
    remedy: 'Use fewer, flat fields as the key.',
  });
}

function writePart(key: unknown, writer: ByteWriter, path: string, depth: number): void {
  switch (typeof key) {
    case 'string':
      writer.u8(KEY_TAG.string);
      writer.u32(key.length);
      writer.utf16(key);
      return;
    case 'number':
      if (Number.isNaN(key)) throw keyError(key, path);
      writer.u8(KEY_TAG.number);
      writer.f64(key + 0);
      return;
    case 'bigint': {
      const magnitude = magnitudeOf(key);
      writer.u8(KEY_TAG.bigint);
      writer.u8(key < 0n ? 1 : 0);
      writer.u32(magnitude.length);
      writer.bytes(magnitude);
      return;
    }
    case 'boolean':
      writer.u8(KEY_TAG.boolean);
      writer.u8(key ? 1 : 0);
      return;
    case 'object':
      if (key !== null) return writeComposite(key, writer, path, depth);
      throw keyError(key, path);
    default:
      throw keyError(key, path);
  }
}

function writeComposite(key: object, writer: ByteWriter, path: string, depth: number): void {
  if (depth >= MAX_KEY_DEPTH) throw keyTooDeep(path);
  if (Array.isArray(key)) {
    writer.u8(KEY_TAG.tuple);
    writer.u32(key.length);
    for (let i = 0; i < key.length; i++) writePart(key[i], writer, `${path}[${i}]`, depth + 1);
    return;
  }
  if (!isPlainObject(key)) throw keyError(key, path);
  const names = sortedFields(key);
  writer.u8(KEY_TAG.object);
  writer.u32(names.length);
  for (const name of names) {
    writer.u32(name.length);
    writer.utf16(name);
    writePart((key as Record<string, unknown>)[name], writer, `${path}.${name}`, depth + 1);
  }
}

function describeKey(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  const name = typeof maker === 'function' ? maker.name : '';
  return name === '' ? 'an instance of a class' : `an instance of ${name}`;
}
