import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import type { StateBackend, StateBackendFactory, StateBackendOptions } from '../../backend.js';
import { appendToChain } from '../../snapshot-chain.js';
import { state } from '../../state-builders.js';
import { heapStateBackendFactory } from '../heap/heap-state-backend.js';
import { logStateBackendFactory } from './log-state-backend.js';
import { persisting } from './persisting-backend.test-parts.js';

/**
 * Hands out heap and log backends in a random order: every restore may go from one to the other, either way. Every other
 * seed has all snapshots of the log go through files.
 */
function mixedFactory(seed: number): StateBackendFactory {
  const platform = new SimulatedPlatform({ seed });
  const snapshotBufferBytes = seed % 2 === 0 ? 1 : 1000;
  const log = logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes: 700, snapshotBufferBytes });
  const mixed = {
    name: 'mixed',
    create: (options: StateBackendOptions) => (platform.random.nextUint32() % 2 === 0 ? log : heapStateBackendFactory).create(options),
  };
  return persisting(mixed, platform.files);
}

describe('log and heap backend', () => {
  it('the log understands that the heap dropped a whole namespace, and what came to it again', () => {
    const heap = kitBackend(heapStateBackendFactory);
    const inWindow = (backend: StateBackend, key: string, start: number): void => {
      backend.setCurrentKey(key);
      backend.setCurrentNamespace({ start, end: start + 10 });
    };
    const value = heap.keyedState('v', state.value(t.number), { namespaced: true });
    for (const start of [0, 10, 20]) {
      for (const key of ['a', 'b', 'c']) {
        inWindow(heap, key, start);
        value.update(start);
      }
    }
    let chain = takeSnapshot(heap, 1);
    heap.snapshotComplete(1);
    for (const start of [0, 10]) {
      for (const key of ['a', 'b', 'c']) {
        inWindow(heap, key, start);
        value.clear();
      }
    }
    inWindow(heap, 'a', 10);
    value.update(7);
    chain = appendToChain(chain, takeSnapshot(heap, 2));
    const platform = new SimulatedPlatform({ seed: 1 });
    const log = kitBackend(logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes: 700 }));
    log.restore([chain]);
    const again = log.keyedState('v', state.value(t.number), { namespaced: true });
    const read = (key: string, start: number): number | undefined => {
      inWindow(log, key, start);
      return again.value();
    };
    expect(['a', 'b', 'c'].map((key) => [0, 10, 20].map((start) => read(key, start)))).toEqual([[undefined, 7, 20], [undefined, undefined, 20], [undefined, undefined, 20]]);
    expect(log.size).toBe(4);
  });

  it('R36 take over each other’s snapshots at any point of a random history, at any parallelism, base and deltas', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(mixedFactory(seed), seed, { incremental })),
      { numRuns: 300 },
    );
    expect(true).toBe(true);
  }, 120_000);
});
