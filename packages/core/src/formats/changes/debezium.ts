import type { Format } from '../../connector/format.js';
import { excerptOf } from '../../connector/excerpt.js';
import { ChangeMalformed } from '../errors.js';
import { membersAt } from '../json/json-members.js';
import { changeFormat, type ChangeDialect, type ChangeOptions, type ChangeRow, type FoundChange, rowAt, type RowSchema } from './change-row.js';
import type { DecimalScales } from './row-text.js';

/** A field in the schema that Kafka Connect puts beside the payload. */
interface ConnectField {
  readonly field?: string;
  readonly name?: string;
  readonly parameters?: { readonly scale?: string };
  readonly fields?: readonly ConnectField[];
}

const DECIMAL = 'org.apache.kafka.connect.data.Decimal';

const DIALECT: ChangeDialect = {
  name: 'debezium-json',
  find(record, text, rows, upsert) {
    const wrapped = isObject(record['payload']) && 'schema' in record;
    if (record['payload'] === null && 'schema' in record) return undefined;
    const payload = (wrapped ? record['payload'] : record) as Record<string, unknown>;
    const members = membersAt(text, wrapped ? membersAt(text, 0)!.get('payload')!.from : 0)!;
    const scales = wrapped ? scalesOf(record['schema'] as ConnectField | null) : undefined;
    const source = isObject(payload['source']) ? payload['source'] : {};
    const row = (name: 'after' | 'before'): string => rows.of(text, rowAt(text, members.get(name), name, `the change "${String(payload['op'])}"`), scales?.get(name));
    const changes = changesOf(payload['op'], row, upsert, text);
    if (changes === undefined) return undefined;
    return { changes, database: source['db'], table: source['table'], timestamp: source['ts_ms'] ?? payload['ts_ms'] };
  },
  write({ kind }, row) {
    const isGone = kind === 'delete' || kind === 'update_before';
    return isGone ? `{"before":${row},"after":null,"op":"d"}` : `{"before":null,"after":${row},"op":"c"}`;
  },
};

/**
 * Change rows as Debezium writes them in JSON, with the schema beside the payload or without. Reads of a snapshot are
 * inserts; an update gives the row before and the row after it. Where the schema is there, decimals come exact as text.
 * Writing makes an insert or a deletion of each change, as an update needs both rows at once.
 *
 * @example
 * ```ts
 * import { debeziumJson, t } from 'millrace';
 *
 * const format = debeziumJson(t.struct({ id: t.bigint, price: t.string }));
 * console.log(format.name);
 * ```
 */
export function debeziumJson<T = Record<string, unknown>>(rows?: RowSchema<T>, options: ChangeOptions = {}): Format<ChangeRow<T>> {
  return changeFormat(DIALECT, rows, options);
}

function changesOf(op: unknown, row: (name: 'after' | 'before') => string, upsert: boolean, text: string): readonly FoundChange[] | undefined {
  switch (op) {
    case 'c':
    case 'r':
      return [{ kind: 'insert', row: row('after') }];
    case 'u':
      return upsert ? [{ kind: 'update_after', row: row('after') }] : [{ kind: 'update_before', row: row('before') }, { kind: 'update_after', row: row('after') }];
    case 'd':
      return [{ kind: 'delete', row: row('before') }];
    case 'm':
      return undefined;
    default:
      throw ChangeMalformed.error({ what: `the operation ${JSON.stringify(op)} is no change of a row, in ${excerptOf(text)}` });
  }
}

/** Scales of decimals by column, for the rows before and after. */
function scalesOf(schema: ConnectField | null): ReadonlyMap<string, DecimalScales> {
  const rows = (schema?.fields ?? []).filter(({ field }) => field === 'before' || field === 'after');
  return new Map(rows.map(({ field, fields }) => {
    const decimals = (fields ?? []).filter((column) => column.name === DECIMAL && column.field !== undefined);
    return [field!, new Map(decimals.map((column) => [column.field!, Number(column.parameters?.scale ?? 0)]))];
  }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
