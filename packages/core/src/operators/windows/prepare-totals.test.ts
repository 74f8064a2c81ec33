import { setFlagsFromString } from 'node:v8';
import { describe, expect, it, vi } from 'vitest';
import type { Pane } from '../../state/backend.js';
import { prepareTotals } from './prepare-totals.js';
import { RunningTotals } from './running-totals.js';

/** The bit of the status that says that a function is compiled for speed. */
const OPTIMIZED = 1 << 4;
const SLICES = 4;
const KEYS = 64;

/** Gives the totals of a window whose last slice ends at `end`, after the keys up to `present` have had an element in it. */
type Window = (totals: RunningTotals, end: number, present: number) => void;

function windowOf(): Window {
  const sums: unknown[] = new Array<unknown>(KEYS).fill(undefined);
  const isOwn = new Uint8Array(KEYS);
  return (totals, end, present) => {
    for (let key = 0; key < present; key++) {
      const place = totals.placeOf(key);
      totals.blocks[0]!.append(place, end, { count: key }, undefined);
    }
    const block = totals.blocks[0]!;
    block.evict(end - SLICES, undefined);
    block.totals(end - SLICES + 1, undefined, sums, isOwn);
    totals.giveUp(0, sums);
  };
}

/** Whether code that was compiled in the first windows, when no key had gone and no front was there, is still compiled when all have gone. */
function staysCompiled(window: Window): boolean {
  let totals = new RunningTotals(KEYS, () => Infinity);
  const first = (): void => {
    totals = new RunningTotals(KEYS, () => Infinity);
    for (let end = 1; end < SLICES; end++) window(totals, end, KEYS);
  };
  const rest = (): void => {
    for (let end = SLICES; end < 4 * SLICES; end++) window(totals, end, end < 2 * SLICES ? KEYS : 1);
  };
  setFlagsFromString('--allow-natives-syntax');
  try {
    const check = new Function('window', 'first', 'rest', 'OPTIMIZED', `
      %PrepareFunctionForOptimization(window);
      for (let again = 0; again < 20; again++) first();
      %OptimizeFunctionOnNextCall(window);
      first();
      if ((%GetOptimizationStatus(window) & OPTIMIZED) === 0) throw new Error('it was not compiled');
      rest();
      return (%GetOptimizationStatus(window) & OPTIMIZED) !== 0;`) as (...given: unknown[]) => boolean;
    return check(window, first, rest, OPTIMIZED);
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

function paneOf(keys: number): Pane<unknown> {
  const values = Array.from({ length: keys }, (_, at) => ({ count: at }));
  return { start: 0, end: 1_700_000_000_000, values, slotLimit: keys, keyAt: (slot: number) => slot } as unknown as Pane<unknown>;
}

/** As {@link paneOf}, of objects that nobody may look into or change. */
function closedPane(keys: number, end: number): Pane<unknown> {
  const refuse = (): never => {
    throw new Error('an accumulator is not to be touched');
  };
  const traps = new Proxy({}, { get: () => refuse });
  const values = Object.freeze(Array.from({ length: keys }, () => new Proxy({}, traps)));
  return Object.freeze({ start: 0, end, values, slotLimit: 2 * keys, keyAt: (slot: number) => (slot % 2 === 0 ? undefined : `key ${slot}`), slot: refuse, insert: refuse, touch: refuse, remove: refuse }) as unknown as Pane<unknown>;
}

describe('totals in a thread that was prepared', () => {
  it.each([1_700_000_000_000, 0, -1, -1_700_000_000_000, 8.64e15, 2 ** 60, -(2 ** 60)])('come of reading keys and accumulators only, in a slice that ends at %d', async (end) => {
    vi.resetModules();
    const { prepareTotals: prepare } = await import('./prepare-totals.js');
    const asked: number[] = [];
    const turnDelay = (block: number): number => (asked.push(block), 1);
    prepare(closedPane(7, end), turnDelay);
    expect(asked).toEqual([]);
    prepare(closedPane(20, end), turnDelay);
    expect(asked).not.toEqual([]);
    asked.length = 0;
    prepare(closedPane(20, end), turnDelay);
    expect(asked).toEqual([]);
  });

  it('leave their code compiled when the first keys leave a window', () => {
    prepareTotals(paneOf(20), () => Infinity);
    expect(staysCompiled(windowOf())).toBe(true);
  });
});
