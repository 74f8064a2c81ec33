import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import { assert } from '../../base/assert.js';
import { type NumberColumns, numberShape, type RecordRead } from '../number-columns.js';
import { MAX_BATCH_CAPACITY, type RecordBatch } from '../record-batch.js';
import { describeType, typeFromDescription, type TypeDescription } from '../types/describe.js';
import type { TypeInfo, TypeNode } from '../types/type-info.js';
import { explainUnsupported } from '../value-domain.js';
import { canGenerateCode } from './code-generation.js';
import type { CodecOptions } from './codec.js';
import { readColumn, readNumbers, writeColumn } from './columns.js';
import { readDynamic, writeDynamic } from './dynamic-value.js';
import { explainMisfit } from './explain-misfit.js';
import { generateColumnOpener, generateColumnReader, generateColumnWriter, shapeOf, type ColumnOpener, type ColumnReader, type ColumnWriter } from './generated-columns.js';
import { inferLayout } from './infer-layout.js';
import { generateReader, generateWriter, type TypedReader, type TypedWriter } from './generated.js';
import { ABSENT_VALUE, readTyped, writeTyped } from './interpreted.js';
import { MISFIT } from './misfit.js';
import { malformed } from './primitives.js';

/**
 * Writes and reads many records at once, column by column: channels and other places where records travel together.
 *
 * Records that do not fit the declared type travel all the same, in the self-describing encoding: a channel never
 * changes what a job does. An encoder keeps the layout of the last batch as its guess for the next; one instance per
 * channel end, one thread.
 */
export interface BatchCodec {
  readonly type: TypeInfo;
  /**
   * Says that whatever is encoded from now on is a plain object of these fields, in this order: the encoder asks for their
   * types only. Of other records fields would be lost. True when {@link encodeNumbers} takes them, where all fields are numbers.
   */
  recordsHave(fields: readonly string[]): boolean;
  /**
   * Writes the records `from` to `to - 1` with their timestamps (NaN for none). Throws as {@link Codec.encode}, with the
   * record's place in the path, and then leaves the writer as it was.
   */
  encodeBatch(values: readonly unknown[], from: number, to: number, timestamps: Float64Array, writer: ByteWriter): void;
  /** As {@link encodeBatch}, the same bytes too, for `count` records in columns, when {@link recordsHave} has said so. */
  encodeNumbers(numbers: NumberColumns, count: number, timestamps: Float64Array, writer: ByteWriter): void;
  /** How many records the reader's next batch holds, without reading on: for choosing a large enough batch. */
  peekLength(reader: ByteReader): number;
  /** Appends the records to a batch that has room for them. Throws as {@link Codec.decode}. */
  decodeBatch(reader: ByteReader, batch: RecordBatch): void;
  /**
   * As {@link decodeBatch} into an empty batch, but where records are columns of generated code, each is made when it is
   * taken. The bytes must stay as they are until then.
   */
  openBatch(reader: ByteReader, batch: RecordBatch): void;
  /** For batches of partial accumulators instead of records, which have layouts of their own. */
  readonly partials: PartialCodecs;
}

/** The codecs of partial accumulators and of their keys. */
export interface PartialCodecs {
  readonly accumulators: BatchCodec;
  readonly keys: BatchCodec;
}

const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** The batch codec of a type. */
export function batchCodecFor(type: TypeInfo, options: CodecOptions = {}): BatchCodec {
  return new ColumnBatchCodec(type, options.generate ?? canGenerateCode());
}

/** How the records of a batch are written; the byte after the timestamps. */
const DECLARED = 0;
const LAYOUT = 1;
const TAGGED = 2;
/** Records of the declared type that are no columns: their fields have another order, and they hold instances of classes. */
const ROWS = 3;

const NO_TIMESTAMPS = 0;
const TIMESTAMPS = 1;

/** So many records are looked at for a first guess of the layout. */
const SAMPLE = 8;
/** After failed guesses the next are made only for every so many batches, at most. */
const MAX_PAUSE = 64;
/** A layout seen so often is worth generated functions: a sender that changes layouts all the time is not. */
const GENERATE_AFTER = 2;
/** A decoder remembers so many layouts. */
const MAX_LAYOUTS = 64;
/** A layout's description is no longer. */
const MAX_LAYOUT_UNITS = 1 << 18;

