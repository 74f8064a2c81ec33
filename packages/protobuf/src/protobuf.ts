import type { TypeInfo } from '@millrace/core';
import { ByteWriter, type ByteSink, type DecodeContext, type DecodeErrorPolicy, type Decoder, type DecodeTarget, type Encoder, type EncoderContext, type Format, normaliseTimestamp } from '@millrace/core/spi';
import { LatestCheck, messageIndexBytes, type RegistryFormatOptions, type SchemaRegistry, WIRE_HEADER_BYTES, WriterSchemas, WrittenSchema } from '@millrace/schema-registry';
import { ProtobufSchemaInvalid } from './errors.js';
import type { TimeMode } from './known-types.js';
import { importedSchemas } from './imported-schemas.js';
import { type FieldNames, isInt64, type LongMode, type MessageNode, NodeMaker, type ValueModes } from './message-node.js';
import { type MessageReader, messageReader } from './message-reader.js';
import { type MessageWriter, messageWriter } from './message-writer.js';
import { indexesOf } from './proto-files.js';
import { importFinder, type LoadedSchema, loadSchema, type ProtoSource } from './proto-source.js';
import { typeOfMessage } from './type-of-message.js';
import { WireFault } from './wire-fault.js';
import { WireTap } from './wire-tap.js';
import { WrittenMessages } from './written-messages.js';

/** How {@link protobuf} reads and writes. */
export interface ProtobufOptions extends ProtoSource, RegistryFormatOptions {
  /**
   * What 64-bit numbers are: `number` (unless given), with `MR-4244` for one beyond 2^53, or `bigint`. One field alone is read
   * as bigint with `[jstype = JS_STRING]`, and as number with `JS_NUMBER`.
   */
  readonly longs?: LongMode;
  /**
   * What `google.protobuf.Timestamp` and `Duration` are: `millis` (unless given), numbers of milliseconds without what is finer,
   * or `nanos`, bigints with all of it.
   */
  readonly times?: TimeMode;
  /** What fields are called in records: in `camelCase` (unless given), or `asWritten` in the schema. */
  readonly fieldNames?: FieldNames;
  /** The field with the event time, by its name in records: a `Timestamp`, or a 64-bit number of epoch milliseconds. */
  readonly timestampField?: string;
  /** What to do with a record that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
}

/**
 * Protocol Buffers, one message per record. Without a registry messages are written and read with one schema; with one, each
 * begins with the id of its schema and the place of its message there, and what was written with an earlier or later schema
 * is read as this one, by the numbers of the fields, as far as their types go together.
 *
 * In JavaScript messages are plain objects, maps are `Map`, bytes `Uint8Array`, enums texts (the digits of a number without a
 * name). Fields without presence have their zero value, others are absent when they are not set. Timestamps and durations are
 * milliseconds, Google's wrappers what they wrap. Fields that the schema does not have are passed over.
 *
 * @example
 * ```ts
 * import { protobuf } from '@millrace/protobuf';
 *
 * const order = protobuf<{ id: string; amount: number }>({
 *   schema: 'syntax = "proto3"; message Order { string id = 1; double amount = 2; }',
 * });
 * console.log(order.type.kind);
 * ```
 */
export function protobuf<T>(options: ProtobufOptions): Format<T> {
  const { registry, longs = 'number', times = 'millis', fieldNames = 'camelCase', timestampField, onError } = options;
  const modes: ValueModes = { longs, times, fieldNames };
  const loaded = loadSchema(options);
  const node = new NodeMaker(modes).message(loaded.type);
  const settings: Settings = { node, reader: messageReader(node), timestampField, perMs: timestampUnits(node, timestampField) };
  const reading = { reader: node, modes, find: importFinder(options) };
  const check = registry === undefined ? undefined : new LatestCheck({ ...options, registry }, node.name, async (schema) => (await WrittenMessages.of(schema, registry, reading)).checkNamesake());
  return {
    name: 'protobuf',
    framing: 'none',
    separator: '',
    type: typeOfMessage(node) as TypeInfo<T>,
    ...(onError === undefined ? {} : { onError }),
    fileExtension: 'pb',
    createDecoder: (context) => {
      if (registry === undefined) return new ProtobufDecoder(settings, undefined, undefined, context);
      return new ProtobufDecoder(settings, new WriterSchemas(registry, (schema) => WrittenMessages.of(schema, registry, reading)), check, context);
    },
    createEncoder: () => new ProtobufEncoder(messageWriter(node), registry === undefined ? undefined : registeredParts({ ...options, registry }, loaded, node.name)),
  };
}

interface Settings {
  readonly node: MessageNode;
  readonly reader: MessageReader;
  readonly timestampField: string | undefined;
  /** How many units of the field with the event time are a millisecond. */
  readonly perMs: bigint;
}

function timestampUnits(node: MessageNode, name: string | undefined): bigint {
  if (name === undefined) return 1n;
  const field = node.fields.find((one) => one.name === name);
  const known = field?.type.kind === 'message' ? field.type.known : undefined;
  if (field?.label === 'one' && (known?.kind === 'timestamp' || isInt64(field.type.kind))) return known?.time === 'nanos' ? 1_000_000n : 1n;
  const mend = 'Name a field with a google.protobuf.Timestamp, or a 64-bit number of epoch milliseconds, as records call it.';
  throw ProtobufSchemaInvalid.error({ what: `timestampField: ${node.name} has no field ${JSON.stringify(name)} with a time`, remedy: mend });
}

/** What stands before each message, and how it gets registered. */
function registeredParts(options: RegistryFormatOptions & ProtobufOptions & { readonly registry: SchemaRegistry }, loaded: LoadedSchema, name: string): RegisteredParts {
  const file = loaded.file();
  return {
    schema: new WrittenSchema(options, { type: 'PROTOBUF', schema: file.text }, name, importedSchemas(file, options.references)),
    indexes: messageIndexBytes(indexesOf(file, file.root.lookupType(name))),
  };
}

interface RegisteredParts {
  readonly schema: WrittenSchema;
  readonly indexes: Uint8Array;
}

class ProtobufDecoder<T> implements Decoder<T> {
  readonly #settings: Settings;
  readonly #tap: WireTap;
  readonly #schemas: WriterSchemas<WrittenMessages> | undefined;
  readonly start?: () => Promise<void> | undefined;
  readonly prepare?: (bytes: Uint8Array, from: number, to: number) => Promise<void> | undefined;

