import type { TypeInfo } from '@millrace/core';
import { ByteWriter, type ByteSink, type DecodeContext, type DecodeErrorPolicy, type Decoder, type DecodeTarget, type Encoder, type EncoderContext, type Format, normaliseTimestamp } from '@millrace/core/spi';
import { LatestCheck, type RegisteredSchema, type RegistryFormatOptions, type SchemaRegistry, WIRE_HEADER_BYTES, WriterSchemas, WrittenSchema } from '@millrace/schema-registry';
import { type AvroReader, avroReader } from './avro-reader.js';
import { type AvroNode, type NamedTypes, parseAvroSchema } from './avro-schema.js';
import { type AvroWriter, avroWriter } from './avro-writer.js';
import { ByteTap } from './byte-tap.js';
import { AvroIncompatible, AvroMalformed } from './errors.js';
import type { LongMode } from './logical.js';
import { typeOfSchema } from './type-of-schema.js';

/** How {@link avro} reads and writes. */
export interface AvroOptions extends RegistryFormatOptions {
  /** The schema of the records, as JSON text or as what that parses to. */
  readonly schema: object | string;
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
  const { schema, registry, longs = 'number', timestampField, onError } = options;
  const node = parseAvroSchema(schema);
  const write = avroWriter(node, longs);
  const own = avroReader(node, node, longs);
  const settings: AvroSettings = { node, own, write, longs, timestampField };
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  const recordName = 'name' in node ? node.name : undefined;
  const latest = registry === undefined ? undefined : new LatestCheck({ ...options, registry }, recordName, (newest) => readerOf(newest, registry, settings));
  return {
    name: 'avro',
    framing: 'none',
    separator: '',
    type: typeOfSchema(node, longs) as TypeInfo<T>,
    ...(onError === undefined ? {} : { onError }),
    fileExtension: 'avro',
    createDecoder: (context) => new AvroDecoder(settings, registry, latest, context),
    createEncoder: () => new AvroEncoder(settings.write, registry === undefined ? undefined : new WrittenSchema({ ...options, registry }, { type: 'AVRO', schema: text }, recordName)),
  };
}

interface AvroSettings {
  readonly node: AvroNode;
  readonly own: AvroReader;
  readonly write: AvroWriter;
  readonly longs: LongMode;
  readonly timestampField: string | undefined;
}

class AvroDecoder<T> implements Decoder<T> {
  readonly #settings: AvroSettings;
  readonly #tap: ByteTap;
  readonly #perMs: bigint;
  readonly #schemas: WriterSchemas<AvroReader> | undefined;
  readonly prepare?: (bytes: Uint8Array, from: number, to: number) => Promise<void> | undefined;
  readonly start?: () => Promise<void> | undefined;

  constructor(settings: AvroSettings, registry: SchemaRegistry | undefined, latest: LatestCheck | undefined, context: DecodeContext) {
    this.#settings = settings;
    this.#tap = new ByteTap(context.maxDepth);
    this.#perMs = unitsPerMs(settings);
    this.#schemas = undefined;
    if (registry === undefined) return;
    const schemas = new WriterSchemas(registry, (schema) => readerOf(schema, registry, settings));
    this.#schemas = schemas;
    this.prepare = (bytes, from, to) => schemas.prepare(bytes, from, to);
    this.start = () => latest?.start(context);
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): void {
    const schemas = this.#schemas;
    const read = schemas === undefined ? this.#settings.own : schemas.readerOf(bytes, from, to);
    const tap = this.#tap;
    tap.open(bytes, schemas === undefined ? from : from + WIRE_HEADER_BYTES, to);
    const value = read(tap);
    if (tap.at !== to) throw AvroMalformed.error({ what: `${to - tap.at} bytes are left behind the end of the record` });
    const { timestampField } = this.#settings;
    out.record(value as T, timestampField === undefined ? Number.NaN : this.#timestampOf((value as Record<string, unknown> | null)?.[timestampField]));
  }

  #timestampOf(value: unknown): number {
    return normaliseTimestamp(typeof value === 'bigint' ? Number(value / this.#perMs) : value instanceof Date ? value.getTime() : value);
  }
}

/** How many units of the field with the event time are a millisecond. */
function unitsPerMs({ node, timestampField }: AvroSettings): bigint {
  const type = node.kind === 'record' ? node.fields.find(({ name }) => name === timestampField)?.type : undefined;
  const name = type !== undefined && 'logical' in type ? (type.logical?.name ?? '') : '';
  return name.endsWith('-micros') ? 1000n : name.endsWith('-nanos') ? 1_000_000n : 1n;
}

async function readerOf(schema: RegisteredSchema, registry: SchemaRegistry, { node, longs }: AvroSettings): Promise<AvroReader> {
  if (schema.type !== 'AVRO') throw AvroIncompatible.error({ what: `the schema ${schema.id} of the record is one of ${schema.type}` });
  const named: NamedTypes = new Map();
  // Those that others refer to come first.
  const references = [...(await registry.resolveReferences(schema)).values()].reverse();
  for (const reference of references) parseAvroSchema(reference.schema, named);
  return avroReader(parseAvroSchema(schema.schema, named), node, longs);
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
    this.#bytes.reset();
    this.#write(this.#bytes, value);
    this.#schema?.writeHeader(out);
    out.bytes(this.#bytes.view());
  }
}
