import { expect, it } from 'vitest';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { JobRecovery } from './job-recovery.js';

it('MR-2405 no attempt goes on in a directory that a newer run has taken over, also when that was found out between two', async () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, isEnabled: () => true, child: () => logger };
  const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
  const recovery = new JobRecovery({ store, resume: 'latest', adjustments: {}, logger });
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