  constructor(settings: Settings, schemas: WriterSchemas<WrittenMessages> | undefined, check: LatestCheck | undefined, context: DecodeContext) {
    this.#settings = settings;
    this.#tap = new WireTap(context.maxDepth);
    this.#schemas = schemas;
    if (schemas === undefined) return;
    this.start = () => check?.start(context);
    this.prepare = (bytes, from, to) => schemas.prepare(bytes, from, to);
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): void {
    const tap = this.#tap;
    const schemas = this.#schemas;
    tap.open(bytes, schemas === undefined ? from : schemas.readerOf(bytes, from, to).payloadAt(bytes, from + WIRE_HEADER_BYTES, to), to);
    const { reader, timestampField } = this.#settings;
    let value: Record<string, unknown>;
    try {
      value = reader.read(tap, 0, undefined);
    } catch (error) {
      throw error instanceof WireFault ? error.error() : error;
    }
    out.record(value as T, timestampField === undefined ? Number.NaN : this.#timestampOf(value[timestampField]));
  }

  #timestampOf(value: unknown): number {
    return normaliseTimestamp(typeof value === 'bigint' ? Number(value / this.#settings.perMs) : value);
  }
}

class ProtobufEncoder<T> implements Encoder<T> {
  readonly #writer: MessageWriter;
  readonly #bytes: ByteWriter;
  readonly #parts: RegisteredParts | undefined;
  readonly start?: (context: EncoderContext) => Promise<void>;

  constructor(writer: MessageWriter, parts: RegisteredParts | undefined) {
    this.#writer = writer;
    this.#bytes = new ByteWriter(1024);
    this.#parts = parts;
    if (parts !== undefined) this.start = (context) => parts.schema.start(context);
  }

  encode(value: T, out: ByteSink): void {
    const bytes = this.#bytes;
    bytes.reset();
    try {
      this.#writer.write(bytes, value);
    } catch (error) {
      throw error instanceof WireFault ? error.error() : error;
    }
    if (this.#parts !== undefined) {
      this.#parts.schema.writeHeader(out);
      out.bytes(this.#parts.indexes);
    }
    out.bytes(bytes.view());
  }
}
