import { canGenerateCode, MAX_GENERATED_FIELDS } from '@millrace/core/spi';
import { type AvroEnum, type AvroField, type AvroFixed, type AvroNode, type AvroPrimitive, type AvroRecord, type AvroUnion, branchName } from './avro-schema.js';
import { branchNames, isWrapped } from './branches.js';
import type { AvroReader } from './byte-tap.js';
import { AvroIncompatible, AvroMalformed } from './errors.js';
import { type DefaultPart, type FieldPart, generatedList, generatedRecord, type ReaderPart } from './generated-reader.js';
import { conversionOf, differentUnits, isBigint, type LongMode } from './logical.js';
import { Skipper } from './avro-skip.js';

/** What reads a type that comes as it is. */
const INLINE: Readonly<Record<string, string>> = { boolean: 'tap.boolean()', int: 'tap.int()', float: 'tap.float()', double: 'tap.double()', string: 'tap.text()' };

/** Which types of the writer a type of the reader takes, besides itself. */
const WIDER: Readonly<Record<string, readonly string[]>> = { long: ['int'], float: ['int', 'long'], double: ['int', 'long', 'float'], string: ['bytes'], bytes: ['string'] };

/**
 * Makes the reader of data of one schema as values of another, as Avro resolves schemas: fields by name or alias, defaults
 * for missing ones, wider numbers, unions. Throws `MR-4222` where they do not go together. Records and arrays are read by
 * code that is made for them, or by plain functions where that is not allowed.
 */
export function avroReader(writer: AvroNode, reader: AvroNode, longs: LongMode, generate: boolean = canGenerateCode()): AvroReader {
  return new ReaderMaker(longs, generate).make(writer, reader, '$').read;
}

/** A record as it is written and as it is read, under way or done. */
interface RecordPair {
  read: AvroReader;
  /** Why they do not go together; undefined where they do. */
  failure: unknown;
}

class ReaderMaker {
  readonly #longs: LongMode;
  readonly #generate: boolean;
  /** By writer and reader: records may contain themselves. */
  readonly #records: Map<AvroRecord, Map<AvroRecord, RecordPair>>;
  readonly #skipper: Skipper;

  constructor(longs: LongMode, generate: boolean) {
    this.#longs = longs;
    this.#generate = generate;
    this.#records = new Map();
    this.#skipper = new Skipper();
  }

