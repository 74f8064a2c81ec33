import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { kitBackend, stateBackendKit, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import type { StateBackendFactory } from '../../backend.js';
import { loadSnapshot } from '../../blob-bytes.js';
import { state } from '../../state-builders.js';
import { type HeapBackendOptions, heapStateBackendFactory, spillingHeapBackendFactory } from './heap-state-backend.js';

const WORK = '/work';

function spilling(seed: number, snapshotMemoryBytes: number, snapshotBuffers: HeapBackendOptions['snapshotBuffers'] | undefined = undefined): { readonly platform: SimulatedPlatform; readonly factory: StateBackendFactory } {
  const platform = new SimulatedPlatform({ seed });
  const { files, random, digests } = platform;
  return { platform, factory: spillingHeapBackendFactory({ files, random, directory: WORK, snapshotMemoryBytes, ...(snapshotBuffers === undefined ? {} : { digests, snapshotBuffers }) }) };
}

/** A backend whose snapshots are read at once, as a store does with those in files. */
function readAtOnce({ platform, factory }: ReturnType<typeof spilling>): StateBackendFactory {
  return {
    name: factory.name,
    create: (options) => {
      const backend = factory.create(options);
      const begin = backend.beginSnapshot.bind(backend);
      backend.beginSnapshot = (checkpointId) => {
        const run = begin(checkpointId);
        return { advance: (budgetMs) => run.advance(budgetMs), result: () => loadSnapshot(run.result(), platform.files), cancel: () => run.cancel() };
      };
      return backend;
    },
  };
}

describe('heap state backend', () => {
  for (const { name, run } of stateBackendKit(heapStateBackendFactory)) it(name, run);

  it('R36 equals an obvious model through changes, snapshots while it changes, given-up snapshots and rescaling', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(heapStateBackendFactory, seed, { incremental })),
      { numRuns: 1000 },
    );
  }, 120_000);

  it('R36 equals the model where a map was written by a snapshot that was given up, and is read when its key group is put together', () => {
    expect(() => runStateModel(heapStateBackendFactory, 1447601175, { incremental: true })).not.toThrow();
  });

  it('equals the model in check mode, too', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => runStateModel(heapStateBackendFactory, seed, { check: true })),
      { numRuns: 100 },
    );
    expect(true).toBe(true);
  }, 60_000);

  it('equals the model when snapshots go to files as soon as some hundred bytes are in memory', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(readAtOnce(spilling(seed, 300)), seed, { incremental })),
      { numRuns: 200 },
    );
    expect(true).toBe(true);
  }, 60_000);

  it('R36 equals the model when sections have several buffers, and when those are used up and the sections go through a file; with the checksums of the platform', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), fc.integer({ min: 0, max: 20 }), (seed, incremental, moreBuffers) =>
        runStateModel(readAtOnce(spilling(seed, 300, { bufferBytes: 20, moreBuffers })), seed, { incremental })),
      { numRuns: 200 },
    );
    expect(true).toBe(true);
  }, 60_000);

  it('keeps small snapshots in memory, puts the rest of large ones into a file, and removes it when the checkpoint is complete or the backend is closed', () => {
    const { platform, factory } = spilling(1, 4000);
    const backend = kitBackend(factory, { keyType: t.number });
    const value = backend.keyedState('v', state.value(t.string));
    const set = (keys: number, text: string): void => {
      for (let key = 0; key < keys; key++) {
        backend.setCurrentKey(key);
        value.update(text);
      }
    };
    set(3, 'a');
    expect(takeSnapshot(backend, 1).keyGroups.every(({ bytes }) => bytes !== undefined)).toBe(true);
    expect(platform.files.exists(WORK)).toBe(false);
    set(200, 'b'.repeat(100));
    const { keyGroups } = takeSnapshot(backend, 2);
    const inMemory = keyGroups.reduce((sum, blob) => sum + (blob.bytes?.length ?? 0), 0);
    expect([inMemory > 0, inMemory <= 5000, keyGroups.some(({ stretch }) => stretch !== undefined)]).toEqual([true, true, true]);
    const [own] = platform.files.readDirectory(WORK);
    const written = (): string[] => platform.files.readDirectory(`${WORK}/${own!.name}`).map(({ name }) => name);
    expect([platform.files.stat(`${WORK}/${own!.name}`).permissions, written()]).toEqual([0o700, ['snapshot-2.blobs']]);
    backend.snapshotComplete(2);
    while (backend.maintain(1) === 'more');
    expect(written()).toEqual([]);
    set(200, 'c'.repeat(100));
    takeSnapshot(backend, 3);
    expect(written()).toEqual(['snapshot-3.blobs']);
    backend.close();
    expect(platform.files.readDirectory(WORK)).toEqual([]);
  });
});
