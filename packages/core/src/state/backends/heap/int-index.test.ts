import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntIndex } from './int-index.js';

const key = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer());

describe('the index of whole numbers', () => {
  it('finds what a Map would find, whatever was added and removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 300 }), (steps) => {
        const index = new IntIndex();
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
    const index = new IntIndex();
    const keys = Array.from({ length: 200_000 }, (_, i) => Math.imul(i, 7_919));
    keys.forEach((each, slot) => index.add(each, slot));
    for (let i = 0; i < keys.length; i += 3) index.delete(keys[i]!);
    expect(keys.every((each, slot) => index.get(each) === (slot % 3 === 0 ? -1 : slot))).toBe(true);
    expect(index.get(7)).toBe(-1);
  });
});
