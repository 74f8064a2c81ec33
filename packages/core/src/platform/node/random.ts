import { randomFillSync, randomUUID } from 'node:crypto';
import type { Random } from '../../base/platform.js';

/** Chance from the system's cryptographic source, fetched in blocks. */
export function nodeRandom(): Random {
  const block = new Uint32Array(1024);
  let used = block.length;
  return {
    nextUint32: () => {
      if (used === block.length) {
        randomFillSync(block);
        used = 0;
      }
      return block[used++]!;
    },
    uuid: () => randomUUID(),
    fill: (bytes) => {
      randomFillSync(bytes);
    },
  };
}
