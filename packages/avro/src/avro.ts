import { t, type TypeInfo } from '@millrace/core';
import { ByteWriter, type ByteSink, type DecodeContext, type DecodeErrorPolicy, type Decoder, type DecodeTarget, type Encoder, type EncoderContext, type Format, normaliseTimestamp } from '@millrace/core/spi';
import { flatReferences, LatestCheck, oncePerSchema, type RegisteredSchema, type RegistryFormatOptions, type SchemaDefinition, type SchemaRegistry, WIRE_HEADER_BYTES, WriterSchemas, WrittenSchema } from '@millrace/schema-registry';
import { avroReader } from './avro-reader.js';
import { type AvroNode, isJsonText, type NamedTypes, parseAvroSchema } from './avro-schema.js';
import { avroWriter } from './avro-writer.js';
import { type AvroReader, ByteTap } from './byte-tap.js';
import { AvroIncompatible, AvroMalformed, AvroNotEncodable, AvroSchemaInvalid } from './errors.js';
import type { LongMode } from './logical.js';
import { typeOfSchema } from './type-of-schema.js';
import type { AvroWriter } from './write-leaf.js';

/** How {@link avro} reads and writes. */
export interface AvroOptions extends RegistryFormatOptions {
  /**
   * The schema of the records, as JSON text or as what that parses to. With a registry it may be left out for reading: then
   * each record is read with the schema it was written with, and the type of the records is dynamic.
   */
  readonly schema?: object | string;
  /** The schemas that it refers to, by the full name of their type. */
  readonly references?: readonly SchemaDefinition[];
  /**
   * What longs without a logical type are: `number` (unless given), with `MR-4224` for one beyond 2^53, or `bigint`. One
   * field alone is read as bigint with the logical type `bigint`.
   */
  readonly longs?: LongMode;
  /** The field with the event time: a `timestamp-millis`, `timestamp-micros`, `date`, or epoch milliseconds. */
  readonly timestampField?: string;
  /** What to do with a record that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
}

/**
 * Avro, one value per message. Without a registry records are written and read with one schema; with one, each begins with
 * the id of its schema, and what was written with an earlier or later one is read as this one, as far as Avro allows.
 *
 * In JavaScript records are plain objects, maps are `Map`, bytes and fixed `Uint8Array`, enums texts; `date` is a `Date` at
 * midnight UTC, `timestamp-millis` a number, `timestamp-micros` and `-nanos` a bigint in their unit, `decimal` its exact
 * text with all digits of the scale, `uuid` a text. Values of a union of types that JavaScript does not tell apart are
 * given as `{ [name of the type]: value }`.
 *
 * @example
 * ```ts
 * import { avro } from '@millrace/avro';
 *
 * const order = avro<{ id: string; amount: number }>({
 *   schema: { type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }, { name: 'amount', type: 'double' }] },
 * });
 * console.log(order.type.kind);
 * ```
 */
export function avro<T>(options: AvroOptions): Format<T> {
  const { schema, registry, references = [], longs = 'number', timestampField, onError } = options;
  if (schema === undefined && registry === undefined) throw AvroSchemaInvalid.error({ what: 'there is no schema', remedy: 'Give avro() a schema, or a registry that has those of the records.' });
  const node = schema === undefined ? undefined : parseWith(references, schema);
  const own = node === undefined ? undefined : recordReader(node, node, longs, timestampField);
  const write = node === undefined ? undefined : avroWriter(node, longs);
  const settings: AvroSettings = { own, timestampField, readerOf: oncePerSchema((written, from) => readerOf(written, from, node, longs, timestampField)) };
  const text = typeof schema === 'string' && isJsonText(schema) ? schema : JSON.stringify(schema);
  const recordName = node !== undefined && 'name' in node ? node.name : undefined;
  const latest = registry === undefined || node === undefined ? undefined : new LatestCheck({ ...options, registry }, recordName, settings.readerOf);
  return {
    name: 'avro',
    framing: 'none',
    separator: '',
    type: (node === undefined ? t.dynamic : typeOfSchema(node, longs)) as TypeInfo<T>,
    ...(onError === undefined ? {} : { onError }),
    fileExtension: 'avro',
    createDecoder: (context) => new AvroDecoder(settings, registry, latest, context),
    createEncoder: () => {
      if (write === undefined) throw AvroNotEncodable.error({ what: 'the format has no schema, and so can only read', remedy: 'Give avro() the schema to write with, or use avroOfSubject().' });
      return new AvroEncoder(write, registry === undefined ? undefined : new WrittenSchema({ ...options, registry }, { type: 'AVRO', schema: text }, recordName, references));
    },
  };
}

function parseWith(references: readonly SchemaDefinition[], schema: object | string): AvroNode {
  const named: NamedTypes = new Map();
  for (const reference of flatReferences(references)) parseAvroSchema(reference.schema, named);
  return parseAvroSchema(schema, named);
}

interface AvroSettings {
  /** For records of the format's own schema; undefined where each is read with the one it was written with. */
  readonly own: RecordReader | undefined;
  readonly timestampField: string | undefined;
  /** For records of a schema of the registry. */
  readonly readerOf: (schema: RegisteredSchema, registry: SchemaRegistry) => Promise<RecordReader>;
}

/** Reads records of one schema. */
interface RecordReader {
  readonly read: AvroReader;
  /** How many units of the field with the event time are a millisecond. */
  readonly perMs: bigint;
}

function recordReader(writer: AvroNode, reader: AvroNode, longs: LongMode, timestampField: string | undefined): RecordReader {
  return { read: avroReader(writer, reader, longs), perMs: unitsPerMs(reader, timestampField) };
}

class AvroDecoder<T> implements Decoder<T> {
  readonly #settings: AvroSettings;
  readonly #tap: ByteTap;
  readonly #schemas: WriterSchemas<RecordReader> | undefined;
  readonly prepare?: (bytes: Uint8Array, from: number, to: number) => Promise<void> | undefined;
  readonly start?: () => Promise<void> | undefined;

