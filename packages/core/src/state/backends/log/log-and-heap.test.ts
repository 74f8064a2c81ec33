import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import type { StateBackendFactory, StateBackendOptions } from '../../backend.js';
import { heapStateBackendFactory } from '../heap/heap-state-backend.js';
import { logStateBackendFactory } from './log-state-backend.js';

/** Hands out heap and log backends in a random order: every restore may go from one to the other, either way. */
function mixedFactory(seed: number): StateBackendFactory {
  const platform = new SimulatedPlatform({ seed });
  const log = logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes: 700 });
  return {
    name: 'mixed',
    create: (options: StateBackendOptions) => (platform.random.nextUint32() % 2 === 0 ? log : heapStateBackendFactory).create(options),
  };
}

describe('log and heap backend', () => {
  it('R36 take over each other’s snapshots at any point of a random history, at any parallelism, base and deltas', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(mixedFactory(seed), seed, { incremental })),
      { numRuns: 300 },
    );
    expect(true).toBe(true);
  }, 120_000);
});
