import type { Format } from '../../connector/format.js';
import { excerptOf } from '../../connector/excerpt.js';
import { ChangeMalformed } from '../errors.js';
import { membersAt } from '../json/json-members.js';
import { changeFormat, type ChangeDialect, type ChangeOptions, type ChangeRow, type FoundChange, rowAt, type RowSchema } from './change-row.js';

/** Records about the course of a bootstrap, and about tables. */
const NO_ROW = /^(?:bootstrap-start|bootstrap-complete|database-create|database-alter|table-create|table-alter)$/;

const DIALECT: ChangeDialect = {
  name: 'maxwell-json',
  find(record, text, rows, upsert) {
    const type = String(record['type']);
    if (NO_ROW.test(type)) return undefined;
    if (!['insert', 'bootstrap-insert', 'update', 'delete'].includes(type)) throw ChangeMalformed.error({ what: `the type ${JSON.stringify(record['type'])} is no change of a row, in ${excerptOf(text)}` });
    const members = membersAt(text, 0)!;
    const own = rowAt(text, members.get('data'), 'data', `the change "${type}"`);
    const row = rows.of(text, own);
    const changes: FoundChange[] = [];
    if (type === 'update' && !upsert) changes.push({ kind: 'update_before', row: rows.of(text, own, undefined, rowAt(text, members.get('old'), 'old', 'the change "update"')) });
    changes.push({ kind: type === 'update' ? 'update_after' : type === 'delete' ? 'delete' : 'insert', row });
    const seconds = record['ts'];
    return { changes, database: record['database'], table: record['table'], timestamp: typeof seconds === 'number' ? seconds * 1000 : undefined };
  },
  write({ kind, database, table }, row) {
    const type = kind === 'delete' || kind === 'update_before' ? 'delete' : 'insert';
    return JSON.stringify({ database, table, type }).replace(/}$/, `,"data":${row}}`);
  },
};

/** Change rows as Maxwell writes them in JSON. Rows of a bootstrap are inserts; records about tables are passed over. */
export function maxwellJson<T = Record<string, unknown>>(rows?: RowSchema<T>, options: ChangeOptions = {}): Format<ChangeRow<T>> {
  return changeFormat(DIALECT, rows, options);
}
