import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import type { StateBackendFactory, StateBackendOptions } from '../../backend.js';
import { logStateBackendFactory } from '../log/log-state-backend.js';
import { heapStateBackendFactory } from './heap-state-backend.js';

/** Of all sizes and widths, prefixes of each other, with the mark of composites, and not well-formed. */
const TEXTS: readonly string[] = ['', 'a', 'ab', 'abc', '1', 'twelve chars', 'thirteen char', 'x'.repeat(64), 'y'.repeat(300), 'ÿ', '\u0000', '\u0000sa', '\u0100', '\ud800', '\udc00\ud800', '日本語', '__proto__'];
/** Among which there are key groups with texts alone, and others. */
const MIXED: readonly unknown[] = [...TEXTS, -0.5, -0, Infinity, 7n, ['a', 1], [1, 2]];

/** With bases of some key groups at nearly every snapshot. */
function factory(kind: 'heap' | 'log' | 'either', seed: number): StateBackendFactory {
  const platform = new SimulatedPlatform({ seed });
  const log = logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes: 700 });
  const choose = (): StateBackendFactory => (kind === 'log' || (kind === 'either' && platform.random.nextUint32() % 2 === 0) ? log : heapStateBackendFactory);
  const smallChainBytes = seed % 2 === 0 ? 0 : 1 << 20;
  return { name: kind, create: (options: StateBackendOptions) => choose().create({ ...options, smallChainBytes }) };
}

describe('state by keys that are texts', () => {
  for (const kind of ['heap', 'log', 'either'] as const) {
    it(`R37 ${kind}: equals the model over random histories, through restarts with another parallelism and with keys declared and not`, () => {
      fc.assert(
        fc.property(fc.integer(), fc.boolean(), (seed, mixed) =>
          runStateModel(factory(kind, seed), seed, mixed ? { keys: MIXED, steps: 200 } : { keys: TEXTS, keyTypes: [t.string, t.dynamic], steps: 200 })),
        { numRuns: 60 },
      );
      expect(true).toBe(true);
    }, 120_000);
  }
});