  constructor(settings: AvroSettings, registry: SchemaRegistry | undefined, latest: LatestCheck | undefined, context: DecodeContext) {
    this.#settings = settings;
    this.#tap = new ByteTap(context.maxDepth);
    this.#schemas = undefined;
    if (registry === undefined) return;
    const schemas = new WriterSchemas(registry, settings.readerOf);
    this.#schemas = schemas;
    this.prepare = (bytes, from, to) => schemas.prepare(bytes, from, to);
    this.start = () => latest?.start(context);
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): void {
    const schemas = this.#schemas;
    const reader = schemas === undefined ? this.#settings.own! : schemas.readerOf(bytes, from, to);
    const tap = this.#tap;
    tap.open(bytes, schemas === undefined ? from : from + WIRE_HEADER_BYTES, to);
    const value = reader.read(tap);
    if (tap.at !== to) throw AvroMalformed.error({ what: `${to - tap.at} bytes are left behind the end of the record` });
    const { timestampField } = this.#settings;
    out.record(value as T, timestampField === undefined ? Number.NaN : timestampOf((value as Record<string, unknown> | null)?.[timestampField], reader.perMs));
  }
}

function timestampOf(value: unknown, perMs: bigint): number {
  return normaliseTimestamp(typeof value === 'bigint' ? floorDivided(value, perMs) : value instanceof Date ? value.getTime() : value);
}

/** Before 1970, too, what is begun of a millisecond belongs to it. */
function floorDivided(value: bigint, perMs: bigint): number {
  const whole = value / perMs;
  return Number(whole * perMs > value ? whole - 1n : whole);
}

function unitsPerMs(node: AvroNode, timestampField: string | undefined): bigint {
  const type = node.kind === 'record' ? node.fields.find(({ name }) => name === timestampField)?.type : undefined;
  // It may be null, too.
  const long = type?.kind === 'union' ? type.branches.find(({ kind }) => kind === 'long') : type;
  const name = long !== undefined && 'logical' in long ? (long.logical?.name ?? '') : '';
  return name.endsWith('-micros') ? 1000n : name.endsWith('-nanos') ? 1_000_000n : 1n;
}

async function readerOf(schema: RegisteredSchema, registry: SchemaRegistry, node: AvroNode | undefined, longs: LongMode, timestampField: string | undefined): Promise<RecordReader> {
  if (schema.type !== 'AVRO') throw AvroIncompatible.error({ what: `the schema ${schema.id} of the record is one of ${schema.type}` });
  const named: NamedTypes = new Map();
  // Those that others refer to come first.
  for (const reference of (await registry.resolveReferences(schema)).values()) parseAvroSchema(reference.schema, named);
  const writer = parseAvroSchema(schema.schema, named);
  return recordReader(writer, node ?? writer, longs, timestampField);
}

class AvroEncoder<T> implements Encoder<T> {
  readonly #write: AvroWriter;
  readonly #bytes: ByteWriter;
  readonly #schema: WrittenSchema | undefined;
  readonly start?: (context: EncoderContext) => Promise<void>;

  constructor(write: AvroWriter, schema: WrittenSchema | undefined) {
    this.#write = write;
    this.#bytes = new ByteWriter(1024);
    this.#schema = schema;
    if (schema !== undefined) this.start = (context) => schema.start(context);
  }

  encode(value: T, out: ByteSink): void {
    if (out instanceof ByteWriter) return this.#encodeInto(value, out);
    this.#bytes.reset();
    this.#write(this.#bytes, value);
    this.#schema?.writeHeader(out);
    out.bytes(this.#bytes.view());
  }

  /** Without a copy; nothing of a value that does not fit stays. */
  #encodeInto(value: T, out: ByteWriter): void {
    const start = out.length;
    try {
      this.#schema?.writeHeader(out);
      this.#write(out, value);
    } catch (error) {
      out.truncate(start);
      throw error;
    }
  }
}
