import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../../platform/node/files.js';
import { nodePlatform } from '../../../platform/node/node-platform.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { stateBackendKit } from '../../../testing/state-backend-kit.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import type { StateBackendFactory } from '../../backend.js';
import { logStateBackendFactory } from './log-state-backend.js';
import { persisting } from './persisting-backend.test-parts.js';

/** Segments so small that all that happens to segments happens. */
const SMALL = 700;

function simulated(segmentBytes: number): StateBackendFactory {
  const platform = new SimulatedPlatform({ seed: 1 });
  return logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes });
}

describe('log state backend', () => {
  const directory = nodeFiles.makeTemporaryDirectory('millrace-log-test-');
  afterAll(() => nodeFiles.removeTree(directory));
  const real = logStateBackendFactory({ files: nodeFiles, random: nodePlatform().random, directory, segmentBytes: 64 * 1024 });

  for (const { name, run } of stateBackendKit(real)) it(`on the file system, ${name}`, run);
  for (const { name, run } of stateBackendKit(simulated(SMALL))) it(`on simulated files, ${name}`, run);

  it('R36 equals an obvious model through changes, snapshots while it changes, given-up snapshots and rescaling', () => {
    const factory = simulated(SMALL);
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(factory, seed, { incremental })),
      { numRuns: 1000 },
    );
    expect(true).toBe(true);
  }, 120_000);

  it('R36 equals the model when everything of a snapshot goes through files, streaming out and in', () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const inner = logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes: SMALL, snapshotBufferBytes: 1 });
    const factory = persisting(inner, platform.files);
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, incremental) => runStateModel(factory, seed, { incremental })),
      { numRuns: 150 },
    );
    expect(factory.handedOver).toBeGreaterThan(500);
  }, 120_000);

  it('equals the model in check mode, too', () => {
    const factory = simulated(SMALL);
    fc.assert(
      fc.property(fc.integer(), (seed) => runStateModel(factory, seed, { check: true })),
      { numRuns: 100 },
    );
    expect(true).toBe(true);
  }, 60_000);
});
