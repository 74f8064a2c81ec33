import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, toHex } from '../../base/bytes.js';
import { MillraceError } from '../../base/errors.js';
import { EncodingMalformed, ValueIsCyclic, ValueNotOfType, ValueNotSupported, ValueTooDeep } from '../errors.js';
import { t } from '../types/t.js';
import type { TypeInfo } from '../types/type-info.js';
import { anyDomainValue, difference, DOMAIN, refusedValues } from '../value-domain.test-values.js';
import { codecFor } from './codec.js';
import { writeNumberInArray } from './dynamic-value.js';
import { anyTypeAndValues } from './typed.test-values.js';

/** What fast-check tries takes processor time, of which a loaded machine gives little. */
const PATIENT = { timeout: 120_000 };

function roundTrip(type: TypeInfo, value: unknown, generate: boolean): { back: unknown; hex: string } {
  const codec = codecFor(type, { generate });
  const writer = new ByteWriter(16);
  codec.encode(value, writer);
  const reader = new ByteReader(writer.toBytes());
  const back = codec.decode(reader);
  expect(reader.remaining).toBe(0);
  return { back, hex: toHex(writer.toBytes()) };
}

function thrown(action: () => unknown): MillraceError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return error as MillraceError;
  }
  throw new Error('nothing was thrown');
}

class Money {
  cents: number;
  readonly currency: string;
  constructor(cents: number, currency: string) {
    this.cents = cents;
    this.currency = currency;
  }
  get amount(): number {
    return this.cents / 100;
  }
}

const MoneyType = t.class(Money, { cents: t.number, currency: t.string });