/** A layout in use by the encoder. */
interface OutgoingLayout {
  readonly description: string;
  readonly write: ColumnWriter;
}

/** A layout known to the decoder. */
interface IncomingLayout {
  readonly type: TypeNode;
  read: ColumnReader;
  /** Once it is generated. */
  open: ColumnOpener | undefined;
  seen: number;
}

class ColumnBatchCodec implements BatchCodec {
  readonly type: TypeInfo;
  readonly #generate: boolean;
  /** The fields that records are known to have. */
  #known: readonly string[] | undefined;
  #writeDeclared: ColumnWriter | undefined;
  readonly #readDeclared: ColumnReader | undefined;
  readonly #openDeclared: ColumnOpener | undefined;
  readonly #writeRow: TypedWriter;
  readonly #readRow: TypedReader;
  #outgoing: OutgoingLayout | undefined;
  /** The description of the known fields as numbers. */
  #knownNumbers: string;
  #failures: number;
  #pause: number;
  readonly #incoming: Map<string, IncomingLayout>;
  #partials: PartialCodecs | undefined;

  constructor(type: TypeInfo, generate: boolean) {
    this.type = type;
    this.#generate = generate;
    this.#known = undefined;
    this.#writeDeclared = type.kind !== 'dynamic' ? this.#writerOf(type) : undefined;
    this.#readDeclared = type.kind !== 'dynamic' ? this.#readerOf(type, generate) : undefined;
    this.#openDeclared = generate ? generateColumnOpener(type) : undefined;
    this.#writeRow = generate ? generateWriter(type) : (value, writer) => writeTyped(type, value, writer);
    this.#readRow = generate ? generateReader(type) : (reader) => readTyped(type, reader);
    this.#outgoing = undefined;
    this.#knownNumbers = '';
    this.#failures = 0;
    this.#pause = 0;
    this.#incoming = new Map();
    this.#partials = undefined;
  }

  get partials(): PartialCodecs {
    this.#partials ??= { accumulators: new ColumnBatchCodec(DYNAMIC, this.#generate), keys: new ColumnBatchCodec(DYNAMIC, this.#generate) };
    return this.#partials;
  }

  recordsHave(fields: readonly string[]): boolean {
    this.#known = fields;
    this.#outgoing = undefined;
    const shape = this.#generate ? numberShape(fields) : undefined;
    if (this.type.kind !== 'dynamic') {
      this.#writeDeclared = this.#writerOf(this.type);
      return shape !== undefined && shapeOf(this.type) === shape;
    }
    this.#knownNumbers = describeLayout({ kind: 'struct', fields: fields.map((name) => ({ name, type: { kind: 'number' } })) });
    return shape !== undefined && this.#knownNumbers.length <= MAX_LAYOUT_UNITS;
  }

