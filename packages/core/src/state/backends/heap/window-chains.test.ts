import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyGroupOf } from '../../../record/key-hash.js';
import { t } from '../../../record/types/t.js';
import { kitBackend } from '../../../testing/state-backend-kit.js';
import type { StateBackend, StoredForm, WindowTable } from '../../backend.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { appendToChain } from '../../snapshot-chain.js';
import { heapStateBackendFactory } from './heap-state-backend.js';

const FIRST = 3;
const LAST = 66;
const PATIENT = { timeout: 120_000 };
const NUMBERS: StoredForm = { numbers: true, toStored: (value) => [value], fromStored: (stored) => (stored as unknown[])[0] };
/** Values in every form that a number is written in, and one that is none. */
const VALUES: readonly unknown[] = [0, 1, 127, 128, 300_000, 2 ** 32, -0, -1, -(2 ** 33), 0.5, Number.NaN, Number.NEGATIVE_INFINITY, null];

interface Windows {
  readonly backend: StateBackend;
  readonly table: WindowTable<unknown>;
}

/** Begins with bases of some key groups again and again. */
function windows(restored?: OperatorSnapshot): Windows {
  const backend = kitBackend(heapStateBackendFactory, { keyGroups: { first: FIRST, last: LAST }, maxParallelism: 128, keyType: t.dynamic, smallChainBytes: 0 });
  if (restored !== undefined) backend.restore([restored]);
  return { backend, table: backend.windowTable<unknown>('w', t.dynamic, NUMBERS) };
}

function contents({ table }: Windows): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const pane of table.panes()) {
    for (let slot = 0; slot < pane.slotLimit; slot++) if (pane.keyAt(slot) !== undefined) found.set(`${pane.start} ${JSON.stringify(pane.keyAt(slot))}`, pane.values[slot]);
  }
  return found;
}

interface Step {
  readonly kind: 'put' | 'drop';
  readonly window: number;
  readonly seed: number;
}

/** Of the backend's key groups. */
const KEYS: readonly unknown[] = Array.from({ length: 120 }, (_, at) => (at % 3 === 0 ? at : at % 3 === 1 ? `key ${at}` : [at, at])).filter((key) => keyGroupOf(key, 128) >= FIRST && keyGroupOf(key, 128) <= LAST);

function change({ table }: Windows, { kind, window, seed }: Step): void {
  if (kind === 'drop') {
    const pane = table.existingPane(window, window + 1);
    if (pane !== undefined) table.dropPane(pane);
    return;
  }
  const pane = table.pane(window, window + 1);
  for (let at = 0; at < 8; at++) {
    const key = KEYS[(seed + at * 7) % KEYS.length];
    const slot = pane.slot(key);
    const value = VALUES[(seed + at) % VALUES.length];
    if (slot < 0) pane.insert(key, value);
    else {
      pane.touch(slot);
      pane.values[slot] = value;
    }
  }
}

const steps = fc.array(fc.record({ kind: fc.constantFrom('put', 'put', 'put', 'drop'), window: fc.integer({ min: 1, max: 6 }), seed: fc.nat(1000) }), { maxLength: 25 });

it('R36 windows of numbers are what they were at the barrier, through bases and deltas written while they change, and some given up', PATIENT, () => {
  fc.assert(
    fc.property(fc.array(fc.record({ before: steps, during: steps, isLost: fc.boolean() }), { minLength: 1, maxLength: 8 }), (rounds) => {
      const live = windows();
      let chain: OperatorSnapshot | undefined;
      rounds.forEach(({ before, during, isLost }, at) => {
        for (const step of before) change(live, step);
        const expected = contents(live);
        const run = live.backend.beginSnapshot(at + 1);
        for (let piece = 0; run.advance(0) === 'more'; piece++) if (piece < during.length) change(live, during[piece]!);
        if (isLost) return;
        chain = chain === undefined ? run.result() : appendToChain(chain, run.result());
        live.backend.snapshotComplete(at + 1);
        expect(contents(windows(chain))).toEqual(expected);
      });
    }),
  );
});

it('R36 no window is left in any key group that was dropped with a thousand others', () => {
  const live = windows();
  for (let window = 1; window <= 1200; window++) change(live, { kind: 'put', window, seed: window });
  const first = live.backend.beginSnapshot(1);
  while (first.advance(0) === 'more');
  live.backend.snapshotComplete(1);
  for (let window = 1; window <= 1100; window++) change(live, { kind: 'drop', window, seed: 0 });
  // One of them comes again, and is another.
  live.table.pane(7, 8).insert(KEYS[1], 128);
  const second = live.backend.beginSnapshot(2);
  while (second.advance(0) === 'more');
  const again = windows(appendToChain(first.result(), second.result()));
  expect(contents(again)).toEqual(contents(live));
  expect(again.table.existingPane(1100, 1101)).toBeUndefined();
});
