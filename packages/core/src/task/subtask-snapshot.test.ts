import { expect, it } from 'vitest';
import type { SnapshotRun } from '../state/backend.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import type { ChainNode } from './chain-node.js';
import { SubtaskSnapshotRun } from './subtask-snapshot.js';

it('does not give each operator of a chain a whole slice in one', () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  /** Operators whose snapshots are written in so many milliseconds, in slices of a millisecond at the most. */
  const nodes = [0.25, 0.125, 0.5, 0.25, 2.5].map((takes) => {
    let left = takes;
    const advance = (budgetMs: number): 'done' | 'more' => {
      const spent = Math.min(left, budgetMs);
      platform.advanceNow(spent);
      left -= spent;
      return left > 0 ? 'more' : 'done';
    };
    const run = { advance, cancel: () => undefined } as unknown as SnapshotRun;
    return { backend: { beginSnapshot: () => run } } as unknown as ChainNode;
  });
  const run = new SubtaskSnapshotRun(1, nodes, undefined, platform.clock);
  const slices: number[] = [];
  for (let progress = 'more'; progress === 'more'; ) {
    const began = platform.clock.monotonicMs();
    progress = run.advance(1);
    slices.push(platform.clock.monotonicMs() - began);
  }
  expect(slices).toEqual([0.875, 1.25, 1, 0.5]);
  expect(run.isWritten).toBe(true);
});
