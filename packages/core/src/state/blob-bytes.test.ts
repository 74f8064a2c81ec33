import { describe, expect, it } from 'vitest';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { blobBytes, blobLength, loadSnapshot } from './blob-bytes.js';
import type { KeyGroupBlob, OperatorSnapshot } from './operator-snapshot.js';

describe('blobs in files', () => {
  const { files } = new SimulatedPlatform({ seed: 1 });
  files.writeFile('/state', Uint8Array.from({ length: 3_000_000 }, (_, at) => at % 251));
  const stretch = (offset: number, length: number): KeyGroupBlob => ({ keyGroup: 3, kind: 'base', stretch: { path: '/state', offset, length } });

  it('are read piece by piece, from where they begin to where they end', () => {
    const blob = stretch(1000, 2_500_000);
    const bytes = blobBytes(blob, files);
    expect(blobLength(blob)).toBe(2_500_000);
    expect(bytes.every((byte, at) => byte === (at + 1000) % 251)).toBe(true);
    expect(blobBytes(stretch(5, 0), files).length).toBe(0);
  });

  it('become blobs in memory', () => {
    const snapshot: OperatorSnapshot = { operatorUid: 'o', checkpointId: 1, maxParallelism: 8, keyGroups: [stretch(7, 10), { keyGroup: 4, kind: 'delta', bytes: Uint8Array.of(1) }], operatorState: undefined, watermark: 5 };
    const loaded = loadSnapshot(snapshot, files);
    expect(loaded.keyGroups).toEqual([{ keyGroup: 3, kind: 'base', bytes: Uint8Array.from({ length: 10 }, (_, at) => at + 7) }, { keyGroup: 4, kind: 'delta', bytes: Uint8Array.of(1) }]);
    expect(loadSnapshot(loaded, undefined)).toBe(loaded);
  });

  it('in a file that was cut since are refused by its name', () => {
    expect(() => blobBytes(stretch(2_999_990, 20), files)).toThrow(expect.objectContaining({ code: 'MR-1316', where: { file: '/state' } }));
  });
});
