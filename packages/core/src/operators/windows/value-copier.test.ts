import { describe, expect, it } from 'vitest';
import { setFlagsFromString } from 'node:v8';
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

describe('a copier of values', () => {
  it('copies whatever comes behind whatever was first as copyValue does', () => {
    for (const first of VALUES) {
      const copier = new ValueCopier();
      for (const value of [first, ...VALUES]) {
        const copy = copier.copy(value);
        const plain = copyValue(value);
        expect(copy).toStrictEqual(plain);
        expect(Object.keys((copy ?? {}) as object)).toEqual(Object.keys((plain ?? {}) as object));
        if (typeof value !== 'object' || value === null) continue;
        expect(copy).not.toBe(value);
        expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(plain));
        expect(Object.isFrozen(copy)).toBe(Object.isFrozen(plain));
      }
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
