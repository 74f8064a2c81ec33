import type { ByteWriter } from '@millrace/core/spi';
import { type AvroEnum, type AvroNode, type AvroPrimitive, type AvroRecord, type AvroUnion, branchName } from './avro-schema.js';
import { valueOfJson } from './avro-reader.js';
import { branchNames, branchOf, isWrapped, kindOfValue } from './branches.js';
import { AvroNotEncodable } from './errors.js';
import { conversionOf, type LongMode } from './logical.js';

/** Appends one value. */
export type AvroWriter = (out: ByteWriter, value: unknown) => void;

/** A value that does not fit; the path grows on the way up. */
class Misfit {
  path: string;
  readonly what: string;

  constructor(what: string) {
    this.path = '';
    this.what = what;
  }
}

/** Makes the writer of values of a schema. It throws `MR-4225` for a value that is none. */
export function avroWriter(node: AvroNode, longs: LongMode): AvroWriter {
  const write = make(node, longs, new Map());
  return (out, value) => {
    try {
      write(out, value);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw AvroNotEncodable.error({ what: error.what, where: { path: `$${error.path}` } });
    }
  };
}

function make(node: AvroNode, longs: LongMode, records: Map<AvroRecord, { write: AvroWriter }>): AvroWriter {
  switch (node.kind) {
    case 'record':
      return record(node, longs, records);
    case 'array': {
      const write = make(node.items, longs, records);
      return (out, value) => writeList(out, value, write);
    }
    case 'map': {
      const write = make(node.values, longs, records);
      return (out, value) => writeMap(out, value, write);
    }
    case 'union':
      return union(node, longs, records);
    case 'enum':
      return enumeration(node);
    default: {
      const { toRaw } = conversionOf(node, longs);
      const write = node.kind === 'fixed' ? (out: ByteWriter, raw: unknown): void => out.bytes(raw as Uint8Array) : rawWriter(node.kind);
      return (out, value) => {
        const raw = toRaw(value);
        if (raw === undefined) throw new Misfit(`${shown(value)} is no ${node.logical?.name ?? branchName(node)}`);
        write(out, raw);
      };
    }
  }
}

function record(node: AvroRecord, longs: LongMode, records: Map<AvroRecord, { write: AvroWriter }>): AvroWriter {
  const present = records.get(node);
  if (present !== undefined) return (out, value) => present.write(out, value);
  const made: { write: AvroWriter } = { write: () => undefined };
  records.set(node, made);
  const steps = node.fields.map((field) => ({
    name: field.name,
    write: make(field.type, longs, records),
    ...(field.hasDefault ? { fallback: valueOfJson(field.type, field.default, longs, field.name) } : {}),
  }));
  made.write = (out, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Misfit(`${shown(value)} is no record ${node.name}`);
    for (let at = 0; at < steps.length; at++) {
      const { name, write, fallback } = steps[at]!;
      const given = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
      try {
        write(out, given === undefined ? fallback : given);
      } catch (error) {
        if (error instanceof Misfit) error.path = `.${name}${error.path}`;
        throw error;
      }
    }
  };
  return made.write;
}

function union(node: AvroUnion, longs: LongMode, records: Map<AvroRecord, { write: AvroWriter }>): AvroWriter {
  const writers = node.branches.map((branch) => make(branch, longs, records));
  const names = branchNames(node);
  const kinds = node.branches.map((branch) => kindOfValue(branch, longs));
  const write = (out: ByteWriter, at: number, value: unknown): void => {
    if (at < 0) throw new Misfit(`${shown(value)} is none of ${names.join(', ')}`);
    writeLong(out, at);
    writers[at]!(out, kinds[at] === 'null' ? null : value);
  };
  if (!isWrapped(node, longs)) {
    // A safe integer is taken for a long that comes as bigint, too.
    const bigintAt = kinds.includes('number') ? -1 : kinds.indexOf('bigint');
    return (out, value) => write(out, typeof value === 'number' && bigintAt >= 0 ? bigintAt : branchOf(value, kinds), value);
  }
  return (out, value) => {
    if (value === null || value === undefined) return write(out, names.indexOf('null'), null);
    const wrapped = typeof value === 'object' ? Object.keys(value) : [];
    if (wrapped.length !== 1 || !names.includes(wrapped[0]!)) throw new Misfit(`${shown(value)} is to be given as { [type]: value } with one of ${names.join(', ')}`);
    write(out, names.indexOf(wrapped[0]!), (value as Record<string, unknown>)[wrapped[0]!]);
  };
}

function enumeration({ name, symbols }: AvroEnum): AvroWriter {
  const indexes = new Map(symbols.map((symbol, at) => [symbol, at]));
  return (out, value) => {
    const index = indexes.get(value as string);
    if (index === undefined) throw new Misfit(`${shown(value)} is no symbol of ${name}`);
    writeLong(out, index);
  };
}

function writeList(out: ByteWriter, value: unknown, write: AvroWriter): void {
  if (!Array.isArray(value)) throw new Misfit(`${shown(value)} is no array`);
  if (value.length > 0) writeLong(out, value.length);
  for (let at = 0; at < value.length; at++) {
    try {
      write(out, value[at]);
    } catch (error) {
      if (error instanceof Misfit) error.path = `[${at}]${error.path}`;
      throw error;
    }
  }
  out.u8(0);
}

function writeMap(out: ByteWriter, value: unknown, write: AvroWriter): void {
  if (!(value instanceof Map)) throw new Misfit(`${shown(value)} is no Map`);
  if (value.size > 0) writeLong(out, value.size);
  for (const [key, one] of value as Map<unknown, unknown>) {
    if (typeof key !== 'string') throw new Misfit(`the key ${shown(key)} of a map is no text`);
    writeText(out, key);
    try {
      write(out, one);
    } catch (error) {
      if (error instanceof Misfit) error.path = `.${key}${error.path}`;
      throw error;
    }
  }
  out.u8(0);
}

const FLOAT = new DataView(new ArrayBuffer(4));
const FLOAT_BYTES = new Uint8Array(FLOAT.buffer);

function rawWriter(kind: AvroPrimitive['kind']): (out: ByteWriter, raw: unknown) => void {
  switch (kind) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return (out, raw) => out.u8(raw === true ? 1 : 0);
    case 'int':
    case 'long':
      return (out, raw) => writeLong(out, raw as bigint | number);
    case 'float':
      return (out, raw) => {
        FLOAT.setFloat32(0, raw as number, true);
        out.bytes(FLOAT_BYTES);
      };
    case 'double':
      return (out, raw) => out.f64(raw as number);
    case 'string':
      return (out, raw) => writeText(out, raw as string);
    case 'bytes':
      return (out, raw) => {
        writeLong(out, (raw as Uint8Array).length);
        out.bytes(raw as Uint8Array);
      };
  }
}

function writeText(out: ByteWriter, text: string): void {
  writeLong(out, Buffer.byteLength(text, 'utf8'));
  out.utf8(text);
}

/** Zigzag, seven bits a byte. */
function writeLong(out: ByteWriter, value: bigint | number): void {
  if (typeof value === 'number' && Math.abs(value) < 2 ** 52) return out.varint53(value >= 0 ? value * 2 : -value * 2 - 1);
  const big = BigInt(value);
  let rest = BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) out.u8(Number(rest & 0x7fn) | 0x80);
  out.u8(Number(rest));
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : value instanceof Uint8Array ? `${value.length} bytes` : `an object of ${value.constructor?.name ?? 'no class'}`;
  return typeof value === 'function' ? 'a function' : String(value);
}
