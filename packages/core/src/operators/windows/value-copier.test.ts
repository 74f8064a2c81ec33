import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { copyValue } from './copy-value.js';
import { ValueCopier } from './value-copier.js';

class Point {
  x = 1;
}

const VALUES: readonly unknown[] = [
  { a: 1, b: 'x' },
  { a: 2.5, b: null },
  { b: 'x', a: 1 },
  { a: 1 },
  { a: 1, b: 2, c: 3 },
  { a: { deep: [1] }, b: 2 },
  { a: 1, b: new Map([['k', { v: 1 }]]) },
  Object.assign(Object.create(null) as object, { a: 1, b: 2 }),
  Object.assign(Object.create({ inherited: 1 }) as object, { a: 1, b: 2 }),
  JSON.parse('{"a":1,"__proto__":2}'),
  JSON.parse('{"__proto__":2}'),
  { constructor: 1, a: 2 },
  Object.freeze({ a: 1, b: 2 }),
  {},
  [1, { a: 1 }],
  new Point(),
  new Date(5),
  new Uint8Array([1, 2]),
  7,
  'text',
  undefined,
  null,
];

function expectSameCopy(copier: ValueCopier, value: unknown): void {
  const copy = copier.copy(value);
  const plain = copyValue(value);
  expect(copy).toStrictEqual(plain);
  expect(Object.keys((copy ?? {}) as object)).toEqual(Object.keys((plain ?? {}) as object));
  if (typeof value !== 'object' || value === null) return;
  expect(copy).not.toBe(value);
  expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(plain));
  expect(Object.isFrozen(copy)).toBe(Object.isFrozen(plain));
}

describe('a copier of values', () => {
  it('copies whatever comes behind whatever was first as copyValue does', () => {
    for (const first of VALUES) {
      const copier = new ValueCopier();
      for (const value of [first, ...VALUES]) expectSameCopy(copier, value);
    }
  });

  it('takes any names of fields as names', () => {
    const name = fc.oneof(
      fc.constantFrom('__proto__', 'toString', 'hasOwnProperty', '0', '10', '-1', '', 'value', 'names', 'at', 'f0', 'copyValue', '"]; throw 1; //', '\\', '${x}', '`', '\u2028\n\r', '\ud800'),
      fc.string(),
      fc.string({ unit: 'binary' }),
    );
    const field = fc.oneof(fc.double(), fc.bigInt(), fc.string(), fc.constantFrom(null, undefined, true), fc.constant([{ n: 1 }]), fc.date(), fc.uint8Array());
    const object = fc.array(fc.tuple(name, field), { maxLength: 20 }).map((fields) => Object.fromEntries(fields) as object);
    fc.assert(
      fc.property(object, fc.array(object, { maxLength: 3 }), (first, others) => {
        const copier = new ValueCopier();
        for (const value of [first, ...others, first]) expectSameCopy(copier, value);
      }),
    );
  });

  it('makes fields of getters, and leaves out those that are not enumerable, whatever was first', () => {
    const hidden = Object.defineProperty({ a: 1 }, 'b', { value: 2, enumerable: false });
    const read = {
      a: 1,
      get b() {
        return 3;
      },
    };
    for (const first of [hidden, read, { a: 1 }, { a: 1, b: 2 }]) {
      const copier = new ValueCopier();
      for (const value of [first, hidden, read, { a: 1 }, { a: 1, b: 2 }]) {
        expectSameCopy(copier, value);
        expect(Object.getOwnPropertyDescriptors(copier.copy(value))).toEqual(Object.getOwnPropertyDescriptors(copyValue(value)));
      }
    }
  });

  it('keeps fields that are named by symbols when the first value has some', () => {
    const name = Symbol('name');
    expect(new ValueCopier().copy({ a: 1, [name]: 2 })).toStrictEqual({ a: 1, [name]: 2 });
  });

  it('copies where code may not be generated', async () => {
    vi.resetModules();
    vi.doMock('../../record/codec/code-generation.js', async (original) => ({ ...(await original<object>()), canGenerateCode: () => false, generateFunction: () => { throw new Error('it is forbidden'); } }));
    try {
      const { ValueCopier: Copier } = await import('./value-copier.js');
      const value = { a: 1, b: 'x' };
      const copy = new Copier().copy(value);
      expect(copy).toStrictEqual(value);
      expect(copy).not.toBe(value);
    } finally {
      vi.doUnmock('../../record/codec/code-generation.js');
    }
  });

  it('shares nothing that may change with what it has copied', () => {
    const copier = new ValueCopier();
    copier.copy({ list: null });
    const value = { list: [{ count: 1 }] };
    const copy = copier.copy(value) as typeof value;
    value.list[0]!.count = 2;
    expect(copy.list[0]!.count).toBe(1);
  });

  it('gives a copy the shape of a literal', () => {
    const copier = new ValueCopier();
    const value = { count: 1, sum: 2.5 };
    setFlagsFromString('--allow-natives-syntax');
    try {
      const same = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: unknown, b: unknown) => boolean;
      expect(same(value, copier.copy(value))).toBe(true);
    } finally {
      setFlagsFromString('--no-allow-natives-syntax');
    }
  });
});
