import { describe, expect, it } from 'vitest';
import { slidingEventTime } from '../../functions/window-assigners.js';
import { t } from '../../record/types/t.js';
import { OperatorHarness } from '../../testing/operator-harness.js';
import type { Operator, OperatorFactory } from '../operator.js';
import type { OperatorContext } from '../operator-context.js';
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

/** Hands everything on, and behind the watermark 9 gives these elements as mail: when the window behind it waits for room. */
function mailing(elements: readonly { readonly k: string; readonly v: number }[]): OperatorFactory {
  return {
    create(): Operator {
      let context: OperatorContext;
      return {
        recordsIn: 0,
        open: (given) => void (context = given),
        input: () => ({ process: (value) => context.output.process(value) }),
        advance(watermark) {
          const mail = (): void => {
            for (const element of elements) {
              context.record.timestamp = 5;
              context.output.process(element);
            }
          };
          if (watermark === 9) context.mailbox.post(mail);
          return 'done';
        },
        close: () => {},
      };
    },
  };
}

/** The last totals by key and window of these keys at 5, of those `before` at -5, and of elements at 5 that come while the window that ends at 10 is being fired. */
async function emitted(allowedLatenessMs: number, keys: readonly string[], elements: readonly { readonly k: string; readonly v: number }[], before: readonly string[] = []): Promise<Record<string, unknown>> {
  const window = windowOperator({
    assigner: slidingEventTime(20, 10), keyOf: (value) => (value as { k: string }).k, keyType: t.string, elementType: t.dynamic, accumulatorType: t.number, allowedLatenessMs,
    lateOutput: undefined, sideOutputs: [],
    function: { kind: 'aggregate', aggregate: { create: () => 0, add: (total, value) => (total as number) + (value as { v: number }).v, merge: (one, other) => (one as number) + (other as number) } },
    result: { kind: 'map', fn: (total, { key, window: { end } }) => [`${key} ${end}`, total] },
  });
  const harness = await OperatorHarness.open([mailing(elements), window], { refuseOutput: true });
  for (const k of before) harness.element({ k, v: 1 }, -5);
  harness.watermark(-1);
  for (const k of keys) harness.element({ k, v: 1 }, 5);
  harness.watermark(9);
  harness.finish();
  const totals = Object.fromEntries(harness.values as [string, unknown][]) as Record<string, unknown>;
  await harness.close();
  return totals;
}

describe('late elements that come while a window waits for room', () => {
  it('R05 keep a key that is new for the windows to come', async () => {
    expect(await emitted(0, ['a'], [{ k: 'c', v: 7 }])).toEqual({ 'a 10': 1, 'a 20': 1, 'c 20': 7 });
    for (const keys of [['a', 'b'], ['a', 'b', 'd'], ['a', 'b', 'd', 'e']]) expect(await emitted(0, keys, [{ k: 'c', v: 7 }])).toMatchObject({ 'c 20': 7 });
  });

  it('R06 are in the last total that is emitted', async () => {
    for (const keys of [['a', 'd'], ['d', 'a'], ['a', 'b', 'd'], ['b', 'd', 'a', 'e']]) {
      const totals = await emitted(100, keys, [...keys, 'c'].map((k) => ({ k, v: 5 })));
      for (const k of keys) expect([totals[`${k} 10`], totals[`${k} 20`]]).toEqual([6, 6]);
      expect([totals['c 10'], totals['c 20']]).toEqual([5, 5]);
    }
    // The window has emitted a, and not yet d.
    expect(await emitted(100, ['b'], [{ k: 'd', v: 5 }], ['a', 'd'])).toMatchObject({ 'd 0': 1, 'd 10': 6, 'd 20': 5 });
  });
});
