import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes.js';
import type { Format } from '../../connector/format.js';
import { t } from '../../record/types/t.js';
import { formatKit } from '../../testing/format-kit.js';
import { ChangeMalformed, SchemaMismatch } from '../errors.js';
import { canalJson } from './canal.js';
import type { ChangeRow } from './change-row.js';
import { debeziumJson } from './debezium.js';
import { maxwellJson } from './maxwell.js';
import { decimalText } from './row-text.js';

const product = t.struct({ id: t.bigint, price: t.string, active: t.nullable(t.boolean) });
const row = (price: string, id = 9007199254740993n): { id: bigint; price: string; active: boolean | null } => ({ id, price, active: null });

function decode<T>(format: Format<ChangeRow<T>>, text: string): { values: ChangeRow<T>[]; timestamps: number[] } {
  const values: ChangeRow<T>[] = [];
  const timestamps: number[] = [];
  const bytes = encodeUtf8(text);
  format.createDecoder({ source: 'test', maxDepth: 128 }).decode(bytes, 0, bytes.length, { record: (value, timestamp) => (values.push(value), timestamps.push(timestamp)) });
  return { values, timestamps };
}

const formats = [debeziumJson(product), canalJson(product), maxwellJson(product)] as const;
for (const format of formats) {
  describe(format.name, () => {
    for (const { name, run } of formatKit<ChangeRow<unknown>>({
      format: format as Format<ChangeRow<unknown>>,
      values: [{ kind: 'insert', row: row('1.10') }, { kind: 'delete', row: { id: 1n, price: '"}]', active: true } }],
      malformed: ['{', '[]', '7', '{}', '{"op":"u"}', '{"type":"UPDATE","data":[]}x', '{"type":"insert"}', '{"type":"DELETE","data":{}}', '{"op":"c","before":null,"after":[]}'],
      equal: (left, right) => {
        expect(left).toEqual(right);
        return true;
      },
    })) it(`kit: ${name}`, run);

    it('passes over tombstones, and writes an update as a deletion and an insert', () => {
      expect(decode<unknown>(format as Format<ChangeRow<unknown>>, 'null').values).toEqual([]);
      const encoder = (format as Format<ChangeRow<unknown>>).createEncoder();
      const texts: string[] = [];
      for (const kind of ['update_before', 'update_after'] as const) encoder.encode({ kind, row: row('1') }, { utf8: (text) => void texts.push(text), bytes: () => undefined });
      expect(texts.flatMap((text) => decode(format as Format<ChangeRow<unknown>>, text).values.map(({ kind }) => kind))).toEqual(['delete', 'insert']);
      expect(() => encoder.encode({ kind: 'truncate' } as never, { utf8: () => undefined, bytes: () => undefined })).toThrow(ChangeMalformed.code);
    });
  });
}

describe('debezium-json', () => {
  const source = '"source":{"version":"3.0.0.Final","connector":"postgresql","ts_ms":1589362330904,"db":"inventory","schema":"public","table":"products"}';
  const place = { database: 'inventory', table: 'products' };

  it('reads each operation, with and without the schema around it', () => {
    const plain = (op: string, before: string, after: string): string => `{"before":${before},"after":${after},${source},"op":"${op}","ts_ms":1589362330999,"transaction":null}`;
    const old = '{"id":9007199254740993,"price":"1.1","active":null}';
    const now = '{"id":9007199254740993,"price":"1.20","active":null}';
    for (const wrap of [(text: string) => text, (text: string) => `{"schema":{"type":"struct","fields":[]},"payload":${text}}`]) {
      expect(decode(debeziumJson(product), wrap(plain('c', 'null', now))).values).toEqual([{ kind: 'insert', row: row('1.20'), ...place }]);
      expect(decode(debeziumJson(product), wrap(plain('r', 'null', now))).values).toEqual([{ kind: 'insert', row: row('1.20'), ...place }]);
      const update = decode(debeziumJson(product), wrap(plain('u', old, now)));
      expect(update.values).toEqual([{ kind: 'update_before', row: row('1.1'), ...place }, { kind: 'update_after', row: row('1.20'), ...place }]);
      expect(update.timestamps).toEqual([1589362330904, 1589362330904]);
      expect(decode(debeziumJson(product), wrap(plain('d', old, 'null'))).values).toEqual([{ kind: 'delete', row: row('1.1'), ...place }]);
      expect(decode(debeziumJson(product, { upsert: true }), wrap(plain('u', 'null', now))).values).toEqual([{ kind: 'update_after', row: row('1.20'), ...place }]);
    }
    expect(decode(debeziumJson(), '{"schema":null,"payload":null}').values).toEqual([]);
    expect(decode(debeziumJson(), '{"op":"m","message":{}}').values).toEqual([]);
  });

  it('keeps decimals exact: bytes with a scale in the schema, numbers without quotes, texts', () => {
    const decimal = '{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"},"field":"price"}';
    const fields = (name: string): string => `{"type":"struct","fields":[${decimal}],"optional":true,"field":"${name}"}`;
    const text = (price: string): string => `{"schema":{"type":"struct","fields":[${fields('before')},${fields('after')}]},"payload":{"before":null,"after":{"id":1,"price":${price},"active":true},"op":"c"}}`;
    expect(decode(debeziumJson(product), text('"MDk="')).values[0]!.row).toEqual({ id: 1n, price: '123.45', active: true });
    expect(decode(debeziumJson(product), '{"before":null,"after":{"id":1,"price":12345678901234567890.10,"active":true},"op":"c"}').values[0]!.row.price).toBe('12345678901234567890.10');
    expect(['', '/w==', 'AQ==', 'MDk=', 'z8c='].map((bytes) => decimalText(bytes, 2))).toEqual(['0.00', '-0.01', '0.01', '123.45', '-123.45']);
    expect([decimalText('AQ==', 0), decimalText('AQ==', -3), decimalText('f////////////////////w==', 5)]).toEqual(['1', '1000', '1701411834604692317316873037158841.05727']);
  });

  it('refuses an update without the row before it, the emptying of a table, and rows of another type', () => {
    expect(() => decode(debeziumJson(product), '{"before":null,"after":{},"op":"u"}')).toThrow('before');
    expect(() => decode(debeziumJson(product), '{"op":"t"}')).toThrow(ChangeMalformed.code);
    expect(() => decode(debeziumJson(product), '{"before":null,"after":{"id":"x"},"op":"c"}')).toThrow(SchemaMismatch.code);
  });
});

