import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ByteWriter, decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import { MetricRegistry } from '../../base/metrics.js';
import type { Format } from '../../connector/format.js';
import { SchemaAsynchronous, TextInvalid } from '../../connector/errors.js';
import { t } from '../../record/types/t.js';
import { formatKit } from '../../testing/format-kit.js';
import { FormatOptionInvalid, JsonMalformed, JsonNotEncodable, JsonTooDeep, SchemaMismatch, TimestampFieldInvalid } from '../errors.js';
import { json } from './json.js';

interface Decoded<T> {
  readonly values: T[];
  readonly timestamps: number[];
  readonly unsafe: number;
}

function decode<T>(format: Format<T>, ...texts: readonly (Uint8Array | string)[]): Decoded<T> {
  const metrics = new MetricRegistry();
  const decoder = format.createDecoder({ source: 'test', maxDepth: 128, metrics });
  const values: T[] = [];
  const timestamps: number[] = [];
  const out = {
    record: (value: T, timestamp: number) => {
      values.push(value);
      timestamps.push(timestamp);
    },
  };
  for (const text of texts) {
    const bytes = typeof text === 'string' ? encodeUtf8(text) : text;
    decoder.decode(bytes, 0, bytes.length, out);
  }
  return { values, timestamps, unsafe: metrics.counter('numUnsafeIntegers').value };
}

function encode(value: unknown): string {
  const writer = new ByteWriter();
  json().createEncoder().encode(value, writer);
  return decodeUtf8(writer.view());
}

