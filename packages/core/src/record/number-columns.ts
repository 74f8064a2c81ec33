/** Records whose fields are all numbers, as columns: while they wait in a batch, no object has to be there for them. */
import type { ByteReader, ByteWriter } from '../base/bytes.js';
import { canGenerateCode, generateFunction, literalProperty } from './codec/code-generation.js';

/** Makes the record of an index. */
export type RecordRead = (index: number) => unknown;

/** So many columns are filled side by side at most. */
const MOST_FIELDS = 16;
/** Shapes that are remembered. Above it all are forgotten; those in use live on. */
const MOST_SHAPES = 64;
/** Columns travel as they lie in memory, which is how frames have them on such a machine only. */
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** Between columns, so that the places of a record do not all fall into the same part of the cache. */
const GAP = 8;

const shapes = new Map<string, NumberShape>();

/** The fields of such records, in their order, and what makes records of them. One for all batches with these fields. */
export class NumberShape {
  readonly fields: readonly string[];
  /** Gives what makes the records of columns that lie `stride` numbers apart. */
  readonly reader: (data: Float64Array, stride: number) => RecordRead;

  constructor(fields: readonly string[]) {
    this.fields = fields;
    const literal = fields.map((name, at) => literalProperty(name, at === 0 ? 'data[i]' : `data[i + ${at} * stride]`)).join(', ');
    this.reader = generateFunction(['data', 'stride'], {}, `return (i) => ({ ${literal} });`) as NumberShape['reader'];
  }
}

/** The shape of records with these fields; undefined where they do not become columns of numbers. */
export function numberShape(fields: readonly string[]): NumberShape | undefined {
  if (!LITTLE_ENDIAN || fields.length === 0 || fields.length > MOST_FIELDS || !canGenerateCode()) return undefined;
  const key = JSON.stringify(fields);
  let shape = shapes.get(key);
  if (shape === undefined) {
    if (shapes.size >= MOST_SHAPES) shapes.clear();
    shape = new NumberShape(fields);
    shapes.set(key, shape);
  }
  return shape;
}

/** The columns of a batch: all of them in one array, the first number of each `stride` behind that of the one before. */
export class NumberColumns {
  readonly shape: NumberShape;
  readonly stride: number;
  readonly data: Float64Array;
  readonly read: RecordRead;

  constructor(shape: NumberShape, capacity: number) {
    this.shape = shape;
    this.stride = capacity + GAP;
    this.data = new Float64Array(this.stride * shape.fields.length);
    this.read = shape.reader(this.data, this.stride);
  }

  /** Writes the first `count` numbers of each column. */
  write(count: number, writer: ByteWriter): void {
    const { buffer, byteOffset } = this.data;
    for (let at = 0; at < this.shape.fields.length; at++) writer.bytes(new Uint8Array(buffer, byteOffset + at * this.stride * 8, count * 8));
  }

  /** Reads what {@link NumberColumns.write} has written. */
  fill(count: number, reader: ByteReader): void {
    const { buffer, byteOffset } = this.data;
    const bytes = new Uint8Array(buffer, byteOffset, this.data.byteLength);
    for (let at = 0; at < this.shape.fields.length; at++) bytes.set(reader.bytes(count * 8), at * this.stride * 8);
  }
}
