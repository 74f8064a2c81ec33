import { expect, it } from 'vitest';
import type { OperatorSnapshot } from '../../state/operator-snapshot.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { JobRecovery } from './job-recovery.js';

it('MR-2405 no attempt goes on in a directory that a newer run has taken over, also when that was found out between two', async () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, isEnabled: () => true, child: () => logger };
  const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
  const recovery = new JobRecovery({ store, resume: 'latest', adjustments: {}, endsByItself: false, logger });
  await recovery.open();
  recovery.attemptEnded({ lastId: 0, storedId: undefined });
  platform.files.writeFile('/state/run-2.json', '');
  // Its sign of life finds out, and nobody listens.
  await platform.advance(4000);
  await expect(recovery.again()).rejects.toMatchObject({ code: 'MR-2405' });
  const told: unknown[] = [];
  store.onReplaced((error) => told.push(error));
  expect(told).toMatchObject([{ code: 'MR-2405' }]);
});

it.each([
  [true, /^the checkpoint was taken when all input had been read to its end: what was read is not read again.*resume 'none' \(--resume none\).*late.*--reset-watermarks/],
  [false, /^the checkpoint was taken when all input had ended\. Records that have come since are late.*--reset-watermarks/],
])('says what to expect of a checkpoint behind which there was nothing, where all sources end by themselves (%j)', async (endsByItself, expected) => {
  const warnings: string[] = [];
  const logger = { debug: () => undefined, info: () => undefined, warn: (message: string) => void warnings.push(message), error: () => undefined, isEnabled: () => true, child: () => logger };
  const store = new MemoryCheckpointStore();
  const part = (watermark: number): OperatorSnapshot => ({ operatorUid: 'sums', checkpointId: 1, maxParallelism: 128, watermark, keyGroups: [], operatorState: undefined, basedOn: undefined });
  for (const [checkpointId, watermark] of [[1, 5], [2, Number.POSITIVE_INFINITY]] as const) {
    await store.open();
    await store.write({ checkpointId, job: 'test', parts: new Map([['0/sums', part(watermark)]]), sources: new Map() }, { kind: 'checkpoint', takenAt: 0, fingerprint: 'f' });
    await new JobRecovery({ store, resume: 'latest', adjustments: {}, endsByItself, logger }).open();
  }
  expect(warnings).toEqual([expect.stringMatching(expected)]);
});
