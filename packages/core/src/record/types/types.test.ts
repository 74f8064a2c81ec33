import type { StandardSchemaV1 } from '@standard-schema/spec';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { codecFor } from '../codec/codec.js';
import { anyTypeAndValues } from '../codec/typed.test-values.js';
import { TypeInvalid } from '../errors.js';
import { describeType, fingerprintOf, typeFromDescription, typeInWords } from './describe.js';
import { compareTypes, evolveValue } from './evolve.js';
import { isStandardSchema, typeFromSchema } from './from-schema.js';
import { t, type } from './t.js';
import type { TypeInfo, TypeNode, TypeOf } from './type-info.js';

class Money {
  cents = 0;
  currency = 'EUR';
}

const Order = t.struct({
  id: t.string,
  amount: t.number,
  at: t.timestamp,
  note: t.optional(t.string),
  parent: t.nullable(t.bigint),
  tags: t.list(t.string),
  byDay: t.map(t.string, t.set(t.number)),
  place: t.tuple(t.number, t.number),
  price: t.class(Money, { cents: t.number, currency: t.string }),
  raw: t.bytes,
  any: t.dynamic,
});

describe('types', () => {
  it('carry their compile-time type', () => {
    expectTypeOf<TypeOf<typeof Order>>().toEqualTypeOf<{
      id: string;
      amount: number;
      at: number;
      parent: bigint | null;
      tags: string[];
      byDay: Map<string, Set<number>>;
      place: [number, number];
      price: Money;
      raw: Uint8Array;
      any: unknown;
      note?: string | undefined;
    }>();
    const Alert = type<{ user: string }>();
    expectTypeOf<TypeOf<typeof Alert>>().toEqualTypeOf<{ user: string }>();
    const wide: TypeInfo = Order;
    expect(wide.kind).toBe('struct');
    expect(Object.isFrozen(Order) && Object.isFrozen(Order.fields) && Object.isFrozen(Order.fields[0])).toBe(true);
  });

  it('are described as JSON, and read back without the classes', () => {
    const text = JSON.stringify(describeType(Order));
    const back = typeFromDescription(JSON.parse(text));
    expect(JSON.stringify(describeType(back))).toBe(text);
    expect(fingerprintOf(back)).toBe(fingerprintOf(Order));
    expect(fingerprintOf(Order)).toMatch(/^[0-9a-f]{32}$/);
    expect(fingerprintOf(t.struct({ a: t.string }))).not.toBe(fingerprintOf(t.struct({ a: t.number })));
    expect(fingerprintOf(t.dynamic)).toBeUndefined();
    expect(typeInWords(Order)).toContain('tags: list of string, byDay: map from string to set of number, place: [number, number], price: Money');
  });

  it('data can be read with the description alone', () => {
    fc.assert(
      fc.property(anyTypeAndValues(), ({ type: any, values }) => {
        const back = typeFromDescription(JSON.parse(JSON.stringify(describeType(any)))) as TypeInfo;
        for (const value of values) {
          const writer = new ByteWriter();
          codecFor(any).encode(value, writer);
          const reader = new ByteReader(writer.toBytes());
          codecFor(back).decode(reader);
          expect(reader.remaining).toBe(0);
        }
        expect(compareTypes(any, back)).toEqual({ verdict: 'same', changes: [] });
      }),
      { numRuns: 200 },
    );
  });

  it.each([5, null, 'text', ['x'], ['list'], ['struct', [['a', 'string'], ['a', 'string']]], ['struct', 'a'], ['struct', [['a']]], ['class', 1, []], deep(200)])(
    'refuses the description %j',
    (description) => {
      expect(() => typeFromDescription(description)).toThrow('MR-1112');
    },
  );

  it('refuses declarations that say nothing', () => {
    expect(() => t.struct({ a: undefined as never })).toThrow('the field "a" has no type');
    expect(() => t.list(t.list as never)).toThrow('MR-1112');
    expect(() => t.class(class {}, {})).toThrow('t.class');
    expect(t.class(class {}, {}, { name: 'Named' }).name).toBe('Named');
    expect(TypeInvalid.code).toBe('MR-1112');
  });
});

function deep(levels: number): unknown {
  let description: unknown = 'string';
  for (let i = 0; i < levels; i++) description = ['list', description];
  return description;
}

