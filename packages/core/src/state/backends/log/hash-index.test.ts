import { expect, it } from 'vitest';
import { keyHash } from '../../../record/key-hash.js';
import { HashIndex } from './hash-index.js';
import type { Rows } from './rows.js';

it('finds every row by its hash, whether there is room for none, for some or for more than all of them beforehand', () => {
  const hashes = Int32Array.from({ length: 30_000 }, (_, at) => keyHash(`key ${at % 29_000}`));
  for (const reserved of [0, 2_000, 10_000, 100_000]) {
    const index = new HashIndex({ get: (slot: number) => hashes[slot]! } as unknown as Rows);
    index.reserve(reserved);
    hashes.forEach((hash, slot) => index.add(hash, slot));
    for (let slot = 0; slot < hashes.length; slot += 2) index.delete(hashes[slot]!, slot);
    for (let slot = 0; slot < hashes.length; slot++) {
      let found = index.first(hashes[slot]!);
      while (found >= 0 && found !== slot) found = index.next();
      expect(found).toBe(slot % 2 === 0 ? -1 : slot);
    }
  }
});
