import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { kitBackend } from '../../../testing/state-backend-kit.js';
import { PATIENT_SLICE_MS, type Pane, type StateBackend } from '../../backend.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { heapStateBackendFactory } from './heap-state-backend.js';

const KEYS = 1000;
const KINDS: Readonly<Record<string, (n: number) => unknown>> = {
  'whole numbers': (n) => n,
  'numbers that lie elsewhere each time': (n) => n * 7919 - 40_000,
  fractions: (n) => n + 0.5,
  texts: (n) => `key ${n}`,
  pairs: (n) => [n, -n],
};

function backend(restored?: OperatorSnapshot): StateBackend {
  const made = kitBackend(heapStateBackendFactory, { keyGroups: { first: 0, last: 127 }, maxParallelism: 128, keyType: t.dynamic });
  if (restored !== undefined) made.restore([restored]);
  return made;
}

function fill(pane: Pane<number>, keyOf: (n: number) => unknown, from: number, factor: number): void {
  for (let n = from; n < from + KEYS; n++) pane.insert(keyOf(n), n * factor);
}

/** All entries, by the text of their keys. */
function entries(pane: Pane<number>): Map<string, number> {
  const found = new Map<string, number>();
  for (let slot = 0; slot < pane.slotLimit; slot++) if (pane.keyAt(slot) !== undefined) found.set(JSON.stringify(pane.keyAt(slot)), pane.values[slot]!);
  return found;
}

function expected(keyOf: (n: number) => unknown, from: number, factor: number): Map<string, number> {
  return new Map(Array.from({ length: KEYS }, (_, at) => [JSON.stringify(keyOf(from + at)), (from + at) * factor]));
}

function written(state: StateBackend, checkpointId: number): OperatorSnapshot {
  const run = state.beginSnapshot(checkpointId);
  while (run.advance(PATIENT_SLICE_MS) === 'more');
  return run.result();
}

describe('the memory of a window that is over', () => {
  for (const [kind, keyOf] of Object.entries(KINDS)) {
    it(`is that of the next one, which has nothing of the first: keys that are ${kind}`, () => {
      const state = backend();
      const table = state.windowTable('w', t.number);
      const first = table.pane(0, 10);
      fill(first, keyOf, 0, 1);
      const { values } = first;
      table.dropPane(first);
      expect([first.size, first.slot(keyOf(1)), first.keyAt(1)]).toEqual([0, -1, undefined]);
      const second = table.pane(10, 20);
      expect(second.values).toBe(values);
      expect([second.size, second.slotLimit, second.slot(keyOf(1)), second.keyAt(1)]).toEqual([0, 0, -1, undefined]);
      fill(second, keyOf, KEYS / 2, 1.5);
      expect(entries(second)).toEqual(expected(keyOf, KEYS / 2, 1.5));
      // Dropped again by somebody who still has it, it takes nothing from the one that lies there now.
      table.dropPane(first);
      expect(second.slot(keyOf(KEYS))).toBeGreaterThanOrEqual(0);
      const restored = backend(written(state, 1)).windowTable('w', t.number);
      expect(restored.existingPane(0, 10)).toBeUndefined();
      expect(entries(restored.existingPane(10, 20)!)).toEqual(expected(keyOf, KEYS / 2, 1.5));
    });
  }

  it('stays what it is while a snapshot is written', () => {
    const state = backend();
    const table = state.windowTable('w', t.number);
    const first = table.pane(0, 10);
    fill(first, KINDS['texts']!, 0, 1);
    const run = state.beginSnapshot(1);
    table.dropPane(first);
    const second = table.pane(10, 20);
    fill(second, KINDS['texts']!, 0, 2);
    expect(second.values).not.toBe(first.values);
    while (run.advance(PATIENT_SLICE_MS) === 'more');
    const restored = backend(run.result()).windowTable('w', t.number);
    expect(entries(restored.existingPane(0, 10)!)).toEqual(expected(KINDS['texts']!, 0, 1));
    expect(restored.existingPane(10, 20)).toBeUndefined();
    table.dropPane(second);
    expect(table.pane(20, 30).values).not.toBe(first.values);
  });

  it('is not kept where hardly any of it was used, where it is little, or much', () => {
    for (const { keys, left } of [{ keys: KEYS, left: 10 }, { keys: 100, left: 100 }, { keys: 70_000, left: 70_000 }]) {
      const table = backend().windowTable('w', t.number);
      const first = table.pane(0, 10);
      for (let n = 0; n < keys; n++) first.insert(n, n);
      for (let n = left; n < keys; n++) first.remove(n);
      const { values } = first;
      table.dropPane(first);
      expect(table.pane(10, 20).values).not.toBe(values);
    }
  });

  it('does not go to a window that follows a much smaller one', () => {
    const table = backend().windowTable('w', t.number);
    const large = table.pane(0, 10);
    for (let n = 0; n < 10_000; n++) large.insert(n, n);
    table.pane(10, 20).insert(1, 1);
    const { values } = large;
    table.dropPane(large);
    expect(table.pane(20, 30).values).not.toBe(values);
  });
});