  encodeNumbers(numbers: NumberColumns, count: number, timestamps: Float64Array, writer: ByteWriter): void {
    assert(count > 0 && count <= MAX_BATCH_CAPACITY, 'a batch of columns has records, within the limit');
    writer.varint32(count);
    writeTimestamps(timestamps, 0, count, writer);
    if (this.#writeDeclared !== undefined) {
      writer.u8(DECLARED);
    } else {
      writer.u8(LAYOUT);
      writer.string(this.#knownNumbers);
    }
    numbers.write(count, writer);
  }

  encodeBatch(values: readonly unknown[], from: number, to: number, timestamps: Float64Array, writer: ByteWriter): void {
    assert(from >= 0 && from <= to && to - from <= MAX_BATCH_CAPACITY, 'a batch is a range of records within the limit');
    const start = writer.length;
    writer.varint32(to - from);
    writeTimestamps(timestamps, from, to, writer);
    const body = writer.length;
    const declared = this.#writeDeclared;
    if (declared !== undefined) {
      writer.u8(DECLARED);
      if (attempt(declared, values, from, to, writer, body)) return;
    }
    if (this.#encodeWithLayout(values, from, to, writer)) return;
    writer.u8(TAGGED);
    if (attempt(writeTagged, values, from, to, writer, body)) return;
    if (declared !== undefined) {
      writer.u8(ROWS);
      if (attempt(this.#writeRows, values, from, to, writer, body)) return;
    }
    writer.truncate(start);
    throw this.#explain(values, from, to);
  }

  peekLength(reader: ByteReader): number {
    const at = reader.position;
    const count = readLength(reader);
    reader.position = at;
    return count;
  }

  decodeBatch(reader: ByteReader, batch: RecordBatch): void {
    const count = readLength(reader);
    assert(count <= batch.capacity - batch.length, 'a batch is decoded into one that has room for it');
    const at = batch.length;
    readTimestamps(reader, count, batch.timestamps, at);
    this.#decodeValues(reader, count, batch, at, false);
    batch.length = at + count;
  }

  openBatch(reader: ByteReader, batch: RecordBatch): void {
    assert(batch.length === 0, 'only an empty batch is opened');
    const count = readLength(reader);
    assert(count <= batch.capacity, 'a batch is opened as one that has room for it');
    readTimestamps(reader, count, batch.timestamps, 0);
    batch.read = this.#decodeValues(reader, count, batch, 0, true);
    batch.length = count;
  }

  /** Fills in the values; where they may be made `later`, the answer is what makes them. */
  #decodeValues(reader: ByteReader, count: number, batch: RecordBatch, at: number, later: boolean): RecordRead | undefined {
    const { values } = batch;
    const form = reader.u8();
    try {
      if (form === DECLARED && this.#readDeclared !== undefined) {
        if (later && this.#openDeclared !== undefined) return this.#openDeclared(reader, count, batch);
        this.#readDeclared(reader, count, values, at);
      } else if (form === LAYOUT) {
        const layout = this.#layoutOf(reader, later);
        if (later && layout.open !== undefined) return layout.open(reader, count, batch);
        layout.read(reader, count, values, at);
      } else if (form === TAGGED) for (let i = 0; i < count; i++) values[at + i] = readDynamic(reader, 0);
      else if (form === ROWS) for (let i = 0; i < count; i++) values[at + i] = this.#readRow(reader);
      else throw malformed(`a batch has the form ${form}`);
    } catch (error) {
      batch.holdsNumbers = false;
      batch.read = undefined;
      for (let i = at; i < at + count; i++) values[i] = undefined;
      throw error;
    }
    // Only damaged masks say that a record itself is absent.
    for (let i = at; i < at + count; i++) if (values[i] === ABSENT_VALUE) values[i] = undefined;
    return undefined;
  }

  readonly #writeRows: ColumnWriter = (values, from, to, writer) => {
    for (let i = from; i < to; i++) this.#writeRow(values[i], writer, null);
  };

  /** Tries the last layout, then one from a few records, then one from all. */
  #encodeWithLayout(values: readonly unknown[], from: number, to: number, writer: ByteWriter): boolean {
    if (from === to) return false;
    if (this.#outgoing !== undefined && this.#attemptLayout(this.#outgoing, values, from, to, writer)) return true;
    if (this.#pause > 0) {
      this.#pause--;
      return false;
    }
    for (const end of to - from > SAMPLE ? [from + SAMPLE, to] : [to]) {
      const type = inferLayout(values, from, end);
      if (type.kind === 'dynamic') continue;
      const layout: OutgoingLayout = { description: describeLayout(type), write: this.#writerOf(type) };
      if (layout.description.length <= MAX_LAYOUT_UNITS && this.#attemptLayout(layout, values, from, to, writer)) {
        this.#outgoing = layout;
        this.#failures = 0;
        return true;
      }
    }
    this.#failures++;
    this.#pause = Math.min(MAX_PAUSE, 2 ** this.#failures);
    return false;
  }

  #attemptLayout(layout: OutgoingLayout, values: readonly unknown[], from: number, to: number, writer: ByteWriter): boolean {
    const start = writer.length;
    writer.u8(LAYOUT);
    writer.string(layout.description);
    return attempt(layout.write, values, from, to, writer, start);
  }

  #layoutOf(reader: ByteReader, later: boolean): IncomingLayout {
    const description = reader.string();
    let layout = this.#incoming.get(description);
    if (layout === undefined) {
      if (description.length > MAX_LAYOUT_UNITS) throw malformed('the layout of a batch is longer than any writer makes it');
      const type = typeFromDescription(parseDescription(description));
      if (this.#incoming.size >= MAX_LAYOUTS) this.#incoming.clear();
      layout = { type, read: this.#readerOf(type, false), open: undefined, seen: 0 };
      this.#incoming.set(description, layout);
    }
    if (++layout.seen === GENERATE_AFTER && this.#generate) {
      if (later) layout.open = generateColumnOpener(layout.type);
      if (layout.open === undefined) layout.read = this.#readerOf(layout.type, true);
    }
    return layout;
  }

  #writerOf(type: TypeNode): ColumnWriter {
    return this.#generate ? generateColumnWriter(type, this.#known) : (values, from, to, writer) => writeColumn(type, values, from, to, writer);
  }

  #readerOf(type: TypeNode, generate: boolean): ColumnReader {
    if (generate) return generateColumnReader(type);
    return (reader, count, out, at) => {
      const column = readColumn(type, count, reader);
      for (let i = 0; i < count; i++) out[at + i] = column[i];
    };
  }

  #explain(values: readonly unknown[], from: number, to: number): Error {
    for (let i = from; i < to; i++) {
      const path = `$[${i - from}]`;
      const found = explainUnsupported(values[i], path);
      const misfit = found === undefined ? undefined : explainMisfit(this.type, values[i], path);
      if (misfit !== undefined) return misfit;
    }
    return explainUnsupported(values.slice(from, to)) ?? MISFIT;
  }
}

function describeLayout(type: TypeNode): string {
  return JSON.stringify(describeType(type));
}

/** Runs a writer; on a misfit, and where the texts of a piece were too long to be joined, cuts the output back to `start` and answers false. */
function attempt(write: ColumnWriter, values: readonly unknown[], from: number, to: number, writer: ByteWriter, start: number): boolean {
  try {
    write(values, from, to, writer);
    return true;
  } catch (error) {
    writer.truncate(start);
    if (error !== MISFIT && !isTooLong(error)) throw error;
    return false;
  }
}

/** Whether V8 has refused to make a text: the longest has some 2^29 units. Values that are written one by one need no longer ones than there are. */
function isTooLong(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Invalid string length';
}

function writeTagged(values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  for (let i = from; i < to; i++) writeDynamic(values[i], writer, 0);
}

function writeTimestamps(timestamps: Float64Array, from: number, to: number, writer: ByteWriter): void {
  let any = false;
  for (let i = from; i < to && !any; i++) any = timestamps[i] === timestamps[i];
  writer.u8(any ? TIMESTAMPS : NO_TIMESTAMPS);
  if (!any) return;
  const memory = writer.room((to - from) * 8);
  let at = writer.length;
  for (let i = from; i < to; i++, at += 8) memory.setFloat64(at, timestamps[i]!, true);
  writer.length = at;
}

function readTimestamps(reader: ByteReader, count: number, timestamps: Float64Array, at: number): void {
  const form = reader.u8();
  if (form === NO_TIMESTAMPS) {
    timestamps.fill(Number.NaN, at, at + count);
  } else if (form === TIMESTAMPS) {
    const memory = readNumbers(count, reader);
    for (let i = 0; i < count; i++) timestamps[at + i] = memory.getFloat64(i * 8, true);
  } else {
    throw malformed(`the timestamps of a batch have the form ${form}`);
  }
}

function readLength(reader: ByteReader): number {
  const count = reader.varint32();
  if (count > MAX_BATCH_CAPACITY) throw malformed(`a batch of ${count} records is larger than any writer makes it`);
  return count;
}

function parseDescription(text: string): TypeDescription {
  try {
    return JSON.parse(text) as TypeDescription;
  } catch {
    throw malformed('the layout of a batch cannot be read');
  }
}
