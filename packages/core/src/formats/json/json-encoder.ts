import { toHex } from '../../base/bytes.js';
import type { ByteSink, Encoder } from '../../connector/format.js';
import { JsonNotEncodable } from '../errors.js';
import { FlatRecordText } from './flat-record-text.js';

/**
 * Writes one JSON value per record. What JSON has no form for is written in a fixed way where nothing is lost for a reader
 * who knows the type: bigint as a number, Date as ISO text, Set as array, Map as object (as array of pairs when a key is
 * no string), bytes as hexadecimal text. Fields that are undefined are left out. NaN, infinities, functions, symbols and
 * cycles are errors.
 */
export class JsonEncoder<T> implements Encoder<T> {
  readonly #flat: FlatRecordText;

  constructor() {
    this.#flat = new FlatRecordText();
  }

  encode(value: T, out: ByteSink): void {
    out.utf8(this.#flat.of(value) ?? (isPlain(value, 0) ? JSON.stringify(value) : jsonText(value)));
  }
}

/** Deeper values take the careful way, which knows where it stands. */
const FAST_DEPTH = 16;

/** Whether JSON.stringify says exactly this value. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth > FAST_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) {
    if (name === 'toJSON') return false;
    const field = (value as Record<string, unknown>)[name];
    if (field !== undefined && !isPlain(field, depth + 1)) return false;
  }
  return true;
}

function jsonText(value: unknown): string {
  const text = write(value, '$', []);
  if (text === undefined) throw refused('$', 'undefined');
  return text;
}

/** The text of a value; undefined for a field to be left out. */
function write(value: unknown, path: string, above: object[]): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw refused(path, String(value));
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return String(value);
    case 'undefined':
      return undefined;
    case 'object':
      return value === null ? 'null' : writeObject(value, path, above);
    default:
      throw refused(path, `a ${typeof value}`);
  }
}

function writeObject(value: object, path: string, above: object[]): string {
  if (above.includes(value)) throw refused(path, 'a value that contains itself');
  above.push(value);
  const text = writeContent(value, path, above);
  above.pop();
  return text;
}

function writeContent(value: object, path: string, above: object[]): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw refused(path, 'an invalid Date');
    return JSON.stringify(value.toISOString());
  }
  if (Array.isArray(value)) return writeList(value, path, above);
  if (value instanceof Set) return writeList([...value], path, above);
  if (value instanceof Map) return writeMap(value, path, above);
  if (value instanceof Uint8Array) return JSON.stringify(toHex(value));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return writeList(Array.from(value as unknown as ArrayLike<unknown>), path, above);
  if (value instanceof ArrayBuffer) return JSON.stringify(toHex(new Uint8Array(value)));
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return write((value.toJSON as () => unknown)(), path, above) ?? 'null';
  }
  return writeFields(Object.entries(value), path, above);
}

function writeList(values: readonly unknown[], path: string, above: object[]): string {
  // Array.from visits holes, too: like undefined they become null, so that positions stay.
  const parts = Array.from(values, (value, at) => write(value, `${path}[${at}]`, above) ?? 'null');
  return `[${parts.join(',')}]`;
}

function writeMap(map: ReadonlyMap<unknown, unknown>, path: string, above: object[]): string {
  const entries = [...map];
  if (entries.every(([key]) => typeof key === 'string')) return writeFields(entries as [string, unknown][], path, above);
  return writeList(entries, path, above);
}

function writeFields(entries: readonly [string, unknown][], path: string, above: object[]): string {
  const parts: string[] = [];
  for (const [name, field] of entries) {
    const text = write(field, `${path}.${name}`, above);
    if (text !== undefined) parts.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${parts.join(',')}}`;
}

function refused(path: string, what: string): Error {
  return JsonNotEncodable.error({ what: `JSON cannot say ${what}`, where: { path } });
}
