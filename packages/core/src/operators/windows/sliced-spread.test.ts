import { describe, expect, it } from 'vitest';
import { slidingEventTime } from '../../functions/window-assigners.js';
import { t } from '../../record/types/t.js';
import { OperatorHarness } from '../../testing/operator-harness.js';
import { windowOperator } from './window-operator.js';

const SLIDES = 8;
const KEYS = 1024;

/** Merges of accumulators for each window of `windows`, with an element of every key in every slice; restored before the window `restoredAt`. */
async function mergesByWindow(windows: number, restoredAt: number = Infinity): Promise<{ readonly merges: number[]; readonly harness: OperatorHarness }> {
  const done = { merges: 0 };
  const operator = windowOperator({
    assigner: slidingEventTime(SLIDES * 10, 10),
    keyOf: (value) => (value as { readonly k: number }).k,
    keyType: t.number,
    elementType: Object.freeze({ kind: 'dynamic' as const }),
    accumulatorType: t.struct({ sum: t.number }),
    allowedLatenessMs: 0,
    lateOutput: undefined,
    function: {
      kind: 'aggregate',
      aggregate: {
        create: () => ({ sum: 0 }),
        add: (total, value) => void ((total as { sum: number }).sum += (value as { readonly v: number }).v),
        merge: (total, other) => {
          done.merges++;
          (total as { sum: number }).sum += (other as { readonly sum: number }).sum;
        },
      },
    },
    result: { kind: 'map', fn: (total, { key, window }) => ({ k: key, end: window.end, sum: (total as { readonly sum: number }).sum }) },
    sideOutputs: [],
  });
  let harness = await OperatorHarness.open(operator);
  const merges: number[] = [];
  for (let slice = 0; slice < windows; slice++) {
    if (slice === restoredAt) {
      const restore = [harness.snapshot()];
      await harness.close();
      harness = await OperatorHarness.open(operator, { restore });
    }
    for (let k = 0; k < KEYS; k++) harness.element({ k, v: slice + 1 }, slice * 10);
    const before = done.merges;
    harness.watermark(slice * 10 + 9);
    merges.push(done.merges - before);
  }
  return { merges, harness };
}

describe('windows that slide over keys which came at the same time', () => {
  it('makes no window pay for the fronts of all of them', async () => {
    const { merges } = await mergesByWindow(SLIDES * 6);
    const steady = merges.slice(SLIDES * 2);
    const mean = steady.reduce((sum, each) => sum + each, 0) / steady.length;
    expect(mean).toBeGreaterThan(KEYS);
    expect(Math.max(...steady)).toBeLessThan(mean * 1.5);
  });

  it('nor after a restore, when all of them begin with as many slices', async () => {
    const { merges, harness } = await mergesByWindow(SLIDES * 6, SLIDES * 2);
    // The first window has to take everything in, and the second makes the first fronts.
    const steady = merges.slice(SLIDES * 2 + 2);
    const mean = steady.reduce((sum, each) => sum + each, 0) / steady.length;
    expect(mean).toBeGreaterThan(KEYS);
    expect(Math.max(...steady)).toBeLessThan(mean * 1.5);
    expect(harness.values).toHaveLength(KEYS * SLIDES * 4);
  });

  it('gives the sums of the slices, whenever a key makes its front', async () => {
    const { harness } = await mergesByWindow(SLIDES * 3);
    expect(harness.values).toHaveLength(KEYS * SLIDES * 3);
    for (const value of harness.values) {
      const { end, sum } = value as { readonly end: number; readonly sum: number };
      const last = end / 10;
      const first = Math.max(1, last - SLIDES + 1);
      expect(sum).toBe(((first + last) * (last - first + 1)) / 2);
    }
  });
});

/** How long a watermark takes that completes so many slices at once, of one key. */
async function timeOfJump(slices: number): Promise<number> {
  const operator = windowOperator({
    assigner: slidingEventTime(20, 10), keyOf: () => 1, keyType: t.number, elementType: t.number, accumulatorType: t.number, allowedLatenessMs: 0, lateOutput: undefined, sideOutputs: [],
    function: { kind: 'reduce', reduce: (a) => a },
  });
  const harness = await OperatorHarness.open(operator);
  for (let slice = 0; slice < slices; slice++) harness.element(1, slice * 10);
  const start = performance.now();
  harness.watermark(slices * 10 + 100);
  const time = performance.now() - start;
  expect(harness.values).toHaveLength(slices + 1);
  await harness.close();
  return time;
}

it('R16 fires many windows at once, as behind an input that stood still, in a time that grows as their number', { timeout: 60_000 }, async () => {
  await timeOfJump(2_000);
  const few = Math.min(await timeOfJump(4_000), await timeOfJump(4_000));
  const many = Math.min(await timeOfJump(32_000), await timeOfJump(32_000));
  expect(many).toBeLessThan(few * 24);
});
