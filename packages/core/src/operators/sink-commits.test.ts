import { expect, it } from 'vitest';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import type { OperatorInfo } from './operator-context.js';
import { SinkCommits } from './sink-commits.js';

const INFO: OperatorInfo = { job: 'test', name: 'sink', uid: 'sink', subtask: 0, parallelism: 1, maxParallelism: 128, attempt: 0, definedAt: undefined, check: true };

it('R40 a notice that comes late or twice takes nothing back from a newer one', async () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const calls: (readonly unknown[])[] = [];
  const finish: (() => void)[] = [];
  const committer = { commit: (committables: readonly unknown[]): Promise<void> => (calls.push(committables), new Promise((resolve) => finish.push(resolve))) };
  const commits = new SinkCommits(committer, platform, { post: (mail) => mail() }, INFO, 1);
  commits.add(1, ['a']);
  commits.complete(1, false);
  commits.add(2, ['b']);
  commits.add(3, ['c']);
  commits.complete(2, false);
  commits.complete(1, false);
  expect(calls).toEqual([['a']]);
  finish[0]!();
  await platform.settle();
  expect(calls).toEqual([['a'], ['b']]);
  expect(commits.isIdle).toBe(false);
  finish[1]!();
  await platform.settle();
  expect(commits.isIdle).toBe(true);
  expect(commits.pending).toEqual([{ checkpointId: 3, committable: 'c' }]);
});
