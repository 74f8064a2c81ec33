import { type DecodeContext, type Decoder, type DecodeTarget, normaliseTimestamp } from '@millrace/core/spi';
import { WIRE_HEADER_BYTES, type WriterSchemas } from '@millrace/schema-registry';
import { JsonDocumentMissing, JsonSchemaMismatch } from './errors.js';
import type { ReadSchemas } from './read-schemas.js';
import type { SchemaCheck } from './schema-check.js';

/** Reads one document per frame, and hands it over when its schema has taken it. */
export class JsonSchemaDecoder<T> implements Decoder<T> {
  readonly #json: Decoder<unknown>;
  readonly #own: SchemaCheck | undefined;
  readonly #schemas: WriterSchemas<SchemaCheck> | undefined;
  readonly #timestampField: string | undefined;
  readonly #document: Parsed;
  readonly prepare?: (bytes: Uint8Array, from: number, to: number) => Promise<void> | undefined;
  readonly start: () => Promise<void> | undefined;
  readonly decodeText?: (text: string, out: DecodeTarget<T>) => void;

  constructor(json: Decoder<unknown>, read: ReadSchemas, context: DecodeContext, timestampField: string | undefined) {
    this.#json = json;
    this.#own = read.own;
    this.#timestampField = timestampField;
    this.#document = new Parsed();
    const schemas = read.ofWriters();
    this.#schemas = schemas;
    this.start = () => read.start(context);
    if (schemas !== undefined) this.prepare = (bytes, from, to) => schemas.prepare(bytes, from, to);
    else this.decodeText = (text, out) => this.#decodeText(text, out);
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): void {
    const document = this.#document;
    document.isThere = false;
    const schemas = this.#schemas;
    if (schemas === undefined) {
      this.#json.decode(bytes, from, to, document);
      return this.#handOver(this.#own, out);
    }
    const check = schemas.readerOf(bytes, from, to);
    this.#json.decode(bytes, from + WIRE_HEADER_BYTES, to, document);
    if (!document.isThere) throw JsonDocumentMissing.error({ what: 'there is nothing behind the id of the schema' });
    this.#handOver(check, out);
  }

  #decodeText(text: string, out: DecodeTarget<T>): void {
    this.#document.isThere = false;
    this.#json.decodeText!(text, this.#document);
    this.#handOver(this.#own, out);
  }

  /** A blank line is no document. */
  #handOver(check: SchemaCheck | undefined, out: DecodeTarget<T>): void {
    if (!this.#document.isThere) return;
    const { value } = this.#document;
    const misfit = check?.(value);
    if (misfit !== undefined) throw JsonSchemaMismatch.error({ what: `${misfit.pointer}: ${misfit.what}`, where: { path: misfit.pointer } });
    const field = this.#timestampField;
    out.record(value as T, field === undefined ? Number.NaN : timestampOf((value as Record<string, unknown> | null)?.[field]));
  }
}

/** RFC 3339: a date, a time, and how far from UTC. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

function timestampOf(value: unknown): number {
  return normaliseTimestamp(typeof value === 'string' && DATE_TIME.test(value) ? Date.parse(value) : value);
}

/** The document that was parsed last. */
class Parsed implements DecodeTarget<unknown> {
  value: unknown = undefined;
  isThere: boolean = false;

  record(value: unknown): void {
    this.value = value;
    this.isThere = true;
  }
}
