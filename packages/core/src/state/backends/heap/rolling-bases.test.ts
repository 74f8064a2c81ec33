import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { runStateModel } from '../../../testing/state-backend-model.js';
import type { StateBackend, StateBackendFactory } from '../../backend.js';
import { blobLength } from '../../blob-bytes.js';
import type { KeyGroupBlob, OperatorSnapshot } from '../../operator-snapshot.js';
import { appendToChain } from '../../snapshot-chain.js';
import { state } from '../../state-builders.js';
import { logStateBackendFactory } from '../log/log-state-backend.js';
import { ChainSizes, LONGEST_CHAIN } from './chain-sizes.js';
import { heapStateBackendFactory } from './heap-state-backend.js';

const KEYS = 2000;
const KEY_GROUPS = 32;

function logFactory(seed: number): StateBackendFactory {
  const platform = new SimulatedPlatform({ seed });
  return logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes: 4000 });
}

/** Backends that write a base for some key group at nearly every snapshot. */
function rolling(factory: StateBackendFactory): StateBackendFactory {
  return { name: factory.name, create: (options) => factory.create({ ...options, smallChainBytes: 0 }) };
}

function keyed(factory: StateBackendFactory): { readonly backend: StateBackend; put(key: number, value: string | undefined): void; get(key: number): string | undefined } {
  const backend = kitBackend(factory, { keyGroups: { first: 0, last: KEY_GROUPS - 1 }, maxParallelism: KEY_GROUPS, keyType: t.number });
  const handle = (): { update(value: string): void; clear(): void; value(): string | undefined } => (declared ??= backend.keyedState('v', state.value(t.string)));
  let declared: ReturnType<typeof handle> | undefined;
  return {
    backend,
    put: (key, value) => {
      const held = handle();
      backend.setCurrentKey(key);
      if (value === undefined) held.clear();
      else held.update(value);
    },
    get: (key) => {
      const held = handle();
      backend.setCurrentKey(key);
      return held.value();
    },
  };
}

const bytesOf = (blobs: readonly KeyGroupBlob[], kind: 'base' | 'delta'): number => blobs.reduce((sum, blob) => sum + (blob.kind === kind ? blobLength(blob) : 0), 0);
const fake = (checkpointId: number, kind: 'base' | 'delta', bytes: number, due: ReadonlySet<number>, baseBytes: number): OperatorSnapshot => ({
  operatorUid: 'o', checkpointId, maxParallelism: KEY_GROUPS, operatorState: undefined, watermark: 0, basedOn: kind === 'base' ? undefined : checkpointId - 1,
  keyGroups: Array.from({ length: KEY_GROUPS }, (_, keyGroup) => (due.has(keyGroup) ? { keyGroup, kind: 'base', bytes: new Uint8Array(baseBytes) } : { keyGroup, kind, bytes: new Uint8Array(bytes) })),
});

describe('bases written for some key groups at a time', () => {
  for (const name of ['heap', 'log'] as const) {
    it(`${name}: no checkpoint after the first writes everything, the chain stays bounded, and a restore equals what was there`, () => {
      const factory = name === 'heap' ? heapStateBackendFactory : logFactory(7);
      const { backend, put } = keyed(factory);
      const expected = new Map<number, string>();
      let random = 42;
      const roll = (sides: number): number => (((random = (Math.imul(random, 1664525) + 1013904223) | 0) >>> 8) % sides);
      const change = (key: number, round: number): void => {
        const value = roll(10) === 0 ? undefined : `${round} ${'x'.repeat(80)}`;
        put(key, value);
        if (value === undefined) expected.delete(key);
        else expected.set(key, value);
      };
      for (let key = 0; key < KEYS; key++) change(key, 0);
      let chain = takeSnapshot(backend, 1);
      backend.snapshotComplete(1);
      let bases = 0;
      for (let round = 2; round <= 60; round++) {
        for (let count = 0; count < KEYS / 8; count++) change(roll(KEYS), round);
        const run = backend.beginSnapshot(round);
        const frozen = new Map(expected);
        // The state goes on changing while the snapshot is written.
        while (run.advance(0) === 'more') change(roll(KEYS), round);
        const next = run.result();
        const rewritten = next.keyGroups.filter(({ kind }) => kind === 'base').length;
        bases += rewritten;
        expect(rewritten).toBeLessThan(KEY_GROUPS / 2);
        // One in five is never heard of again: the next delta builds on the one before.
        if (roll(5) === 0) continue;
        chain = appendToChain(chain, next);
        backend.snapshotComplete(round);
        expect(bytesOf(chain.keyGroups, 'delta')).toBeLessThan(1.5 * bytesOf(chain.keyGroups, 'base') + 64 * 1024);
        if (round % 6 !== 0) continue;
        const again = keyed(round % 12 === 0 ? heapStateBackendFactory : logFactory(round));
        again.backend.restore([chain]);
        for (let key = 0; key < KEYS; key++) expect(again.get(key)).toBe(frozen.get(key));
        again.backend.close();
      }
      expect(bases).toBeGreaterThan(KEY_GROUPS);
      backend.close();
    }, 60_000);

    it(`R36 ${name}: equals the model over random histories`, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => runStateModel(rolling(name === 'heap' ? heapStateBackendFactory : logFactory(seed)), seed, { incremental: true })),
        { numRuns: 100 },
      );
      expect(true).toBe(true);
    }, 120_000);
  }

  it('a key group that has become empty gets a base without entries', () => {
    const { backend, put, get } = keyed(rolling(heapStateBackendFactory));
    for (let key = 0; key < 100; key++) put(key, 'x'.repeat(100));
    let chain = takeSnapshot(backend, 1);
    backend.snapshotComplete(1);
    for (let id = 2; id < 80; id++) {
      for (let key = 0; key < 100; key++) put(key, id % 2 === 0 ? undefined : 'y'.repeat(100));
      chain = appendToChain(chain, takeSnapshot(backend, id));
      backend.snapshotComplete(id);
      const again = keyed(heapStateBackendFactory);
      again.backend.restore([chain]);
      expect(again.get(5)).toBe(get(5));
      expect(chain.keyGroups.filter(({ keyGroup }) => keyGroup === chain.keyGroups[0]!.keyGroup).length).toBeLessThan(10);
    }
  });

  it('chains of small deltas end before a manifest gets long, a few at a time', () => {
    let chain = ChainSizes.none().after(fake(1, 'base', 1e6, new Set(), 1e6));
    const parts = Array.from({ length: KEY_GROUPS }, () => 1);
    for (let id = 2; id < 400; id++) {
      const due = chain.due(false);
      expect(due.size).toBeLessThanOrEqual(1);
      chain = chain.after(fake(id, 'delta', 10, due, 1e6));
      parts.forEach((count, keyGroup) => (parts[keyGroup] = due.has(keyGroup) ? 1 : count + 1));
      expect(Math.max(...parts)).toBeLessThanOrEqual(LONGEST_CHAIN * 1.5);
    }
  });
});
