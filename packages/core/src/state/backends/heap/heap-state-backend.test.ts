import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateBackendKit } from '../../../testing/state-backend-kit.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import { heapStateBackendFactory } from './heap-state-backend.js';

describe('heap state backend', () => {
  for (const { name, run } of stateBackendKit(heapStateBackendFactory)) it(name, run);

  it('R36 equals an obvious model through changes, snapshots while it changes, given-up snapshots and rescaling', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(heapStateBackendFactory, seed, { incremental })),
      { numRuns: 1000 },
    );
  }, 120_000);

  it('equals the model in check mode, too', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => runStateModel(heapStateBackendFactory, seed, { check: true })),
      { numRuns: 100 },
    );
    expect(true).toBe(true);
  }, 60_000);
});
