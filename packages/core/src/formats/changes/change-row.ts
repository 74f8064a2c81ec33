import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { DecodeErrorPolicy } from '../../connector/dead-letter.js';
import type { DecodeContext, Decoder, DecodeTarget, Encoder, Format } from '../../connector/format.js';
import { excerptOf } from '../../connector/excerpt.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { ChangeMalformed } from '../errors.js';
import { json } from '../json/json.js';
import type { JsonSpan } from '../json/json-members.js';
import { parseJson } from '../json/parse-json.js';
import { EncodedValue, OneValue } from '../one-value.js';
import { textOf } from '../text-of.js';
import { RowText } from './row-text.js';

/** What happened to a row. An update comes as two changes, the row before it and the row after it. */
export type ChangeKind = 'delete' | 'insert' | 'update_after' | 'update_before';

/** A change of one row of a table. */
export interface ChangeRow<T> {
  readonly kind: ChangeKind;
  /** The whole row: after the change for `insert` and `update_after`, before it otherwise. */
  readonly row: T;
  readonly database?: string;
  readonly table?: string;
}

/** How formats of change rows read. All may be left out. */
export interface ChangeOptions {
  /**
   * True: the rows before updates are not asked for and not handed out: an update is one `update_after`, for readers who
   * replace rows by their key. False unless given.
   */
  readonly upsert?: boolean;
  /** What to do with a record that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
}

/** The rows of a format of change rows: a type made with `t`, a Standard Schema, or nothing for rows as they are. */
export type RowSchema<T> = StandardSchemaV1<unknown, T> | TypeInfo<T>;

/** One change as a dialect finds it in a record, rows still as text. */
export interface FoundChange {
  readonly kind: ChangeKind;
  readonly row: string;
}

/** What a dialect finds in a record. */
export interface FoundChanges {
  readonly changes: readonly FoundChange[];
  readonly database: unknown;
  readonly table: unknown;
  /** Epoch milliseconds of the change; anything else when not known. */
  readonly timestamp: unknown;
}

/** What one kind of change data capture says and how. */
export interface ChangeDialect {
  readonly name: string;
  /** Finds the changes in a record; undefined for a record that is about no row. */
  find(record: Record<string, unknown>, text: string, rows: RowText, upsert: boolean): FoundChanges | undefined;
  /** The text of a record for one change; `row` is JSON. */
  write(change: ChangeRow<unknown>, row: string): string;
}

/** A format of change rows in a dialect. */
export function changeFormat<T>(dialect: ChangeDialect, schema: RowSchema<T> | undefined, { upsert = false, onError }: ChangeOptions): Format<ChangeRow<T>> {
  const rows = json(schema as TypeInfo<T>);
  const type = t.struct({ kind: t.string, row: rows.type, database: t.optional(t.string), table: t.optional(t.string) });
  return {
    name: dialect.name,
    framing: 'lines',
    separator: '\n',
    type: type as unknown as TypeInfo<ChangeRow<T>>,
    ...(onError === undefined ? {} : { onError }),
    fileExtension: 'ndjson',
    createDecoder: (context) => new ChangeDecoder(dialect, rows, upsert, context),
    createEncoder: () => new ChangeEncoder(dialect, rows.createEncoder()),
  };
}

class ChangeDecoder<T> implements Decoder<ChangeRow<T>> {
  readonly #dialect: ChangeDialect;
  readonly #rows: OneValue<T>;
  readonly #rowText: RowText;
  readonly #upsert: boolean;
  readonly #context: DecodeContext;

  constructor(dialect: ChangeDialect, rows: Format<T>, upsert: boolean, context: DecodeContext) {
    this.#dialect = dialect;
    this.#rows = new OneValue(rows.createDecoder(context));
    this.#rowText = new RowText(rows.type);
    this.#upsert = upsert;
    this.#context = context;
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<ChangeRow<T>>): void {
    this.decodeText(textOf(bytes, from, to, this.#context.encoding === 'latin1'), out);
  }

  decodeText(text: string, out: DecodeTarget<ChangeRow<T>>): void {
    // What follows a deletion in a compacted topic: the key has no value any more, and the deletion was told before.
    if (text.trim() === '') return;
    const record = parseJson(text, this.#context.maxDepth);
    if (record === null) return;
    if (typeof record !== 'object' || Array.isArray(record)) throw ChangeMalformed.error({ what: `${excerptOf(text)} is no object` });
    const found = this.#dialect.find(record as Record<string, unknown>, text, this.#rowText, this.#upsert);
    if (found === undefined) return;
    const place = { ...(typeof found.database === 'string' ? { database: found.database } : {}), ...(typeof found.table === 'string' ? { table: found.table } : {}) };
    // All rows are decoded before the first is handed over, so that a record counts whole or not at all.
    const rows = found.changes.map(({ kind, row }) => ({ kind, row: this.#rows.ofText(row) as T, ...place }));
    const timestamp = Number.isSafeInteger(found.timestamp) ? (found.timestamp as number) : Number.NaN;
    for (const row of rows) out.record(row, timestamp);
  }
}

class ChangeEncoder<T> implements Encoder<ChangeRow<T>> {
  readonly #dialect: ChangeDialect;
  readonly #rows: Encoder<T>;
  readonly #row: EncodedValue;

  constructor(dialect: ChangeDialect, rows: Encoder<T>) {
    this.#dialect = dialect;
    this.#rows = rows;
    this.#row = new EncodedValue();
  }

  encode(change: ChangeRow<T>, out: { utf8(text: string): void }): void {
    if (!['insert', 'update_before', 'update_after', 'delete'].includes(change?.kind)) throw ChangeMalformed.error({ what: `a change has the kind ${String(change?.kind)}`, remedy: "Give kind 'insert', 'update_before', 'update_after' or 'delete', and the row." });
    this.#row.reset();
    this.#rows.encode(change.row, this.#row);
    out.utf8(this.#dialect.write(change, this.#row.asText()));
  }
}

/** The text of a part that must be an object; a coded error that names it otherwise. */
export function rowAt(text: string, span: JsonSpan | undefined, name: string, why: string): JsonSpan {
  if (span !== undefined && text[span.from] === '{') return span;
  throw ChangeMalformed.error({ what: `${why} has no row in "${name}": ${excerptOf(text)}` });
}