describe('evolution of types', () => {
  const before = t.struct({ id: t.string, gone: t.number, items: t.list(t.struct({ n: t.number })), at: t.number });

  it.each([
    ['same', before],
    ['compatible', t.struct({ id: t.string, items: t.list(t.struct({ n: t.number, more: t.optional(t.string) })), at: t.timestamp })],
    ['compatible', t.struct({ at: t.number, id: t.nullable(t.string), gone: t.optional(t.number), items: t.list(t.struct({ n: t.number })) })],
    ['compatible', t.struct({ id: t.dynamic, gone: t.number, items: t.dynamic, at: t.number })],
    ['incompatible', t.struct({ id: t.number, gone: t.number, items: t.list(t.struct({ n: t.number })), at: t.number })],
    ['incompatible', t.struct({ id: t.string, gone: t.number, items: t.list(t.struct({ n: t.number, more: t.string })), at: t.number })],
    ['incompatible', t.struct({ id: t.string, gone: t.number, items: t.set(t.struct({ n: t.number })), at: t.number })],
    ['incompatible', t.tuple(t.string)],
  ] as [string, TypeInfo][])('R44 says %s, with the changes in words', (verdict, after) => {
    const comparison = compareTypes(before, after);
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.changes.length > 0).toBe(verdict !== 'same');
    if (verdict === 'incompatible') return;
    const value = { id: 'a', gone: 1, items: [{ n: 1 }], at: 5 };
    codecFor(after).encode(evolveValue(before, after, value), new ByteWriter());
  });

  it('R44 names what is in the way', () => {
    expect(compareTypes(t.optional(t.string), t.string).changes).toEqual(['$ is now string (was optional string)']);
    expect(compareTypes(t.dynamic, t.string).verdict).toBe('incompatible');
    expect(compareTypes(t.tuple(t.string, t.number), t.tuple(t.string)).verdict).toBe('incompatible');
    expect(compareTypes(t.struct({}), t.struct({ a: t.string })).changes[0]).toContain('$.a is new and not optional');
  });

  it('R44 takes values over through every container, and makes instances', () => {
    class Price {
      cents = 0;
      currency?: string | undefined;
    }
    const PriceType = t.class(Price, { cents: t.number, currency: t.optional(t.string) });
    const from = t.map(t.string, t.tuple(t.set(t.struct({ cents: t.number, old: t.string })), t.optional(t.number)));
    const to = t.map(t.string, t.tuple(t.set(PriceType), t.optional(t.number)));
    expect(compareTypes(from, to).verdict).toBe('compatible');
    const evolved = evolveValue(from, to, new Map([['k', [new Set([{ cents: 5, old: 'x' }]), undefined]]])) as Map<string, [Set<Price>, undefined]>;
    const money = [...evolved.get('k')![0]][0]!;
    expect(money).toBeInstanceOf(Price);
    expect(Object.keys(money)).toEqual(['cents']);
  });
});

describe('types from Standard Schemas', () => {
  it('take what the schema gives out', () => {
    const schema = z.object({
      id: z.string(),
      kind: z.enum(['a', 'b']),
      n: z.number().nullable(),
      count: z.int().default(1),
      flag: z.boolean().optional(),
      items: z.array(z.object({ sku: z.string(), at: z.iso.datetime() })),
      pair: z.tuple([z.string(), z.number()]),
      either: z.union([z.string(), z.number()]),
      one: z.literal(5),
      size: z.string().transform((text) => text.length).pipe(z.number()),
    });
    expect(typeInWords(typeFromSchema(schema))).toBe(
      '{ id: string, kind: string, n: number or null, count: number, flag: optional boolean, items: list of { sku: string, at: string }, pair: [string, number], either: optional any value, one: number, size: number }',
    );
    expectTypeOf<TypeOf<ReturnType<typeof typeFromSchema<typeof schema>>>>().toEqualTypeOf<z.output<typeof schema>>();
    const value = schema.parse({ id: 'x', kind: 'a', n: null, items: [{ sku: 's', at: '2024-01-01T00:00:00Z' }], pair: ['a', 1], either: 'e', one: 5, size: 'abc' });
    const writer = new ByteWriter();
    codecFor(typeFromSchema(schema)).encode(value, writer);
    expect(codecFor(typeFromSchema(schema)).decode(new ByteReader(writer.toBytes()))).toEqual(value);
  });

  it('are dynamic where JSON Schema cannot say it, for that field alone', () => {
    expect(typeInWords(typeFromSchema(z.object({ id: z.string(), d: z.date(), b: z.bigint().optional() })))).toBe('{ id: string, d: optional any value, b: optional any value }');
    const kind = (schema: StandardSchemaV1): TypeNode['kind'] => typeFromSchema(schema).kind;
    expect(kind(z.string().transform((text) => text.length))).toBe('dynamic');
    expect(kind(z.looseObject({ a: z.string() }))).toBe('dynamic');
    expect(kind(z.record(z.string(), z.number()))).toBe('dynamic');
    expect(kind(z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })]))).toBe('dynamic');
    interface Node {
      next?: Node | undefined;
    }
    const Node: z.ZodType<Node> = z.object({
      get next() {
        return Node.optional();
      },
    });
    const node = typeFromSchema(Node);
    codecFor(node).encode({ next: { next: {} } }, new ByteWriter());
  });

  it('are dynamic for schemas without the hook, or with a broken one', () => {
    const bare = { '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) } } as const;
    expect(isStandardSchema(bare)).toBe(true);
    expect(isStandardSchema({})).toBe(false);
    expect(typeFromSchema(bare as StandardSchemaV1).kind).toBe('dynamic');
    const hooked = (output: unknown): StandardSchemaV1 => ({ '~standard': { ...bare['~standard'], jsonSchema: { input: () => ({}), output: () => output } } }) as never;
    expect(typeFromSchema(hooked(undefined)).kind).toBe('dynamic');
    expect(typeFromSchema(hooked({ type: 'array' })).kind).toBe('dynamic');
    expect(typeFromSchema(hooked({ enum: ['a', 1] })).kind).toBe('dynamic');
    expect(typeFromSchema(hooked({ enum: [true, false] })).kind).toBe('boolean');
    expect(typeFromSchema(hooked({ const: 'a' })).kind).toBe('string');
    expect(typeFromSchema(hooked({ anyOf: [{ type: 'string' }, { type: 'null' }] })).kind).toBe('nullable');
    expect(typeFromSchema(hooked({ type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'string' } })).kind).toBe('dynamic');
  });
});