describe('the dynamic codec', () => {
  it.each(DOMAIN)('R48 keeps %s', (_, value) => {
    expect(difference(value, roundTrip(t.dynamic, value, true).back)).toBeUndefined();
    expect(difference([value], roundTrip(t.list(t.dynamic), [value], true).back)).toBeUndefined();
    const inStruct = { f: value };
    for (const generate of [true, false]) {
      expect(difference(inStruct, roundTrip(t.struct({ f: t.dynamic }), inStruct, generate).back)).toBeUndefined();
    }
  });

  it.each(refusedValues())('R49 refuses %s with code and path, and leaves the writer as it was', (_, value) => {
    for (const type of [t.dynamic, t.list(t.dynamic), t.struct({ f: t.dynamic })] as TypeInfo[]) {
      const given = type.kind === 'list' ? [1, { x: value }] : type.kind === 'struct' ? { f: value } : { x: [value] };
      const writer = new ByteWriter();
      writer.u8(7);
      const error = thrown(() => codecFor(type).encode(given, writer));
      expect([ValueNotSupported, ValueIsCyclic, ValueTooDeep].some((kind) => kind.is(error))).toBe(true);
      expect(error.where.path).toMatch(/^\$(\.x|\[1\]\.x|\.f)/);
      expect(writer.length).toBe(1);
    }
  });

  it('R48 keeps any value of the domain', PATIENT, () => {
    fc.assert(
      fc.property(anyDomainValue(), (value) => {
        expect(difference(value, roundTrip(t.dynamic, value, true).back)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('has the same bytes for a number alone in an array, whoever writes it', () => {
    const hex = (write: (writer: ByteWriter) => void): string => {
      const writer = new ByteWriter(1);
      write(writer);
      return toHex(writer.toBytes());
    };
    for (const value of [0, -0, 1, 127, 128, 2 ** 32 - 1, 2 ** 32, -1, -(2 ** 32), -(2 ** 32) - 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER]) {
      expect(hex((writer) => writeNumberInArray(value, writer))).toBe(hex((writer) => codecFor(t.dynamic).encode([value], writer)));
    }
  });

  it('names what is wrong inside maps, sets and odd fields', () => {
    const path = (value: unknown): string | undefined => thrown(() => codecFor(t.dynamic).encode(value, new ByteWriter())).where.path;
    expect(path(new Map([['a', { 'b c': () => 1 }]]))).toBe('$.get("a")["b c"]');
    expect(path(new Map([[Symbol('s'), 1]]))).toBe('$.keys()[0]');
    expect(path({ s: new Set([1, Symbol('x')]) })).toBe('$.s.values()[1]');
  });
});

describe('declared codecs', () => {
  it('keep every kind of type, absent and undefined apart, and instances of classes', () => {
    const type = t.struct({
      s: t.string,
      n: t.number,
      b: t.boolean,
      i: t.bigint,
      at: t.timestamp,
      d: t.date,
      raw: t.bytes,
      o: t.optional(t.string),
      u: t.optional(t.number),
      x: t.nullable(t.struct({ y: t.optional(t.nullable(t.string)) })),
      list: t.list(t.optional(t.number)),
      set: t.set(t.string),
      map: t.map(t.string, t.struct({ z: t.number })),
      tuple: t.tuple(t.string, t.number, t.tuple()),
      money: MoneyType,
      empty: t.struct({}),
      ['__proto__']: t.string,
      constructor: t.number,
      toString: t.optional(t.number),
    });
    const value = {
      s: 'x\ud800', n: -0, b: true, i: 5n ** 60n, at: 1_700_000_000_000, d: new Date(5), raw: new Uint8Array([1, 2]), u: undefined,
      x: { y: null }, list: [1, undefined, 3], set: new Set(['a']), map: new Map([['k', { z: 1 }]]), tuple: ['a', 1, []],
      money: new Money(150, 'EUR'), empty: {}, ['__proto__']: 'own', constructor: 1,
    };
    delete value.list[1];
    const first = roundTrip(type, value, true);
    const second = roundTrip(type, value, false);
    expect(difference(value, first.back)).toBeUndefined();
    expect(difference(value, second.back)).toBeUndefined();
    expect(first.hex).toBe(second.hex);
    expect((first.back as typeof value).money.amount).toBe(1.5);
    expect(Object.hasOwn(first.back as object, 'o')).toBe(false);
    expect(Object.hasOwn(first.back as object, 'u')).toBe(true);
  });

  it('generated and interpreted codecs agree byte for byte on any type and value', PATIENT, () => {
    fc.assert(
      fc.property(anyTypeAndValues(), ({ type, values }) => {
        for (const value of values) {
          const first = roundTrip(type, value, true);
          const second = roundTrip(type, value, false);
          expect(first.hex).toBe(second.hex);
          expect(difference(value, first.back)).toBeUndefined();
          expect(difference(value, second.back)).toBeUndefined();
        }
      }),
      { numRuns: 600 },
    );
  });

  it.each([
    ['a wrong type', t.struct({ a: t.number }), { a: '1' }, '$.a'],
    ['a missing field', t.struct({ a: t.number }), {}, '$.a'],
    ['an inherited field', t.struct({ toString: t.dynamic }), {}, '$.toString'],
    ['an undeclared field', t.struct({ a: t.number }), { a: 1, 'b c': 2 }, '$["b c"]'],
    ['undefined', t.struct({ a: t.number }), { a: undefined }, '$.a'],
    ['null for optional', t.optional(t.string), null, '$'],
    ['a hole', t.list(t.number), [1, , 2], '$[1]'],
    ['a hole among dynamic values', t.tuple(t.number, t.dynamic), [1, , ], '$[1]'],
    ['a hole among dynamic values of a list', t.list(t.dynamic), [1, , 2], '$[1]'],
    ['a long tuple', t.tuple(t.number), [1, 2], '$'],
    ['a plain object for a class', t.list(MoneyType), [{ cents: 1, currency: 'EUR' }], '$[0]'],
    ['an instance for a struct', t.struct({ cents: t.number, currency: t.string }), new Money(1, 'EUR'), '$'],
    ['a wrong map value', t.map(t.string, t.number), new Map([['a', 'b']]), '$.values()[0]'],
    ['a wrong set entry', t.set(t.number), new Set(['b']), '$.values()[0]'],
    ['bytes of another kind', t.bytes, new Int8Array(1), '$'],
    ['an invalid date', t.date, new Date(Number.NaN), '$'],
    ['a string for an object', t.struct({ a: t.number }), 'a', '$'],
  ] as [string, TypeInfo, unknown, string][])('refuse %s with its path', (_, type, value, path) => {
    for (const generate of [true, false]) {
      const writer = new ByteWriter();
      const error = thrown(() => codecFor(type, { generate }).encode(value, writer));
      expect(ValueNotOfType.is(error), error.message).toBe(true);
      expect(error.where.path).toBe(path);
      expect(writer.length).toBe(0);
    }
  });
});

describe('decoding hostile bytes', () => {
  const types: TypeInfo[] = [
    t.dynamic,
    t.struct({ a: t.string, b: t.optional(t.number), c: t.list(t.struct({})), d: t.boolean }),
    t.map(t.bigint, t.set(t.tuple(t.date, t.bytes))),
    MoneyType,
  ];

  it('gives a value or a coded error, in bounded time and memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const type of types) {
          for (const generate of [true, false]) {
            try {
              codecFor(type, { generate }).decode(new ByteReader(bytes));
            } catch (error) {
              expect(error).toBeInstanceOf(MillraceError);
            }
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses counts, tags and depths that cannot be', () => {
    const decode = (...bytes: number[]): unknown => thrown(() => codecFor(t.dynamic).decode(new ByteReader(new Uint8Array(bytes))));
    for (const bytes of [[10, 0xff, 0xff, 0xff, 0x7f], [99], [11], [8, 9], [17, 40, 0], [17, 8, 3, 1, 2, 3], [9, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f]]) {
      expect(EncodingMalformed.is(decode(...bytes)), String(bytes)).toBe(true);
    }
    const deep = new Uint8Array(100_000).fill(10);
    for (let i = 1; i < deep.length; i += 2) deep[i] = 1;
    expect(EncodingMalformed.is(thrown(() => codecFor(t.dynamic).decode(new ByteReader(deep))))).toBe(true);
    expect(EncodingMalformed.is(thrown(() => codecFor(t.boolean).decode(new ByteReader(new Uint8Array([2])))))).toBe(true);
    expect(EncodingMalformed.is(thrown(() => codecFor(t.optional(t.string)).decode(new ByteReader(new Uint8Array([3])))))).toBe(true);
    expect(EncodingMalformed.is(thrown(() => codecFor(t.optional(t.string)).decode(new ByteReader(new Uint8Array([1])))))).toBe(true);
    expect(EncodingMalformed.is(thrown(() => codecFor(t.struct({})).decode(new ByteReader(new Uint8Array([1])))))).toBe(true);
  });
});