  make(writer: AvroNode, reader: AvroNode, path: string): ReaderPart {
    if (writer.kind === 'union') return this.#fromUnion(writer, reader, path);
    if (reader.kind === 'union') return this.#intoUnion(writer, reader, path);
    if (writer.kind === 'record' && reader.kind === 'record') return { read: this.#record(writer, reader, path) };
    if (writer.kind === 'array' && reader.kind === 'array') {
      const item = this.make(writer.items, reader.items, `${path}[]`);
      return { read: this.#generate ? generatedList(item) : list(item.read) };
    }
    if (writer.kind === 'map' && reader.kind === 'map') return { read: map(this.make(writer.values, reader.values, `${path}{}`).read) };
    if (writer.kind === 'enum' && reader.kind === 'enum') return { read: enumeration(writer, reader, path) };
    if (writer.kind === 'fixed' && reader.kind === 'fixed' && writer.size === reader.size && sameName(writer, reader)) {
      checkMeaning(writer, reader, path);
      const { toValue } = conversionOf(reader, this.#longs);
      return { read: (tap) => toValue(tap.bytes(writer.size)) };
    }
    if (isPrimitive(writer) && isPrimitive(reader)) return this.#primitive(writer, reader, path);
    throw cannot(writer, reader, path);
  }

  #primitive(writer: AvroPrimitive, reader: AvroPrimitive, path: string): ReaderPart {
    if (writer.kind !== reader.kind && WIDER[reader.kind]?.includes(writer.kind) !== true) throw cannot(writer, reader, path);
    checkMeaning(writer, reader, path);
    const raw = rawReader(writer);
    const { toValue } = conversionOf(reader, this.#longs);
    if (reader.kind === writer.kind || reader.kind === 'long') {
      const inline = this.#inline(reader);
      return { read: (tap) => toValue(raw(tap)), ...(inline === undefined ? {} : { inline }) };
    }
    if (reader.kind === 'string') return { read: (tap) => toValue(tap.text()) };
    if (reader.kind === 'bytes') return { read: (tap) => toValue(tap.bytes(tap.int())) };
    return { read: (tap) => toValue(Number(raw(tap))) };
  }

  /** What reads the type where nothing is to be converted. */
  #inline({ kind, logical }: AvroPrimitive): string | undefined {
    if (kind === 'long') return isBigint(logical, this.#longs) ? undefined : 'tap.safeLong()';
    return logical === undefined || kind === 'string' ? INLINE[kind] : undefined;
  }

  #record(writer: AvroRecord, reader: AvroRecord, path: string): AvroReader {
    if (!sameName(writer, reader)) throw cannot(writer, reader, path);
    const known = this.#records.get(writer) ?? new Map<AvroRecord, RecordPair>();
    this.#records.set(writer, known);
    const present = known.get(reader);
    if (present?.failure !== undefined) throw present.failure;
    if (present !== undefined) return (tap) => present.read(tap);
    const made: RecordPair = { read: () => undefined, failure: undefined };
    known.set(reader, made);
    try {
      made.read = this.#fields(writer, reader, path);
    } catch (error) {
      // Records that contain this one may be whole, and fail only where it comes.
      made.failure = error;
      made.read = () => {
        throw error;
      };
      throw error;
    }
    return made.read;
  }

  #fields(writer: AvroRecord, reader: AvroRecord, path: string): AvroReader {
    const left = new Set(reader.fields);
    const targets = targetsOf(writer, reader);
    const fields = writer.fields.map((field): FieldPart => {
      const target = targets.get(field);
      if (target === undefined) return { name: undefined, read: this.#skipper.of(field.type) };
      left.delete(target);
      return { name: target.name, ...this.make(field.type, target.type, `${path}.${target.name}`) };
    });
    const defaults = [...left].map((field): DefaultPart => ({ name: field.name, value: this.#default(field, `${path}.${field.name}`) }));
    if (!this.#generate || fields.length + defaults.length > MAX_GENERATED_FIELDS) return recordReader(fields, defaults);
    return generatedRecord(reader.fields.map(({ name }) => name), fields, defaults);
  }

  #default(field: AvroField, path: string): () => unknown {
    if (!field.hasDefault) throw AvroIncompatible.error({ what: `the field ${path} was not written, and has no default` });
    valueOfJson(field.type, field.default, this.#longs, path);
    return () => valueOfJson(field.type, field.default, this.#longs, path);
  }

  #fromUnion(writer: AvroUnion, reader: AvroNode, path: string): ReaderPart {
    const failures: unknown[] = [];
    const parts = writer.branches.map((branch): ReaderPart => {
      try {
        return this.make(branch, reader, path);
      } catch (error) {
        failures.push(error);
        return {
          read: () => {
            throw error;
          },
        };
      }
    });
    if (failures.length === parts.length) throw failures[0];
    const nullAt = writer.branches.findIndex(({ kind }) => kind === 'null');
    const inline = writer.branches.length === 2 && nullAt >= 0 && failures.length === 0 ? parts[1 - nullAt]!.inline : undefined;
    const readers = parts.map(({ read }) => read);
    const read: AvroReader = (tap) => readers[tap.branch(readers.length)]!(tap);
    return inline === undefined ? { read } : { read, inline: `(tap.branch(2) === ${nullAt} ? null : ${inline})` };
  }

  /** The branch of the same type and name, or else the first one that fits. */
  #intoUnion(writer: AvroNode, reader: AvroUnion, path: string): ReaderPart {
    const { branches } = reader;
    const exact = branches.findIndex((branch) => branch.kind === writer.kind && branchName(branch) === branchName(writer));
    const order = exact < 0 ? [...branches.keys()] : [exact, ...[...branches.keys()].filter((at) => at !== exact)];
    for (const at of order) {
      const part = this.#fitting(writer, branches[at]!, path);
      if (part === undefined) continue;
      const name = branchNames(reader)[at]!;
      const { read } = part;
      return isWrapped(reader, this.#longs) && name !== 'null' ? { read: (tap) => ({ [name]: read(tap) }) } : part;
    }
    throw cannot(writer, reader, path);
  }

  /** The reader of a branch; undefined where the types do not go together. */
  #fitting(writer: AvroNode, reader: AvroNode, path: string): ReaderPart | undefined {
    try {
      return this.make(writer, reader, path);
    } catch (error) {
      if (AvroIncompatible.is(error)) return undefined;
      throw error;
    }
  }
}

/** The value that a default in a schema stands for. Throws `MR-4222` where it is none of the type. */
export function valueOfJson(node: AvroNode, json: unknown, longs: LongMode, path: string): unknown {
  switch (node.kind) {
    case 'union': {
      const at = node.branches.findIndex((branch) => fitsJson(branch, json, longs, path));
      if (at < 0) throw wrongDefault(json, path);
      const value = valueOfJson(node.branches[at]!, json, longs, path);
      return isWrapped(node, longs) && value !== null ? { [branchNames(node)[at]!]: value } : value;
    }
    case 'array':
      if (!Array.isArray(json)) throw wrongDefault(json, path);
      return json.map((item) => valueOfJson(node.items, item, longs, path));
    case 'map':
      if (!isObject(json)) throw wrongDefault(json, path);
      return new Map(Object.entries(json).map(([key, value]) => [key, valueOfJson(node.values, value, longs, path)]));
    case 'enum':
      if (!node.symbols.includes(json as string)) throw wrongDefault(json, path);
      return json;
    case 'record': {
      if (!isObject(json)) throw wrongDefault(json, path);
      const made = {};
      for (const { name, type, hasDefault, default: own } of node.fields) {
        if (!Object.hasOwn(json, name) && !hasDefault) throw wrongDefault(json, path);
        put(made, name, valueOfJson(type, Object.hasOwn(json, name) ? json[name] : own, longs, `${path}.${name}`));
      }
      return made;
    }
    default: {
      const isBytes = node.kind === 'bytes' || node.kind === 'fixed';
      if (isBytes && typeof json !== 'string') throw wrongDefault(json, path);
      const raw = isBytes ? Uint8Array.from(json as string, (unit) => unit.charCodeAt(0)) : json;
      // What the bytes of the value would be, whatever they mean.
      if (conversionOf({ ...node, logical: undefined }, 'number').toRaw(raw) === undefined) throw wrongDefault(json, path);
      return conversionOf(node, longs).toValue(raw);
    }
  }
}

function fitsJson(node: AvroNode, json: unknown, longs: LongMode, path: string): boolean {
  try {
    valueOfJson(node, json, longs, path);
    return true;
  } catch {
    return false;
  }
}

function recordReader(steps: readonly FieldPart[], defaults: readonly DefaultPart[]): AvroReader {
  return (tap) => {
    tap.enter();
    const made: Record<string, unknown> = {};
    for (let at = 0; at < steps.length; at++) {
      const { name, read } = steps[at]!;
      const value = read(tap);
      if (name === '__proto__') put(made, name, value);
      else if (name !== undefined) made[name] = value;
    }
    for (let at = 0; at < defaults.length; at++) put(made, defaults[at]!.name, defaults[at]!.value());
    tap.depth--;
    return made;
  };
}

function list(read: AvroReader): AvroReader {
  return (tap) => {
    tap.enter();
    const made: unknown[] = [];
    for (let count = tap.blockCount(); count > 0; count = tap.blockCount()) {
      for (; count > 0; count--) made.push(read(tap));
    }
    tap.depth--;
    return made;
  };
}

function map(read: AvroReader): AvroReader {
  return (tap) => {
    tap.enter();
    const made = new Map<string, unknown>();
    for (let count = tap.blockCount(); count > 0; count = tap.blockCount()) {
      for (; count > 0; count--) made.set(tap.text(), read(tap));
    }
    tap.depth--;
    return made;
  };
}

function enumeration(writer: AvroEnum, reader: AvroEnum, path: string): AvroReader {
  if (!sameName(writer, reader)) throw cannot(writer, reader, path);
  const values = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : reader.fallback));
  return (tap) => {
    const index = tap.int();
    const value = values[index];
    if (value !== undefined) return value;
    if (index < 0 || index >= values.length) throw AvroMalformed.error({ what: `the enum ${writer.name} has no symbol ${index}` });
    throw AvroIncompatible.error({ what: `the symbol ${writer.symbols[index]} of ${writer.name} is unknown to the reader at ${path}, and the enum has no default` });
  };
}

function rawReader({ kind }: AvroPrimitive): AvroReader {
  switch (kind) {
    case 'null':
      return () => null;
    case 'boolean':
      return (tap) => tap.boolean();
    case 'int':
      return (tap) => tap.int();
    case 'long':
      return (tap) => tap.long();
    case 'float':
      return (tap) => tap.float();
    case 'double':
      return (tap) => tap.double();
    case 'string':
      return (tap) => tap.text();
    case 'bytes':
      return (tap) => tap.bytes(tap.int());
  }
}

/** The reader's field for each written one that has any: that of its name, or else the first alias that nothing else stands for. */
function targetsOf(writer: AvroRecord, reader: AvroRecord): ReadonlyMap<AvroField, AvroField> {
  const targets = new Map<AvroField, AvroField>();
  for (const target of reader.fields) {
    for (const name of [target.name, ...target.aliases]) {
      const field = writer.fields.find((one) => one.name === name);
      if (field === undefined || (name !== target.name && reader.fields.some((other) => other.name === name))) continue;
      if (targets.has(field)) continue;
      targets.set(field, target);
      break;
    }
  }
  return targets;
}

/** A number that counts in another unit, or a decimal of another scale, would be another value. */
function checkMeaning(writer: AvroFixed | AvroPrimitive, reader: AvroFixed | AvroPrimitive, path: string): void {
  const what = differentUnits(writer, reader);
  if (what !== undefined) throw AvroIncompatible.error({ what: `at ${path} ${what}` });
}

/** Names are compared without their namespaces; aliases of the reader count. */
function sameName(writer: { readonly name: string }, reader: { readonly name: string; readonly aliases: readonly string[] }): boolean {
  const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  return last(writer.name) === last(reader.name) || reader.aliases.includes(writer.name);
}

function isPrimitive(node: AvroNode): node is AvroPrimitive {
  return !['record', 'array', 'map', 'enum', 'fixed', 'union'].includes(node.kind);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function put(into: object, name: string, value: unknown): void {
  Object.defineProperty(into, name, { value, configurable: true, enumerable: true, writable: true });
}

function cannot(writer: AvroNode, reader: AvroNode, path: string): Error {
  return AvroIncompatible.error({ what: `at ${path}, ${branchName(writer)} was written and cannot be read as ${branchName(reader)}` });
}

function wrongDefault(json: unknown, path: string): Error {
  return AvroIncompatible.error({ what: `the default ${JSON.stringify(json)} of ${path} is no value of its type` });
}
