import type { Format } from '../../connector/format.js';
import { excerptOf } from '../../connector/excerpt.js';
import { ChangeMalformed } from '../errors.js';
import { elementsAt, type JsonSpan, membersAt } from '../json/json-members.js';
import { changeFormat, type ChangeDialect, type ChangeOptions, type ChangeRow, type FoundChange, rowAt, type RowSchema } from './change-row.js';
import type { RowText } from './row-text.js';

/** Statements about tables after which rows are gone that no record names. */
const ROWS_GONE = ['TRUNCATE', 'ERASE'];

const DIALECT: ChangeDialect = {
  name: 'canal-json',
  find(record, text, rows, upsert) {
    const type = String(record['type']).toUpperCase();
    if (!['INSERT', 'UPDATE', 'DELETE'].includes(type)) {
      if ((record['isDdl'] === true || type === 'CREATE') && !ROWS_GONE.includes(type)) return undefined;
      throw ChangeMalformed.error({ what: `the type ${JSON.stringify(record['type'])} is no change of a row, in ${excerptOf(text)}` });
    }
    const members = membersAt(text, 0)!;
    const data = members.get('data');
    const after = data === undefined ? undefined : elementsAt(text, data.from);
    if (after === undefined) throw ChangeMalformed.error({ what: `"data" is no list of rows, in ${excerptOf(text)}` });
    const old = members.get('old');
    const before = (old === undefined ? undefined : elementsAt(text, old.from)) ?? [];
    const changes = after.flatMap((span, at) => changesOf(type, { text, rows, upsert }, span, before[at]));
    return { changes, database: record['database'], table: record['table'], timestamp: record['es'] ?? record['ts'] };
  },
  write({ kind, database, table }, row) {
    const type = kind === 'delete' || kind === 'update_before' ? 'DELETE' : 'INSERT';
    return JSON.stringify({ database, table, type }).replace(/}$/, `,"data":[${row}]}`);
  },
};

/**
 * Change rows as Canal writes them in JSON: one record may hold several rows. Values are quoted there; columns declared as
 * number, bigint or boolean come as such. Statements about tables are passed over, but for those that empty or drop one.
 */
export function canalJson<T = Record<string, unknown>>(rows?: RowSchema<T>, options: ChangeOptions = {}): Format<ChangeRow<T>> {
  return changeFormat(DIALECT, rows, options);
}

function changesOf(type: string, { text, rows, upsert }: { readonly text: string; readonly rows: RowText; readonly upsert: boolean }, span: JsonSpan, old: JsonSpan | undefined): readonly FoundChange[] {
  const own = rowAt(text, span, 'data', `the change "${type}"`);
  const row = rows.of(text, own);
  if (type === 'INSERT') return [{ kind: 'insert', row }];
  if (type === 'DELETE') return [{ kind: 'delete', row }];
  if (upsert) return [{ kind: 'update_after', row }];
  return [{ kind: 'update_before', row: rows.of(text, own, undefined, rowAt(text, old, 'old', 'the change "UPDATE"')) }, { kind: 'update_after', row }];
}
