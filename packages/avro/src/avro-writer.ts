import { type ByteWriter, canGenerateCode, DEFAULT_MAX_DEPTH, MAX_GENERATED_FIELDS } from '@millrace/core/spi';
import { type AvroEnum, type AvroNode, type AvroPrimitive, type AvroRecord, type AvroUnion, branchName } from './avro-schema.js';
import { valueOfJson } from './avro-reader.js';
import { branchNames, branchOf, isWrapped, kindOfValue } from './branches.js';
import { AvroNotEncodable } from './errors.js';
import { generatedListWriter, generatedRecordWriter, type WriterPart, type WrittenField } from './generated-writer.js';
import { conversionOf, isBigint, type LongMode } from './logical.js';
import { Misfit, notA, shown } from './misfit.js';
import { type AvroWriter, writeLong, writeText } from './write-leaf.js';

/**
 * Makes the writer of values of a schema. It throws `MR-4225` for a value that is none. Records and arrays are written by
 * code that is made for them, or by plain functions where that is not allowed.
 */
export function avroWriter(node: AvroNode, longs: LongMode, generate: boolean = canGenerateCode()): AvroWriter {
  const { write } = new WriterMaker(longs, generate).make(node);
  return (out, value) => {
    try {
      write(out, value);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw AvroNotEncodable.error({ what: error.what, where: { path: `$${error.path}` } });
    }
  };
}

/** What writes a value of a type that goes out as it is. */
const INLINE: Readonly<Record<string, string>> = {
  boolean: "if (typeof value !== 'boolean') throw notA(value, 'boolean');\nout.u8(value ? 1 : 0);",
  int: "if (typeof value !== 'number' || value !== (value | 0)) throw notA(value, 'int');\nwriteLong(out, value);",
  double: "if (typeof value !== 'number') throw notA(value, 'double');\nout.f64(value);",
  string: "if (typeof value !== 'string') throw notA(value, 'string');\nwriteText(out, value);",
};

class WriterMaker {
  readonly #longs: LongMode;
  readonly #generate: boolean;
  readonly #records: Map<AvroRecord, { write: AvroWriter }>;

  constructor(longs: LongMode, generate: boolean) {
    this.#longs = longs;
    this.#generate = generate;
    this.#records = new Map();
  }

  make(node: AvroNode): WriterPart {
    switch (node.kind) {
      case 'record':
        return { write: this.#record(node) };
      case 'array': {
        const item = this.make(node.items);
        return { write: this.#generate ? generatedListWriter(item) : (out, value) => writeList(out, value, item.write) };
      }
      case 'map': {
        const { write } = this.make(node.values);
        return { write: (out, value) => writeMap(out, value, write) };
      }
      case 'union':
        return this.#union(node);
      case 'enum':
        return { write: enumeration(node) };
      default: {
        const { toRaw } = conversionOf(node, this.#longs);
        const write = node.kind === 'fixed' ? (out: ByteWriter, raw: unknown): void => out.bytes(raw as Uint8Array) : rawWriter(node.kind);
        const inline = node.kind === 'fixed' ? undefined : this.#inline(node);
        return {
          write: (out, value) => {
            const raw = toRaw(value);
            if (raw === undefined) throw notA(value, node.logical?.name ?? branchName(node));
            write(out, raw);
          },
          ...(inline === undefined ? {} : { inline }),
        };
      }
    }
  }

  /** A long beyond the safe integers goes the way of all values. */
  #inline({ kind, logical }: AvroPrimitive): string | undefined {
    if (kind === 'long' && !isBigint(logical, this.#longs)) return 'if (Number.isSafeInteger(value)) writeLong(out, value);\nelse OWN(out, value);';
    return logical === undefined ? INLINE[kind] : undefined;
  }

  #record(node: AvroRecord): AvroWriter {
    const present = this.#records.get(node);
    if (present !== undefined) return within(node.name, present);
    const made: { write: AvroWriter } = { write: () => undefined };
    this.#records.set(node, made);
    const fields = node.fields.map((field): WrittenField => ({
      name: field.name,
      ...this.make(field.type),
      fallback: field.hasDefault ? valueOfJson(field.type, field.default, this.#longs, field.name) : undefined,
    }));
    made.write = this.#generate && fields.length <= MAX_GENERATED_FIELDS ? generatedRecordWriter(node.name, fields) : recordWriter(node.name, fields);
    return made.write;
  }

  #union(node: AvroUnion): WriterPart {
    const parts = node.branches.map((branch) => this.make(branch));
    const write = union(node, parts.map((part) => part.write), this.#longs);
    const nullAt = node.branches.findIndex(({ kind }) => kind === 'null');
    const other = parts[1 - nullAt];
    if (nullAt < 0 || parts.length !== 2 || other?.inline === undefined || isWrapped(node, this.#longs)) return { write };
    // What is none of the other branch either goes the way of all values, where the branch of a number or text is chosen.
    const fits = FITS[node.branches[1 - nullAt]!.kind];
    return fits === undefined ? { write } : { write, inline: `if (value === null || value === undefined) writeLong(out, ${nullAt});\nelse if (${fits}) {\nwriteLong(out, ${1 - nullAt});\n${other.inline}\n} else OWN(out, value);` };
  }
}

/** A record inside itself: what is deeper than a decoder reads, or has no end, is refused before the stack is full. */
function within(name: string, record: { readonly write: AvroWriter }): AvroWriter {
  let depth = 0;
  return (out, value) => {
    if (depth >= DEFAULT_MAX_DEPTH) throw new Misfit(`the record has more than ${DEFAULT_MAX_DEPTH} levels of ${name}`);
    depth++;
    try {
      record.write(out, value);
    } finally {
      depth--;
    }
  };
}

/** What tells that a value is one of a type that is written in place. */
const FITS: Readonly<Record<string, string>> = { boolean: "typeof value === 'boolean'", int: "typeof value === 'number' && value === (value | 0)", long: 'Number.isSafeInteger(value)', double: "typeof value === 'number'", string: "typeof value === 'string'" };

function recordWriter(name: string, fields: readonly WrittenField[]): AvroWriter {
  return (out, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notA(value, `record ${name}`);
    for (let at = 0; at < fields.length; at++) {
      const field = fields[at]!;
      // As generated code: getters of a class are fields, what every object has is none.
      const given = !(field.name in Object.prototype) || Object.hasOwn(value, field.name) ? (value as Record<string, unknown>)[field.name] : undefined;
      try {
        field.write(out, given === undefined ? field.fallback : given);
      } catch (error) {
        if (error instanceof Misfit) error.path = `.${field.name}${error.path}`;
        throw error;
      }
    }
  };
}

function union(node: AvroUnion, writers: readonly AvroWriter[], longs: LongMode): AvroWriter {
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
  if (!Array.isArray(value)) throw notA(value, 'array');
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
