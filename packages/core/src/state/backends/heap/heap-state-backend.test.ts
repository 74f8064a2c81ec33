import fc from 'fast-check';
import { describe, it } from 'vitest';
import { runStateModel } from '../../../testing/state-backend-model.js';
import { heapStateBackendFactory } from './heap-state-backend.js';

describe('heap state backend', () => {
  it('R36 equals an obvious model through changes, snapshots while it changes, given-up snapshots and rescaling', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(heapStateBackendFactory, seed, { incremental })),
      { numRuns: 1000 },
    );
  }, 120_000);
});
