import { describe, expect, it } from 'vitest';
import type { AcknowledgedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FileCheckpointStore } from './file-checkpoint-store.js';
import { cutPowerEverywhere } from './power-cuts.test-parts.js';

const METADATA = { kind: 'checkpoint' as const, takenAt: 5, fingerprint: 'f' };
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed + 1);

function store(platform: SimulatedPlatform, retained = 2): FileCheckpointStore {
  return new FileCheckpointStore(platform, { directory: '/state', job: 'orders', retained });
}

/** A checkpoint with so much state that it takes several pages of the disk. */
function checkpoint(checkpointId: number): AcknowledgedCheckpoint {
  const blob = { keyGroup: 3, kind: 'base' as const, bytes: new Uint8Array(2000).fill(checkpointId) };
  const part: OperatorSnapshot = { operatorUid: 'sums', checkpointId, maxParallelism: 128, watermark: 0, keyGroups: [blob], operatorState: undefined, basedOn: undefined };
  return { checkpointId, job: 'orders', parts: new Map([['0/sums', part]]), sources: new Map() };
}

describe('checkpoints when the power goes', () => {
  it('R40 are there, once written, and remember that they were committed', async () => {
    for (const mode of ['lose', 'tear'] as const) {
      for (const seed of SEEDS) {
        const platform = new SimulatedPlatform({ seed });
        const first = store(platform);
        await first.open();
        await first.write(checkpoint(1), METADATA);
        await first.write(checkpoint(2), METADATA);
        const second = store(platform.crash(mode));
        expect((await second.newest())?.checkpointId).toBe(2);
        await second.open();
        await second.markCommitting(2);
        const third = platform.crash(mode);
        third.files.writeFile('/state/checkpoint-2.json', 'damaged');
        await expect(store(third).newest()).rejects.toMatchObject({ code: 'MR-2406' });
      }
    }
  });

  it('are whole or not there, wherever in the writing it goes', async () => {
    const begin = async (platform: SimulatedPlatform): Promise<() => Promise<unknown>> => {
      const first = store(platform);
      await first.open();
      return () => first.write(checkpoint(1), METADATA);
    };
    const points = await cutPowerEverywhere(SEEDS, begin, async ({ wasCut, isDone, after }) => {
      expect(isDone).toBe(!wasCut);
      expect([1, undefined]).toContain((await store(after).newest())?.checkpointId);
    });
    expect(points).toBeGreaterThan(5 * SEEDS.length);
  });

  it('are not published by a run that was replaced while it wrote', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const sleeper = store(platform);
    await sleeper.open();
    await sleeper.write(checkpoint(1), METADATA);
    const newer = store(platform.startProcess('other'));
    const call = (): void => {
      platform.time.jumpWallClock(60_000);
      void newer.open();
    };
    platform.files.faults.inject({ kind: 'call', operations: ['sync'], path: 'state-1-2', times: 1, call });
    await expect(sleeper.write(checkpoint(2), METADATA)).rejects.toMatchObject({ code: 'MR-2405' });
    expect((await newer.newest())?.checkpointId).toBe(1);
  });

  it('keep every state file while a manifest cannot be read that may need it', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const first = store(platform, 1);
    await first.open();
    await first.write(checkpoint(1), METADATA);
    await first.markCommitting(1);
    await first.close();
    platform.files.writeFile('/state/checkpoint-1.json', 'damaged');
    const second = store(platform, 1);
    await second.open();
    for (const id of [2, 3]) {
      await second.write(checkpoint(id), METADATA);
      await second.markCommitting(id);
    }
    expect(platform.files.exists('/state/state-1-1.bin')).toBe(true);
  });
});
