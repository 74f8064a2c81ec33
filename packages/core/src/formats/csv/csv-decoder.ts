import type { Decoder, DecodeTarget } from '../../connector/format.js';
import { HeaderInvalid } from '../../connector/errors.js';
import { excerptOf } from '../../connector/excerpt.js';
import type { TypeNode } from '../../record/types/type-info.js';
import { CsvMalformed } from '../errors.js';
import type { SchemaCheck } from '../json/schema-check.js';
import { textOf } from '../text-of.js';
import { timestampOf } from '../timestamp-field.js';
import { type CsvDialect, type CsvField, csvFields, csvRecordEnd } from './csv-scan.js';

/** What a CSV decoder is told. */
export interface CsvDecoding<T> {
  readonly dialect: CsvDialect;
  readonly header: boolean;
  /** Undefined: from the header, or records are arrays. */
  readonly columns: readonly string[] | undefined;
  readonly types: ReadonlyMap<string, TypeNode>;
  readonly check: SchemaCheck<T> | undefined;
  readonly timestampField: string | undefined;
}

/** Decodes CSV records. The names in a file's header are its state. */
export class CsvDecoder<T> implements Decoder<T> {
  readonly #decoding: CsvDecoding<T>;
  readonly #latin1: boolean;
  /** The columns in the order of the file; undefined until the header was read. */
  #columns: readonly string[] | undefined;

  constructor(decoding: CsvDecoding<T>, latin1: boolean) {
    this.#decoding = decoding;
    this.#latin1 = latin1;
    this.#columns = decoding.header ? undefined : decoding.columns;
  }

  frameEnd(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    return csvRecordEnd(bytes, from, to, atEnd, this.#decoding.dialect);
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): void {
    let end = to;
    if (end > from && bytes[end - 1] === 10) end--;
    if (end > from && bytes[end - 1] === 13) end--;
    if (end === from) return;
    const text = textOf(bytes, from, end, this.#latin1);
    if (text === '') return;
    const fields = csvFields(text, this.#decoding.dialect);
    if (this.#decoding.header && this.#columns === undefined) {
      this.#columns = this.#readHeader(fields, text);
      return;
    }
    this.#emit(fields, text, out);
  }

  snapshot(): unknown {
    return this.#decoding.header ? this.#columns : undefined;
  }

  restore(state: unknown): void {
    this.#columns = state as readonly string[];
  }

  #emit(fields: readonly CsvField[], text: string, out: DecodeTarget<T>): void {
    const columns = this.#columns;
    const { check, timestampField } = this.#decoding;
    const value = columns === undefined ? fields.map((field) => field.text) : this.#object(columns, fields, text);
    const record = check === undefined ? (value as T) : check.check(value, text);
    out.record(record, timestampField === undefined ? Number.NaN : timestampOf(record, timestampField, text));
  }

  #object(columns: readonly string[], fields: readonly CsvField[], text: string): Record<string, unknown> {
    if (fields.length !== columns.length) throw CsvMalformed.error({ what: `${fields.length} fields where there are ${columns.length} columns in ${excerptOf(text)}` });
    const record: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i++) {
      const name = columns[i]!;
      const value = this.#value(name, fields[i]!, text);
      if (value === undefined) continue;
      if (name === '__proto__') Object.defineProperty(record, name, { value, configurable: true, enumerable: true, writable: true });
      else record[name] = value;
    }
    return record;
  }

  #value(name: string, field: CsvField, text: string): unknown {
    const type = this.#decoding.types.get(name);
    if (type === undefined) return field.text;
    const value = convertField(type, field);
    if (value !== MISFIT) return value;
    throw CsvMalformed.error({ what: `the column "${name}" holds ${excerptOf(field.text)}, which is no ${solid(type).kind}, in ${excerptOf(text)}`, where: { path: `$.${name}` } });
  }

  #readHeader(fields: readonly CsvField[], text: string): readonly string[] {
    const names = fields.map((field) => field.text);
    const double = names.find((name, at) => names.indexOf(name) < at);
    if (double !== undefined) throw HeaderInvalid.error({ what: `the header ${excerptOf(text)} names the column "${double}" twice` });
    const missing = [...(this.#decoding.columns ?? []), ...this.#decoding.types.keys()].find((name) => !names.includes(name) && !isOptional(this.#decoding.types.get(name)));
    if (missing !== undefined) throw HeaderInvalid.error({ what: `the header ${excerptOf(text)} lacks the column "${missing}"` });
    return names;
  }
}

const MISFIT: unique symbol = Symbol('misfit');

/** The value of a field: an empty one without quotes is none, where the type allows that. */
function convertField(type: TypeNode, field: CsvField): unknown {
  const inner = solid(type);
  const { text } = field;
  if (text === '' && !field.quoted && type !== inner) return type.kind === 'optional' && !hasNullable(type) ? undefined : null;
  switch (inner.kind) {
    case 'string':
    case 'dynamic':
      return text;
    case 'number':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : MISFIT;
    case 'timestamp':
      return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : MISFIT;
    case 'bigint':
      return /^-?\d+$/.test(text) ? BigInt(text) : MISFIT;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : MISFIT;
    case 'date': {
      const date = /^[+-]?\d{4,6}-\d\d/.test(text) ? new Date(text) : undefined;
      return date === undefined || Number.isNaN(date.getTime()) ? MISFIT : date;
    }
    default:
      return MISFIT;
  }
}

/** The type without optional and nullable around it. */
function solid(type: TypeNode): TypeNode {
  return type.kind === 'optional' || type.kind === 'nullable' ? solid(type.inner) : type;
}

function hasNullable(type: TypeNode): boolean {
  return type.kind === 'nullable' || (type.kind === 'optional' && hasNullable(type.inner));
}

function isOptional(type: TypeNode | undefined): boolean {
  return type?.kind === 'optional';
}
