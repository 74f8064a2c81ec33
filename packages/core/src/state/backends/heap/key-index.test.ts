import { describe, expect, it } from 'vitest';
import type { MapKey } from '../../../record/map-key.js';
import { keyHash } from '../../../record/key-hash.js';
import { KeyIndex } from './key-index.js';

describe('places by texts', () => {
  it('equals a Map while keys come and go, in one table and in many', () => {
    const index = new KeyIndex();
    const model = new Map<MapKey, number>();
    let random = 7;
    const roll = (sides: number): number => ((random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0) >>> 4) % sides;
    const check = (): void => {
      for (const [key, place] of model) if (index.get(key) !== place) expect.unreachable(`${String(key)} is at ${place}`);
      for (let other = 0; other < 500; other++) expect(index.get(`no-${other}`)).toBe(-1);
    };
    for (const most of [20, 3_000, 90_000]) {
      for (let step = 0; step < most * 2; step++) {
        const key = `user-${roll(most)}`;
        if (!model.has(key)) {
          model.set(key, step);
          index.add(key, step);
        } else if (roll(3) === 0) {
          model.delete(key);
          index.delete(key);
        }
      }
      check();
    }
    for (const key of [...model.keys()]) {
      index.delete(key);
      if (index.get(key) !== -1) expect.unreachable(`${String(key)} is gone`);
      model.delete(key);
      if (model.size % 20_000 === 0) check();
    }
    index.delete('user-1');
    expect(index.get('user-1')).toBe(-1);
  });

  it('keeps apart what has the same hash, and kinds of keys', () => {
    const byHash = new Map<number, string>();
    let pair: [string, string] | undefined;
    for (let at = 0; pair === undefined; at++) {
      const text = `k${at}`;
      const other = byHash.get(keyHash(text));
      if (other !== undefined) pair = [other, text];
      byHash.set(keyHash(text), text);
    }
    const index = new KeyIndex();
    const keys: MapKey[] = [...pair, '1', 1n, true, 'true', '', '\ud800', 'a text that is cut out of a longer one'.slice(2)];
    keys.forEach((key, place) => index.add(key, place));
    expect(keys.map((key) => index.get(key))).toEqual(keys.map((_, place) => place));
    index.delete(pair[0]);
    expect(pair.map((key) => index.get(key))).toEqual([-1, 1]);
    expect(index.get(false)).toBe(-1);
  });
});
