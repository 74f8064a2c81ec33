import type { ByteSink, Encoder } from '../../connector/format.js';
import { CsvNotEncodable } from '../errors.js';
import { type CsvDialect, csvText } from './csv-scan.js';

/** Writes CSV records (RFC 4180): fields in quotes only where needed, and nothing changed, formulas of spreadsheets included. */
export class CsvEncoder<T> implements Encoder<T> {
  readonly #dialect: CsvDialect;
  readonly #columns: readonly string[];
  readonly #known: ReadonlySet<string>;
  readonly #header: string | undefined;

  constructor(dialect: CsvDialect, columns: readonly string[], header: boolean, lineEnd: string) {
    this.#dialect = dialect;
    this.#columns = columns;
    this.#known = new Set(columns);
    this.#header = header ? columns.map((name) => csvText(name, dialect)).join(dialect.delimiter) + lineEnd : undefined;
  }

  header(): string | undefined {
    return this.#header;
  }

  encode(value: T, out: ByteSink): void {
    out.utf8(Array.isArray(value) ? this.#array(value) : this.#object(value));
  }

  #array(values: readonly unknown[]): string {
    if (values.length !== this.#columns.length) throw CsvNotEncodable.error({ what: `the record has ${values.length} fields, and there are ${this.#columns.length} columns` });
    return this.#line(values.map((value, at) => this.#field(value, this.#columns[at]!)));
  }

  #object(value: T): string {
    if (typeof value !== 'object' || value === null) throw CsvNotEncodable.error({ what: `the record is ${value === null ? 'null' : `a ${typeof value}`}, not an object` });
    const record = value as Record<string, unknown>;
    for (const name of Object.keys(record)) {
      if (!this.#known.has(name) && record[name] !== undefined) throw CsvNotEncodable.error({ what: `the field "${name}" is no column`, where: { path: `$.${name}` } });
    }
    return this.#line(this.#columns.map((name) => this.#field(Object.hasOwn(record, name) ? record[name] : undefined, name)));
  }

  #line(fields: readonly string[]): string {
    const { delimiter, quote } = this.#dialect;
    // A line without anything is no record when it is read.
    return fields.length === 1 && fields[0] === '' ? quote + quote : fields.join(delimiter);
  }

  #field(value: unknown, name: string): string {
    switch (typeof value) {
      case 'string':
        return csvText(value, this.#dialect);
      case 'boolean':
      case 'bigint':
        return String(value);
      case 'number':
        if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : csvText(String(value), this.#dialect);
        throw CsvNotEncodable.error({ what: `the field "${name}" is ${value}`, where: { path: `$.${name}` } });
      case 'undefined':
        return '';
      default:
        if (value === null) return '';
        if (value instanceof Date && !Number.isNaN(value.getTime())) return csvText(value.toISOString(), this.#dialect);
        throw CsvNotEncodable.error({ what: `the field "${name}" is ${value instanceof Date ? 'an invalid Date' : `a ${typeof value}`}`, where: { path: `$.${name}` } });
    }
  }
}
