import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import type { StateBackendFactory, StateBackendOptions } from '../../backend.js';
import { appendToChain } from '../../snapshot-chain.js';
import { state } from '../../state-builders.js';
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

  for (const kind of ['heap', 'log'] as const) {
    it(`R44 ${kind}: brings the newest value of each key to another type, and to another name, over a base and deltas`, () => {
      const old = kitBackend(factory(kind, 1));
      const numbers = old.keyedState('old', state.value(t.struct({ n: t.number })));
      const expected = new Map<string, number>();
      let chain: ReturnType<typeof takeSnapshot> | undefined;
      for (let id = 1; id <= 4; id++) {
        TEXTS.forEach((key, at) => {
          if (id > 1 && (at + id) % 3 === 0) return;
          old.setCurrentKey(key);
          const isGone = (at * id) % 4 === 3;
          if (isGone) numbers.clear();
          else numbers.update({ n: id * 100 + at });
          if (isGone) expected.delete(key);
          else expected.set(key, id * 100 + at);
        });
        chain = appendToChain(chain, takeSnapshot(old, id));
        old.snapshotComplete(id);
      }
      const declared = {
        evolved: state.value(t.struct({ more: t.optional(t.string), n: t.number }), { renamedFrom: 'old' }),
        migrated: state.value(t.string, { version: 2, renamedFrom: 'old', migrate: (value, from) => `${(value as { n: number }).n}/${from}` }),
      };
      for (const [name, declaration] of Object.entries(declared)) {
        const again = kitBackend(factory(kind, 1), { keyType: t.dynamic });
        again.restore([chain!]);
        const handle = again.keyedState(name, declaration as typeof declared.migrated);
        for (const key of TEXTS) {
          again.setCurrentKey(key);
          const n = expected.get(key);
          expect(handle.value()).toEqual(n === undefined ? undefined : name === 'evolved' ? { n } : `${n}/1`);
        }
      }
    });
  }
});
