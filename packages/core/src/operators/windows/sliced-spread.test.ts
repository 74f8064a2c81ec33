import fc from 'fast-check';
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

interface Given {
  readonly k: string;
  readonly v: number;
  readonly at: number;
}

/** Hands everything on, and behind a watermark gives these elements as mail: when the window behind it waits for room. */
function mailing(behind: number, elements: readonly Given[]): OperatorFactory {
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
              context.record.timestamp = element.at;
              context.output.process(element);
            }
          };
          if (watermark === behind) context.mailbox.post(mail);
          return 'done';
        },
        close: () => {},
      };
    },
  };
}

interface LateCase {
  readonly allowedLatenessMs?: number;
  /** What is there before the watermark -1, and what comes between that and the next. */
  readonly before?: readonly Given[];
  readonly elements: readonly Given[];
  /** The watermark that completes windows, 9 unless given, and what comes while they are being fired. */
  readonly watermark?: number;
  readonly late: readonly Given[];
}

/** All totals in order by key and window, and how many elements were late: the late ones come while windows are fired, or after that. */
async function emitted({ allowedLatenessMs = 0, before = [], elements, watermark = 9, late }: LateCase, when: 'after' | 'while'): Promise<Record<string, readonly unknown[]>> {
  const window = windowOperator({
    assigner: slidingEventTime(20, 10), keyOf: (value) => (value as { k: string }).k, keyType: t.string, elementType: t.dynamic, accumulatorType: t.number, allowedLatenessMs,
    lateOutput: 'late', sideOutputs: [],
    function: { kind: 'aggregate', aggregate: { create: () => 0, add: (total, value) => (total as number) + (value as { v: number }).v, merge: (one, other) => (one as number) + (other as number) } },
    result: { kind: 'map', fn: (total, { key, window: { end } }) => [`${key} ${end}`, total] },
  });
  const harness = await OperatorHarness.open([mailing(watermark, when === 'while' ? late : []), window], { refuseOutput: true, sideOutputs: ['late'] });
  for (const element of before) harness.element(element, element.at);
  harness.watermark(-1);
  for (const element of elements) harness.element(element, element.at);
  harness.watermark(watermark);
  if (when === 'after') for (const element of late) harness.element(element, element.at);
  harness.finish();
  const totals: Record<string, unknown[]> = { late: [...harness.sideValues('late')] };
  for (const [of, total] of harness.values as [string, unknown][]) (totals[of] ??= []).push(total);
  await harness.close();
  return totals;
}

/** Elements with the keys that the letters are. */
const all = (letters: string, v: number, at: number): Given[] => [...letters].map((k) => ({ k, v, at }));

describe('late elements that come while a window waits for room', () => {
  it('R05 keep a key that is new for the windows to come', async () => {
    expect(await emitted({ elements: all('a', 1, 5), late: all('c', 7, 5) }, 'while')).toEqual({ 'a 10': [1], 'a 20': [1], 'c 20': [7], late: [] });
    for (const keys of ['ab', 'abd', 'abde']) expect(await emitted({ elements: all(keys, 1, 5), late: all('c', 7, 5) }, 'while')).toMatchObject({ 'c 20': [7] });
  });

  it('R04 are not in the window under way, nor in others that the same watermark has closed', async () => {
    for (const keys of ['a', 'ad', 'da', 'abd', 'bdae']) {
      const totals = await emitted({ elements: all(keys, 1, 5), late: all(`${keys}c`, 5, 5) }, 'while');
      for (const k of keys) expect([totals[`${k} 10`], totals[`${k} 20`]]).toEqual([[1], [6]]);
      expect([totals['c 10'], totals['c 20']]).toEqual([undefined, [5]]);
      const jumped = await emitted({ elements: [...all(keys, 1, 5), ...all(keys, 2, 15)], watermark: 19, late: all(`${keys}c`, 5, 15) }, 'while');
      for (const k of keys) expect([jumped[`${k} 10`], jumped[`${k} 20`], jumped[`${k} 30`]]).toEqual([[1], [3], [7]]);
      expect([jumped['c 20'], jumped['c 30']]).toEqual([undefined, [5]]);
    }
  });

  it('R06 are in one total more for each, and no total goes out twice', async () => {
    for (const keys of ['a', 'ad', 'da', 'abd', 'bdae']) {
      const totals = await emitted({ allowedLatenessMs: 100, elements: all(keys, 1, 5), late: all(`${keys}c`, 5, 5) }, 'while');
      for (const k of keys) expect([totals[`${k} 10`], totals[`${k} 20`]]).toEqual([[1, 6], [6]]);
      expect([totals['c 10'], totals['c 20']]).toEqual([[5], [5]]);
    }
    // The window has emitted a, and not yet d.
    const one = { allowedLatenessMs: 100, before: all('ad', 1, -5), elements: all('b', 1, 5), late: all('d', 5, 5) };
    expect(await emitted(one, 'while')).toMatchObject({ 'd 0': [1], 'd 10': [1, 6], 'd 20': [5] });
  });

  it('R04 R05 R06 are treated as if they had come right after it', async () => {
    const given = fc.array(fc.record({ k: fc.constantFrom(...'abcdef'), v: fc.integer({ min: 1, max: 9 }), at: fc.integer({ min: -15, max: 55 }) }), { maxLength: 12 });
    const cases = fc.record({ allowedLatenessMs: fc.constantFrom(0, 10, 100), before: given, elements: given, watermark: fc.constantFrom(9, 12, 19, 29, 49), late: given });
    await fc.assert(fc.asyncProperty(cases, async (one) => {
      expect(await emitted(one, 'while')).toEqual(await emitted(one, 'after'));
    }), { numRuns: 300 });
  });
});
