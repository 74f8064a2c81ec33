import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ByteWriter, decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import { HeaderInvalid } from '../../connector/errors.js';
import type { Format } from '../../connector/format.js';
import { t } from '../../record/types/t.js';
import { formatKit } from '../../testing/format-kit.js';
import { CsvMalformed, CsvNotEncodable, FormatOptionInvalid, SchemaMismatch } from '../errors.js';
import { csv } from './csv.js';

function decode<T>(format: Format<T>, text: string): T[] {
  const decoder = format.createDecoder({ source: 'test', maxDepth: 128 });
  const bytes = encodeUtf8(text);
  const values: T[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = decoder.frameEnd!(bytes, at, bytes.length, true);
    decoder.decode(bytes, at, end, { record: (value) => values.push(value) });
    at = end;
  }
  return values;
}

function encode<T>(format: Format<T>, value: unknown): string {
  const writer = new ByteWriter();
  format.createEncoder().encode(value as T, writer);
  return decodeUtf8(writer.view());
}

const failing = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};
const Row = { id: t.string, amount: t.number, note: t.nullable(t.string), extra: t.optional(t.bigint) };

describe('csv', () => {
  for (const header of [true, false]) {
    for (const { name, run } of formatKit({
      format: csv({ types: Row, columns: Object.keys(Row), header }),
      values: [
        { id: 'a', amount: 1.5, note: null },
        { id: 'b,"c"\r\nd', amount: -0, note: '', extra: 12345678901234567890n },
        { id: ' ü€😀 ', amount: 1e300, note: "=SUM(1)", extra: 0n },
      ],
      malformed: ['a,1', 'a,b,c,d', 'a,1,"x"y,', 'a,1,"x', 'a,1,x"y,', 'a,1,x,1.5', new Uint8Array([0xff, 44, 49, 44, 44])],
      equal: (left, right) => encode(csv({ types: Row }), left) === encode(csv({ types: Row }), right) && left.note === right.note && left.extra === right.extra,
    })) it(`kit, header ${header}: ${name}`, run);
  }

  it('reads objects by header, arrays without, and accepts any order of the header', () => {
    expect(decode(csv({ header: true }), '\uFEFFb,a\r\n1,2\r\n\r\n"x\ny",""')).toEqual([{ b: '1', a: '2' }, { b: 'x\ny', a: '' }]);
    expect(decode(csv(), 'a,b\n,\n"",c,\n')).toEqual([['a', 'b'], ['', ''], ['', 'c', '']]);
    expect(decode(csv({ types: { n: t.number, s: t.string }, header: true }), 's,more,n\nx,y,1\n')).toEqual([{ s: 'x', more: 'y', n: 1 }]);
    expect(decode(csv({ delimiter: ';', quote: "'", columns: ['a', 'b'] }), "'it''s';\"\n")).toEqual([{ a: "it's", b: '"' }]);
  });

  it('R48 keeps columns with the names of object internals', () => {
    const [value] = decode(csv({ header: true }), '__proto__,constructor\na,b\n');
    expect(Object.entries(value!)).toEqual([['__proto__', 'a'], ['constructor', 'b']]);
  });

  it('converts fields by type and refuses what is no value of it', () => {
    const types = { n: t.number, t: t.timestamp, i: t.bigint, b: t.boolean, d: t.date };
    expect(decode(csv({ types }), '+1.5e3,7,-9,true,1970-01-01T00:00:00.005Z\n')).toEqual([{ n: 1500, t: 7, i: -9n, b: true, d: new Date(5) }]);
    for (const line of ['x,7,9,true,1970-01-01', '1,7.5,9,true,1970-01-01', '1,7,9.5,true,1970-01-01', '1,7,9,yes,1970-01-01', '1,7,9,true,never', ',7,9,true,1970-01-01', '0x10,7,9,true,1970-01-01']) {
      expect(failing(() => decode(csv({ types }), line)), line).toSatisfy((error) => CsvMalformed.is(error));
    }
  });

  it('validates with a schema after the types', () => {
    const format = csv({ header: true, schema: z.object({ id: z.string().min(1), n: z.coerce.number() }) });
    expect(decode(format, 'id,n\na,5\n')).toEqual([{ id: 'a', n: 5 }]);
    expect(failing(() => decode(format, 'id,n\n,5\n'))).toSatisfy((error) => SchemaMismatch.is(error));
  });

  it('refuses a header without a needed column or with one twice', () => {
    expect(failing(() => decode(csv({ header: true, columns: ['a', 'b'] }), 'a,c\n1,2\n'))).toSatisfy((error) => HeaderInvalid.is(error));
    expect(failing(() => decode(csv({ header: true }), 'a,a\n1,2\n'))).toSatisfy((error) => HeaderInvalid.is(error));
  });

  it('writes quotes only where needed and never changes a value', () => {
    const format = csv({ columns: ['a', 'b', 'c', 'd'] });
    expect(encode(format, { a: '=1+1', b: 'x"y', c: null, d: new Date(0) })).toBe('=1+1,"x""y",,1970-01-01T00:00:00.000Z');
    expect(encode(format, ['', 5n, false, undefined])).toBe('"",5,false,');
    expect(encode(csv({ columns: ['a'] }), { a: null })).toBe('""');
    expect(encode(csv({ columns: ['a'], delimiter: '.' }), { a: 1.5 })).toBe('"1.5"');
    for (const value of [{ a: {} }, { a: [] }, { a: Number.NaN }, { z: 1 }, 'text', null, ['only one'], { a: new Date(Number.NaN) }]) {
      expect(failing(() => encode(format, value))).toSatisfy((error) => CsvNotEncodable.is(error));
    }
  });

  it('refuses settings that cannot be', () => {
    for (const options of [{ delimiter: ';;' }, { quote: '' }, { delimiter: 'ü' }, { delimiter: '"' }, { columns: [] }, { columns: ['a', 'a'] }, { lineEnd: '\r' }, { types: { a: t.list(t.string) } }, { columns: ['a'], types: { b: t.string } }, { schema: z.object({}) }, { header: true, schema: {} }]) {
      expect(failing(() => csv(options as never)), JSON.stringify(options)).toSatisfy((error) => FormatOptionInvalid.is(error));
    }
    expect(failing(() => csv({ header: true }).createEncoder())).toSatisfy((error) => FormatOptionInvalid.is(error));
  });
});
