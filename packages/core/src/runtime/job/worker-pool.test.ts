import { expect, it } from 'vitest';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { WorkerPool } from './worker-pool.js';

it('replaces a spare that dies, after a while, so that one that cannot live is not started again and again; none that was ended', async () => {
  const started: SimulatedPlatform[] = [];
  const platform = new SimulatedPlatform({ seed: 1 });
  platform.registerThreadEntry('worker', (thread) => void started.push(thread as SimulatedPlatform));
  const pool = new WorkerPool({ platform, workers: 1, entryUrl: 'worker', job: undefined, outputForm: 'lines', limits: {}, boundOutput: false });
  await pool.keep(1);
  await platform.advance(10);
  started[0]!.owner.kill();
  await platform.advance(1000);
  expect(started.length).toBe(1);
  await platform.advance(60_000);
  expect(started.length).toBe(2);
  await pool.keep(0);
  await platform.advance(60_000);
  expect(started.length).toBe(2);
  await pool.keep(1);
  await platform.advance(10);
  started[2]!.owner.kill();
  await platform.advance(10);
  await pool.close();
  await platform.advance(60_000);
  expect(started.length).toBe(3);
});
