import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8, toHex } from '../base/bytes.js';
import type { AcknowledgedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import { blobBytes } from '../state/blob-bytes.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { EncryptionKeys } from './encryption.js';
import { FileCheckpointStore } from './file-checkpoint-store.js';
import { cutPowerEverywhere } from './power-cuts.test-parts.js';

const METADATA = { kind: 'checkpoint' as const, takenAt: 5, fingerprint: 'f' };
const SEEDS = Array.from({ length: 8 }, (_, seed) => seed + 1);
const BLOB_BYTES = 3000;

function store(platform: SimulatedPlatform, options: { readonly keys?: EncryptionKeys; readonly retained?: number } = {}): FileCheckpointStore {
  return new FileCheckpointStore(platform, { directory: '/state', job: 'orders', takeOverBytes: 1, ...options });
}

/** A checkpoint of two key groups in a file that a backend has written, and of one in memory. Nothing forces the file to the disk yet. */
function checkpoint(platform: SimulatedPlatform, checkpointId: number): AcknowledgedCheckpoint {
  const { files, digests } = platform;
  const path = `/state/work/sums/snapshot-${checkpointId}.blobs`;
  const bytes = new Uint8Array(2 * BLOB_BYTES).map((_, at) => at * checkpointId);
  files.makeDirectory('/state/work/sums');
  files.writeFile(path, bytes);
  const stretch = (offset: number): { path: string; offset: number; length: number } => ({ path, offset, length: BLOB_BYTES });
  const part: OperatorSnapshot = {
    operatorUid: 'sums', checkpointId, maxParallelism: 128, watermark: 0, operatorState: undefined, basedOn: undefined,
    keyGroups: [
      { keyGroup: 3, kind: 'base', bytes: new Uint8Array(10).fill(checkpointId) },
      { keyGroup: 4, kind: 'base', stretch: stretch(0) },
      { keyGroup: 5, kind: 'base', stretch: stretch(BLOB_BYTES) },
    ],
    file: { path, size: bytes.length, gmac: toHex(digests.gmac().update(bytes).digest()) },
  };
  return { checkpointId, job: 'orders', parts: new Map([['0/sums', part]]), sources: new Map() };
}

/** What comes back, every byte of it verified. */
async function restored(platform: SimulatedPlatform, reader: FileCheckpointStore = store(platform)): Promise<{ readonly id: number; readonly bytes: readonly Uint8Array[] } | undefined> {
  const newest = await reader.newest();
  if (newest === undefined) return undefined;
  return { id: newest.checkpointId, bytes: newest.operators.get('sums')!.flatMap(({ keyGroups }) => keyGroups.map((blob) => blobBytes(blob, platform.files))) };
}

function expected(checkpointId: number): Uint8Array[] {
  const all = new Uint8Array(2 * BLOB_BYTES).map((_, at) => at * checkpointId);
  return [new Uint8Array(10).fill(checkpointId), all.subarray(0, BLOB_BYTES), all.subarray(BLOB_BYTES)];
}

const stateFiles = (platform: SimulatedPlatform): string[] => platform.files.readDirectory('/state').map(({ name }) => name).filter((name) => name.startsWith('state-'));

describe('the file of a snapshot that is taken over', () => {
  it('R40 is durable with the checkpoint, under a name of its own', async () => {
    for (const mode of ['lose', 'tear'] as const) {
      for (const seed of SEEDS) {
        const platform = new SimulatedPlatform({ seed });
        const first = store(platform);
        await first.open();
        const given = checkpoint(platform, 1);
        await first.write(given, METADATA);
        expect(platform.files.exists('/state/work/sums/snapshot-1.blobs')).toBe(false);
        expect(stateFiles(platform)).toEqual(['state-1-1-1.bin', 'state-1-1.bin']);
        const after = platform.crash(mode);
        const second = store(after);
        await second.open();
        expect(await restored(after, second)).toEqual({ id: 1, bytes: expected(1) });
      }
    }
  });

  it('leaves the checkpoint before whole, wherever in the writing the power goes', async () => {
    const begin = async (platform: SimulatedPlatform): Promise<() => Promise<unknown>> => {
      const first = store(platform);
      await first.open();
      await first.write(checkpoint(platform, 1), METADATA);
      await first.markCommitting(1);
      const given = checkpoint(platform, 2);
      return () => first.write(given, METADATA);
    };
    const points = await cutPowerEverywhere(SEEDS, begin, async ({ wasCut, isDone, after }) => {
      const second = store(after);
      if (wasCut) await second.open();
      const found = await restored(after, second);
      expect(found).toEqual({ id: found!.id, bytes: expected(found!.id) });
      if (isDone && !wasCut) expect(found!.id).toBe(2);
    });
    expect(points).toBeGreaterThan(5 * SEEDS.length);
  });

  it('goes when no checkpoint needs it any more', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const first = store(platform, { retained: 1 });
    await first.open();
    for (const id of [1, 2, 3]) {
      await first.write(checkpoint(platform, id), METADATA);
      await first.markCommitting(id);
    }
    expect(stateFiles(platform)).toEqual(['state-1-3-1.bin', 'state-1-3.bin']);
  });

  it('is copied where it cannot be renamed, and where it is to be encrypted', async () => {
    const platform = new SimulatedPlatform({ seed: 1, environment: { MILLRACE_KEY_A: '1'.repeat(64) } });
    const first = store(platform);
    await first.open();
    const call = (): void => {
      throw new Error('another file system');
    };
    platform.files.faults.inject({ kind: 'call', operations: ['rename'], path: 'snapshot-1', times: 1, call });
    await first.write(checkpoint(platform, 1), METADATA);
    expect(stateFiles(platform)).toEqual(['state-1-1.bin']);
    expect(await restored(platform)).toEqual({ id: 1, bytes: expected(1) });
    await first.close();
    const keys = new EncryptionKeys(platform, { keyId: 'A' });
    const sealed = store(platform, { keys });
    await sealed.open();
    await sealed.write(checkpoint(platform, 2), METADATA);
    expect(stateFiles(platform)).toEqual(['state-1-1.bin', 'state-2-2.bin']);
    expect(await restored(platform, sealed)).toEqual({ id: 2, bytes: expected(2) });
  });

  it('is not forced to the disk first where none can ever be renamed', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const first = store(platform);
    await first.open();
    let [renames, syncs] = [0, 0];
    const refuse = (): void => {
      renames++;
      throw new Error('another file system');
    };
    platform.files.faults.inject({ kind: 'call', operations: ['rename'], path: 'snapshot-', times: 100, call: refuse });
    platform.files.faults.inject({ kind: 'call', operations: ['sync'], path: 'snapshot-', times: 100, call: () => void syncs++ });
    for (const id of [1, 2, 3, 4, 5]) await first.write(checkpoint(platform, id), METADATA);
    expect([renames, syncs]).toEqual([3, 3]);
    expect(await restored(platform)).toEqual({ id: 5, bytes: expected(5) });
  });

  it('is not taken over when it cannot be forced to the disk, and what had been goes with the checkpoint that failed', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const first = store(platform);
    await first.open();
    const call = (): void => {
      throw new Error('the disk is gone');
    };
    for (const path of ['snapshot-1', '.state-1-2.bin']) {
      const id = path === 'snapshot-1' ? 1 : 2;
      platform.files.faults.inject({ kind: 'call', operations: ['sync'], path, times: 1, call });
      await expect(first.write(checkpoint(platform, id), METADATA)).rejects.toThrow('the disk is gone');
      expect(stateFiles(platform)).toEqual([]);
    }
    await first.write(checkpoint(platform, 3), METADATA);
    expect(await restored(platform)).toEqual({ id: 3, bytes: expected(3) });
  });

  it('is noticed when it is not what its writer says', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const first = store(platform);
    await first.open();
    const given = checkpoint(platform, 1);
    const part = given.parts.get('0/sums')!;
    platform.files.writeFile(part.file!.path, new Uint8Array(2 * BLOB_BYTES).fill(9));
    await first.write(given, METADATA);
    await expect(store(platform).newest()).rejects.toMatchObject({ code: 'MR-2406' });
  });

  it('is noticed when a bit of it is another, or two of its parts are in each other\'s place', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const first = store(platform);
    await first.open();
    await first.write(checkpoint(platform, 1), METADATA);
    const path = '/state/state-1-1-1.bin';
    const right = platform.files.readFile(path);
    const refused = async (bytes: Uint8Array): Promise<void> => {
      platform.files.writeFile(path, bytes);
      await expect(store(platform).newest()).rejects.toMatchObject({ code: 'MR-2406' });
    };
    for (let bit = 0; bit < right.length * 8; bit += 487) {
      const bytes = new Uint8Array(right);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await refused(bytes);
    }
    await refused(new Uint8Array([...right.subarray(16, 32), ...right.subarray(0, 16), ...right.subarray(32)]));
    platform.files.writeFile(path, right);
    expect(await restored(platform)).toEqual({ id: 1, bytes: expected(1) });
  });

  it('has a check that older engines do not know, so they refuse its manifest; what they wrote is read', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const first = store(platform);
    await first.open();
    await first.write(checkpoint(platform, 1), METADATA);
    const place = '/state/checkpoint-1.json';
    const text = decodeUtf8(platform.files.readFile(place)).split('\n')[0]!;
    expect(JSON.parse(text)).toMatchObject({ format: 3, files: [{ sha256: expect.any(String) }, { gmac: expect.any(String) }] });
    const { digests } = platform;
    const digest = (bytes: Uint8Array): string => toHex(digests.sha256().update(bytes).digest());
    const older = text.replace('"format":3', '"format":1').replace(/"gmac":"\w+"/, `"sha256":"${digest(platform.files.readFile('/state/state-1-1-1.bin'))}"`);
    expect(older).not.toContain('gmac');
    platform.files.writeFile(place, encodeUtf8(`${older}\n${digest(encodeUtf8(older))}\n`));
    expect(await restored(platform)).toEqual({ id: 1, bytes: expected(1) });
    platform.files.writeFile('/state/state-1-1-1.bin', new Uint8Array(2 * BLOB_BYTES));
    await expect(store(platform).newest()).rejects.toMatchObject({ code: 'MR-2406' });
  });
});
