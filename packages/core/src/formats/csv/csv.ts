import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { DecodeErrorPolicy } from '../../connector/dead-letter.js';
import type { Format } from '../../connector/format.js';
import { isStandardSchema, typeFromSchema } from '../../record/types/from-schema.js';
import { t, type StructFields, type StructOf } from '../../record/types/t.js';
import type { TypeInfo, TypeNode } from '../../record/types/type-info.js';
import { FormatOptionInvalid } from '../errors.js';
import { SchemaCheck } from '../json/schema-check.js';
import { CsvDecoder, type CsvDecoding } from './csv-decoder.js';
import { CsvEncoder } from './csv-encoder.js';
import type { CsvDialect } from './csv-scan.js';

/** How CSV is read and written. */
export interface CsvOptions {
  /** Names of the columns in their order. With `header`, columns that the header must have. Needed for writing unless `types` gives them. */
  readonly columns?: readonly string[];
  /** Whether the first record of each file has the names. */
  readonly header?: boolean;
  /** One ASCII character; a comma unless given. */
  readonly delimiter?: string;
  /** One ASCII character; a double quote unless given. */
  readonly quote?: string;
  /** What ends a written record; a line feed unless given. Both are read. */
  readonly lineEnd?: '\n' | '\r\n';
  /** What to do with a record that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
  /** The column with the event time in epoch milliseconds, as the source's own timestamp. */
  readonly timestampField?: string;
}

/**
 * CSV (RFC 4180): fields in quotes may hold delimiters, line ends and doubled quotes. Records are objects by column, or
 * arrays of texts when there are neither columns nor a header.
 *
 * Fields are texts unless `types` says otherwise: `types: { id: t.string, amount: t.number }`. An empty field without
 * quotes is null (or absent) where its type is nullable (or optional). A `schema` validates the record after that.
 * A file is read by one subtask, since a line end may lie inside a field.
 */
export function csv<F extends StructFields>(options: CsvOptions & { readonly types: F }): Format<StructOf<F>>;
export function csv<S extends StandardSchemaV1>(options: CsvOptions & { readonly schema: S; readonly types?: StructFields }): Format<StandardSchemaV1.InferOutput<S>>;
export function csv(options: CsvOptions & ({ readonly columns: readonly string[] } | { readonly header: true })): Format<Record<string, string>>;
export function csv(options?: CsvOptions): Format<string[]>;
export function csv(options: CsvOptions & { readonly types?: StructFields; readonly schema?: StandardSchemaV1 } = {}): Format<never> {
  const { header = false, lineEnd = '\n', onError, schema, timestampField } = options;
  const dialect = checkedDialect(options);
  const types = new Map<string, TypeNode>(Object.entries(options.types ?? {}));
  const columns = options.columns ?? (header || types.size === 0 ? undefined : [...types.keys()]);
  checkColumns(columns, types, header, schema);
  const format: Format<unknown> = {
    name: 'csv',
    framing: 'lines',
    separator: lineEnd,
    splittable: false,
    fileExtension: 'csv',
    type: typeOf(options, columns),
    ...(onError === undefined ? {} : { onError }),
    createDecoder: (context) => {
      const check = schema === undefined ? undefined : new SchemaCheck(schema);
      const decoding: CsvDecoding<unknown> = { dialect, header, columns, types, check, timestampField };
      return new CsvDecoder(decoding, context.encoding === 'latin1');
    },
    createEncoder: () => {
      const written = columns ?? [...types.keys()];
      if (written.length === 0) throw FormatOptionInvalid.error({ what: 'csv() writes records and was not told the columns', remedy: "Give it columns: ['id', 'amount'], or types." });
      return new CsvEncoder(dialect, written, header, lineEnd);
    },
  };
  return format as Format<never>;
}

function typeOf(options: { readonly types?: StructFields; readonly schema?: StandardSchemaV1 } & CsvOptions, columns: readonly string[] | undefined): TypeInfo {
  if (options.schema !== undefined) return typeFromSchema(options.schema);
  if (columns === undefined) return options.header === true ? t.dynamic : t.list(t.string);
  const byName = new Map<string, TypeInfo>(Object.entries(options.types ?? {}));
  // With a header the file may have further columns.
  return options.header === true ? t.dynamic : t.struct(Object.fromEntries(columns.map((name) => [name, byName.get(name) ?? t.string])));
}

function checkedDialect(options: CsvOptions): CsvDialect {
  const { delimiter = ',', quote = '"', lineEnd } = options;
  for (const [name, character] of [['delimiter', delimiter], ['quote', quote]] as const) {
    if (typeof character !== 'string' || !/^[\t\x20-\x7e]$/.test(character)) throw invalid(`${name} must be one ASCII character, not ${JSON.stringify(character)}`);
  }
  if (delimiter === quote) throw invalid('delimiter and quote are the same character');
  if (lineEnd !== undefined && lineEnd !== '\n' && lineEnd !== '\r\n') throw invalid('lineEnd must be "\\n" or "\\r\\n"');
  return { delimiter, quote };
}

function checkColumns(columns: readonly string[] | undefined, types: ReadonlyMap<string, TypeNode>, header: boolean, schema: unknown): void {
  if (columns !== undefined && (columns.length === 0 || new Set(columns).size < columns.length)) throw invalid('columns must be different names, at least one');
  const stranger = columns === undefined ? undefined : [...types.keys()].find((name) => !columns.includes(name));
  if (stranger !== undefined) throw invalid(`types names "${stranger}", which is no column`);
  if (schema !== undefined && !isStandardSchema(schema)) throw invalid('schema is no Standard Schema');
  if (schema !== undefined && columns === undefined && !header) throw invalid('a schema needs names of the columns', 'Give columns, or header: true.');
  for (const [name, type] of types) checkType(name, type);
}

function checkType(name: string, type: TypeNode): void {
  if (type.kind === 'optional' || type.kind === 'nullable') return checkType(name, type.inner);
  if (!['string', 'dynamic', 'number', 'timestamp', 'bigint', 'boolean', 'date'].includes(type.kind)) throw invalid(`the type of the column "${name}" is ${type.kind}, which a field cannot hold`);
}

function invalid(what: string, remedy?: string): Error {
  return FormatOptionInvalid.error({ what: `csv(): ${what}`, ...(remedy === undefined ? {} : { remedy }) });
}