describe('canal-json', () => {
  it('reads several rows of one record, and takes numbers out of their quotes', () => {
    const update = '{"data":[{"id":"111","price":"5.18","active":"1"},{"id":"9007199254740993","price":"2.0","active":null}],"database":"inventory","es":1589373560000,"id":9,"isDdl":false,"mysqlType":{"id":"INTEGER"},"old":[{"price":"5.15"},{"active":"0","price":null}],"pkNames":["id"],"sql":"","table":"products","ts":1589373560798,"type":"UPDATE"}';
    const typed = t.struct({ id: t.bigint, price: t.nullable(t.number), active: t.nullable(t.boolean) });
    const { values, timestamps } = decode(canalJson(typed), update);
    expect(values.map(({ kind, row: found }) => [kind, found])).toEqual([
      ['update_before', { id: 111n, price: 5.15, active: true }], ['update_after', { id: 111n, price: 5.18, active: true }],
      ['update_before', { id: 9007199254740993n, price: null, active: false }], ['update_after', { id: 9007199254740993n, price: 2, active: null }],
    ]);
    expect(values[0]).toMatchObject({ database: 'inventory', table: 'products' });
    expect(timestamps[0]).toBe(1589373560000);
    expect(decode(canalJson(typed, { upsert: true }), update).values.map(({ kind }) => kind)).toEqual(['update_after', 'update_after']);
  });

  it('passes over statements about tables, but not over those after which rows are gone', () => {
    expect(decode(canalJson(), '{"data":null,"isDdl":true,"type":"CREATE"}').values).toEqual([]);
    expect(decode(canalJson(), '{"data":null,"isDdl":true,"type":"ALTER"}').values).toEqual([]);
    expect(() => decode(canalJson(), '{"data":null,"isDdl":true,"type":"TRUNCATE"}')).toThrow(ChangeMalformed.code);
  });
});

describe('maxwell-json', () => {
  it('reads changes, with the old values in the row before an update', () => {
    const text = '{"database":"test","table":"product","type":"update","ts":1596684928,"xid":7291,"commit":true,"data":{"id":9007199254740993,"price":5.10,"active":null},"old":{"price":5.150}}';
    const { values, timestamps } = decode(maxwellJson(product), text);
    expect(values.map(({ kind, row: found }) => [kind, found])).toEqual([['update_before', row('5.150')], ['update_after', row('5.10')]]);
    expect(timestamps[0]).toBe(1596684928000);
    expect(decode(maxwellJson(), '{"type":"bootstrap-insert","data":{"a":1}}').values).toEqual([{ kind: 'insert', row: { a: 1 } }]);
    expect(['bootstrap-start', 'table-alter'].flatMap((type) => decode(maxwellJson(), `{"type":"${type}"}`).values)).toEqual([]);
    expect(() => decode(maxwellJson(), '{"type":"table-drop"}')).toThrow(ChangeMalformed.code);
  });
});
