import { describe, expect, it } from 'vitest';
import { MURMUR_SEED, murmurMix } from '../../../base/murmur3.js';
import { KEY_TAG } from '../../../record/key-bytes.js';
import { keyHash } from '../../../record/key-hash.js';
import type { MapKey } from '../../../record/map-key.js';
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

  it('finds keys that were chosen for having one hash as well as others: nobody can stop a job with them', () => {
    const keys = sameHash(60_000);
    expect([new Set(keys).size, new Set(keys.map(keyHash)).size]).toEqual([keys.length, 1]);
    const index = new KeyIndex();
    keys.forEach((key, place) => index.add(key, place));
    for (let place = 0; place < keys.length; place++) if (index.get(keys[place]!) !== place) expect.unreachable(`the key ${place} is there`);
    for (let place = 0; place < keys.length; place += 2) index.delete(keys[place]!);
    for (let place = 0; place < keys.length; place++) if (index.get(keys[place]!) !== (place % 2 === 0 ? -1 : place)) expect.unreachable(`every other key is gone, and ${place} is not one of them`);
    for (const key of keys) index.delete(key);
    keys.forEach((key, place) => index.add(key, place + 1));
    for (let place = 0; place < keys.length; place++) if (index.get(keys[place]!) !== place + 1) expect.unreachable(`the key ${place} is there again`);
  });
});

/** Texts of four characters with one hash: for each first word the second one is such that the same hash comes out of both. */
function sameHash(count: number): string[] {
  const hash = murmurMix(murmurMix(MURMUR_SEED, KEY_TAG.string | (0x4e00 << 8)), 0x41 << 8);
  return Array.from({ length: count }, (_, at) => {
    const first = 0x4e00 + (at & 0x3fff);
    const second = at >>> 14;
    const word = secondWord(murmurMix(MURMUR_SEED, KEY_TAG.string | (first << 8) | (second << 24)), hash);
    return String.fromCharCode(first, second | ((word & 0xff) << 8), (word >>> 8) & 0xffff, 0x4100 | (word >>> 24));
  });
}

/** The word that makes one hash of another: `murmurMix` backwards. */
function secondWord(from: number, to: number): number {
  const sum = Math.imul(to - 0xe6546b64, inverse(5));
  const word = Math.imul(((sum << 19) | (sum >>> 13)) ^ from, inverse(0x1b873593));
  return Math.imul((word << 17) | (word >>> 15), inverse(0xcc9e2d51));
}

/** What an odd number has to be multiplied by to give 1 in 32 bits. */
function inverse(odd: number): number {
  let found = odd;
  for (let bits = 3; bits < 32; bits *= 2) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}