const kind = (check: { is(error: unknown): boolean }): ((error: unknown) => boolean) => (error) => check.is(error);
const failing = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('json', () => {
  for (const { name, run } of formatKit<unknown>({
    format: json(),
    values: [{ id: 'ü', n: 1.5, list: [1, null, true], deep: { a: {} } }, 'text "quoted" €', 0, null, false, [], {}],
    malformed: ['{', '{"a":1}}', '{a:1}', 'NaN', "{'a':1}", '[1,]', '"\u0001"', new Uint8Array([0x22, 0xff, 0x22]), '{"a":1} {"b":2}'],
    equal: (left, right) => JSON.stringify(left) === JSON.stringify(right),
  })) it(`kit: ${name}`, run);

  it('gives any value of JSON back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        expect(decode(json(), text).values).toEqual([JSON.parse(text)]);
        expect(JSON.parse(encode(JSON.parse(text)))).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('R47 gives bigint where the schema says bigint, also for small numbers, and never a rounded one', () => {
    const format = json(z.object({ id: z.bigint(), at: z.number() }));
    const { values, unsafe } = decode(format, '{"id":9007199254740993,"at":1}', '{"id":5,"at":2}', '{"id":-123456789012345678901234567890,"at":3}');
    expect(values).toEqual([{ id: 9007199254740993n, at: 1 }, { id: 5n, at: 2 }, { id: -123456789012345678901234567890n, at: 3 }]);
    expect(unsafe).toBe(0);
  });

  it('R47 counts unsafe integers seen without a bigint in the schema', () => {
    const text = '{"id":9007199254740993,"list":[12345678901234567890, 1]}';
    expect(decode(json(), text).unsafe).toBe(2);
    expect(decode(json(z.object({ id: z.number(), list: z.array(z.any()) })), text).unsafe).toBe(2);
    const mixed = decode(json(z.object({ id: z.coerce.bigint(), list: z.array(z.union([z.bigint(), z.string()])) })), text, '{"id":7,"list":[1]}');
    expect(mixed.values).toEqual([{ id: 9007199254740993n, list: [12345678901234567890n, 1n] }, { id: 7n, list: [1n] }]);
    expect(mixed.unsafe).toBe(0);
    expect(decode(json(), '{"a":"9007199254740993 12345678901234567890"}', '{"a":0.12345678901234567}', '{"a":1e300}', '{"a":9007199254740991}').unsafe).toBe(0);
    expect(decode(json(), '{"a":9007199254740993,"a":1}', '{"x\\"y":{"b":9007199254740993},"x\\"y":{}}').unsafe).toBe(0);
  });

  it('R47 finds each unsafe integer wherever it stands', () => {
    const number = fc.oneof(fc.integer().map(String), fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)));
    const space = fc.constantFrom('', ' ', '\t');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), number, space), { maxLength: 8 }), (fields) => {
        const text = `{${fields.map(([name, value, gap]) => `${JSON.stringify(name)}${gap}:${gap}[${gap}${value}${gap},"${value}"]`).join(',')}}`;
        const last = new Map(fields.map(([name, value]) => [name, value]));
        const wanted = [...last.values()].filter((value) => /^-?\d+$/.test(value) && !Number.isSafeInteger(Number(value))).length;
        expect(decode(json(), text).unsafe).toBe(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  it('R47 holds for bigints declared with t, and where validation is turned down', () => {
    const Row = t.struct({ id: t.bigint, tags: t.list(t.bigint) });
    expect(decode(json(Row), '{"id":9007199254740993,"tags":[1,9007199254740995]}').values).toEqual([{ id: 9007199254740993n, tags: [1n, 9007199254740995n] }]);
    const big = json(z.object({ id: z.bigint() }), { validate: 'first-1000' });
    const { values, unsafe } = decode(big, ...Array.from({ length: 1001 }, (_, n) => `{"id":${n}}`), '{"id":9007199254740993}', '{"id":7,"other":9007199254740993}');
    expect(values.slice(1000)).toEqual([{ id: 1000n }, { id: 9007199254740993n }, { id: 7n, other: 9007199254740992 }]);
    expect(unsafe).toBe(1);
  });

  it('R48 keeps fields with the names of object internals', () => {
    const text = '{"__proto__":{"admin":true},"constructor":1,"toString":"x","hasOwnProperty":null}';
    const [value] = decode(json(), text).values as Record<string, unknown>[];
    expect(Object.keys(value!)).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
    expect((value as { admin?: unknown }).admin).toBeUndefined();
    expect(encode(value)).toBe(text);
    const declared = decode(json(t.struct(JSON.parse('{"__proto__":{"kind":"dynamic"},"toString":{"kind":"string"}}') as { toString: typeof t.string })), text).values[0]!;
    expect(Object.getOwnPropertyNames(declared)).toEqual(['__proto__', 'toString']);
  });

  it('R49 refuses records nested deeper than the limit, whatever is in their texts', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(decode(json(), nested(128)).values).toHaveLength(1);
    expect(failing(() => decode(json(), nested(129)))).toSatisfy(kind(JsonTooDeep));
    expect(failing(() => decode(json(), nested(100_000)))).toSatisfy(kind(JsonTooDeep));
    expect(decode(json(), JSON.stringify({ a: nested(500), b: '{"\\"'.repeat(300) })).values).toHaveLength(1);
    expect(decode(json(), JSON.stringify(Array.from({ length: 500 }, () => [])))).toBeTruthy();
    expect(failing(() => decode(json(undefined, { maxDepth: 2 }), '[[[]]]'))).toSatisfy(kind(JsonTooDeep));
    expect(decode(json(undefined, { maxDepth: 300 }), nested(300)).values).toHaveLength(1);
  });

  it('passes over blank frames and a byte order mark, and takes the last of fields of one name', () => {
    expect(decode(json(), '  \t', '\uFEFF{"a":1,"a":2}\r').values).toEqual([{ a: 2 }]);
  });

  it('names the place of what a schema refuses', () => {
    const format = json(z.object({ items: z.array(z.object({ price: z.number() })) }));
    const error = failing(() => decode(format, '{"items":[{"price":1},{"price":"free"}]}')) as Error;
    expect(error).toSatisfy(kind(SchemaMismatch));
    expect(error.message).toContain('$.items[1].price');
    expect(error.message).toContain('free');
  });

  it('validates only as many records as it is told', () => {
    const Order = z.object({ id: z.string() });
    const bad = '{"id":1}';
    expect(failing(() => decode(json(Order), bad))).toSatisfy(kind(SchemaMismatch));
    expect(decode(json(Order, { validate: false }), bad).values).toEqual([{ id: 1 }]);
    const good = Array.from({ length: 1000 }, () => '{"id":"a"}');
    expect(decode(json(Order, { validate: 'first-1000' }), ...good, bad).values).toHaveLength(1001);
    expect(failing(() => decode(json(Order, { validate: 'first-1000' }), ...good.slice(1), bad))).toSatisfy(kind(SchemaMismatch));
  });

  it('converts by a type made with t what JSON has no form for, validated or not', () => {
    const Row = t.struct({
      when: t.date,
      tags: t.set(t.string),
      byId: t.map(t.string, t.number),
      pairs: t.map(t.number, t.boolean),
      bytes: t.bytes,
      at: t.timestamp,
      pair: t.tuple(t.string, t.boolean),
      maybe: t.optional(t.number),
      none: t.nullable(t.string),
    });
    const value = { when: new Date(5), tags: new Set(['a']), byId: new Map([['x', 1]]), pairs: new Map([[1, true]]), bytes: new Uint8Array([1, 255]), at: 7, pair: ['p', false], none: null };
    for (const validate of [true, false] as const) expect(decode(json(Row, { validate }), encode(value)).values).toEqual([value]);
    for (const text of ['{}', '[]', '5', encode({ ...value, when: 'yesterday' }), encode({ ...value, bytes: 'xyz' }), encode({ ...value, at: 1.5 }), encode({ ...value, pairs: [[1]] }), encode({ ...value, pair: ['p'] })]) {
      expect(failing(() => decode(json(Row), text)), text).toSatisfy(kind(SchemaMismatch));
    }
    class Point {
      x = 1;
    }
    expect(decode(json(t.class(Point, { x: t.number })), '{"x":2}').values[0]).toBeInstanceOf(Point);
  });

  it('refuses a schema that answers with a promise', () => {
    const format = json(z.object({ a: z.string().refine(() => Promise.resolve(true)) }), { onError: 'skip' });
    expect(failing(() => decode(format, '{"a":"x"}'))).toSatisfy(kind(SchemaAsynchronous));
  });

  it('takes the event time from a field', () => {
    const format = json(undefined, { timestampField: 'at' });
    expect(decode(format, '{"at":1700000000000.7}').timestamps).toEqual([1_700_000_000_000]);
    for (const text of ['{"at":"now"}', '{}', '5']) expect(failing(() => decode(format, text))).toSatisfy(kind(TimestampFieldInvalid));
    expect(decode(json(), '{"at":5}').timestamps).toEqual([Number.NaN]);
  });

  it('refuses settings that cannot be', () => {
    for (const maxDepth of [0, 1.5, 1001]) expect(failing(() => json(undefined, { maxDepth }))).toSatisfy(kind(FormatOptionInvalid));
    expect(failing(() => json({ onError: 'skip' } as never))).toSatisfy(kind(FormatOptionInvalid));
  });

  it('tells malformed and badly encoded records apart', () => {
    expect(failing(() => decode(json(), '{"a":'))).toSatisfy(kind(JsonMalformed));
    expect(failing(() => decode(json(), new Uint8Array([0x22, 0xc3, 0x28, 0x22])))).toSatisfy(kind(TextInvalid));
    expect(decode(json(), '"\uFFFD"').values).toEqual(['\uFFFD']);
  });

  it('writes what JSON has no form for in a fixed way, and refuses what would be lost', () => {
    expect(encode({ a: 1n, b: new Date(0), c: new Set([1]), d: new Map([['k', 2n]]), e: new Map([[1, 2]]), f: undefined, g: [undefined], h: -0, i: new Uint8Array([10]), j: new Float64Array([1.5]), k: new ArrayBuffer(1) })).toBe(
      '{"a":1,"b":"1970-01-01T00:00:00.000Z","c":[1],"d":{"k":2},"e":[[1,2]],"g":[null],"h":-0,"i":"0a","j":[1.5],"k":"00"}',
    );
    expect(encode({ toJSON: 5, x: { toJSON: () => 'own' } })).toBe('{"toJSON":5,"x":"own"}');
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const value of [Number.NaN, { a: Infinity }, undefined, () => 1, { a: Symbol('s') }, new Date(Number.NaN), cycle]) {
      expect(failing(() => encode(value))).toSatisfy(kind(JsonNotEncodable));
    }
    const shared = { n: 1 };
    expect(encode({ a: shared, b: [shared, 1n] })).toBe('{"a":{"n":1},"b":[{"n":1},1]}');
  });
});
