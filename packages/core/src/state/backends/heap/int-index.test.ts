import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DenseIndex } from './dense-index.js';
import { IntIndex } from './int-index.js';

const key = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 900, max: 1_300 }), fc.integer({ min: 0x7fffff00, max: 0x7fffffff }), fc.integer({ min: -0x80000000, max: -0x7fffff00 }), fc.integer());

describe.each([['by hash', IntIndex], ['by hash, with a range', DenseIndex]])('the index of whole numbers %s', (_how, Index) => {
  it('finds what a Map would find, whatever was added and removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 300 }), (steps) => {
        const index = new Index();
        const model = new Map<number, number>();
        steps.forEach(([adds, each], slot) => {
          if (!adds) {
            index.delete(each);
            model.delete(each);
          } else if (!model.has(each)) {
            index.add(each, slot);
            model.set(each, slot);
          }
        });
        for (const [, each] of steps) expect(index.get(each)).toBe(model.get(each) ?? -1);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps all keys when it grows beyond one table', () => {
    const index = new Index();
    const keys = Array.from({ length: 200_000 }, (_, i) => Math.imul(i, 7_919));
    keys.forEach((each, slot) => index.add(each, slot));
    for (let i = 0; i < keys.length; i += 3) index.delete(keys[i]!);
    expect(keys.every((each, slot) => index.get(each) === (slot % 3 === 0 ? -1 : slot))).toBe(true);
    expect(index.get(7)).toBe(-1);
  });

  it.each([1, 100_000])('finds the few keys that are left of many, and those that come again; every %i-th is left', (every) => {
    const index = new Index();
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 200_000; key++) if (index.get(key) < 0) index.add(key, key);
      const most = index instanceof DenseIndex ? index.places : 0;
      for (let key = 0; key < 200_000; key++) if (every === 1 ? key >= 100 : key % every !== 7) index.delete(key);
      expect([index.get(7), index.get(every === 1 ? 99 : 100_007), index.get(9 + 100)]).toEqual([7, every === 1 ? 99 : 100_007, -1]);
      if (index instanceof DenseIndex) expect(index.places).toBeLessThan(most / 8);
    }
  });

  it('finds a key beyond the range when the keys that are left lie at its end', () => {
    for (const outside of [12_918, 12_919, 13_000, 13_100, 13_400]) {
      const index = new Index();
      for (let key = 0; key < 4_000; key++) index.add(key, key);
      index.add(outside, outside);
      for (let key = 4_000; key < 12_918; key++) if (index.get(key) < 0) index.add(key, key);
      for (let key = 0; key < 12_900; key++) index.delete(key);
      expect([index.get(outside), index.get(12_905), index.get(13_200)]).toEqual([outside, 12_905, -1]);
    }
  });

  it('finds ids that follow one another while the oldest go, in any direction', () => {
    for (const step of [1, -1, 3]) {
      const index = new Index();
      for (let n = 0; n < 300_000; n++) {
        index.add(1_000 + n * step, n % 5_000);
        if (n >= 5_000) index.delete(1_000 + (n - 5_000) * step);
        if (n % 1_000 === 999) {
          expect(index.get(1_000 + (n - 10) * step)).toBe(n < 10 ? -1 : (n - 10) % 5_000);
          expect(index.get(1_000 + (n - 5_000) * step)).toBe(-1);
          expect(index.get(1_000 + (n + 1) * step)).toBe(-1);
        }
      }
    }
  });
});
