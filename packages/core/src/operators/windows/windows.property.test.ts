import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateAll, bareAggregate } from '../../api/aggregate-all.js';
import { avg, count, min, sum, type Aggregate } from '../../functions/aggregates.js';
import { countTrigger, purging } from '../../functions/triggers.js';
import {
  cumulativeEventTime, dynamicSessionEventTime, globalWindows, sessionEventTime, sessionProcessingTime, slidingEventTime, slidingProcessingTime, tumblingEventTime,
  tumblingProcessingTime,
} from '../../functions/window-assigners.js';
import type { WindowAssigner } from '../../functions/window.js';
import { t } from '../../record/types/t.js';
import { OperatorHarness } from '../../testing/operator-harness.js';
import { ParallelHarness } from '../../testing/parallel-harness.js';
import { genericWindowOperator, windowOperator, windowOperatorKind } from './window-operator.js';
import type { WindowSpec } from './window-spec.js';

interface Element {
  readonly key: string;
  readonly value: number;
  readonly gap: number;
}

type Step =
  | { readonly kind: 'element'; readonly element: Element; readonly time: number }
  | { readonly kind: 'watermark'; readonly by: number }
  | { readonly kind: 'restore'; readonly generic: boolean };

/** What came out: results per step, as sorted texts, and late elements. */
type Trace = string[][];

const elementStep = fc.record({
  kind: fc.constant('element' as const),
  element: fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.integer({ min: -9, max: 9 }), gap: fc.integer({ min: 1, max: 12 }) }),
  time: fc.integer({ min: -30, max: 60 }),
});
const watermarkStep = fc.record({ kind: fc.constant('watermark' as const), by: fc.integer({ min: 1, max: 15 }) });
const restoreStep = fc.record({ kind: fc.constant('restore' as const), generic: fc.boolean() });
const script = fc.array(fc.oneof({ weight: 8, arbitrary: elementStep }, { weight: 3, arbitrary: watermarkStep }, { weight: 1, arbitrary: restoreStep }), { maxLength: 40, size: 'max' });
const lateness = fc.constantFrom(0, 0, 3, 20);

/** Sum, count and maximum: the last can be merged but not taken back. */
const aggregate: WindowSpec['function'] = {
  kind: 'aggregate',
  aggregate: {
    create: () => ({ sum: 0, count: 0, max: -Infinity }),
    add(accumulator, value) {
      const a = accumulator as { sum: number; count: number; max: number };
      a.sum += (value as Element).value;
      a.count++;
      a.max = Math.max(a.max, (value as Element).value);
    },
    merge(accumulator, other) {
      const a = accumulator as { sum: number; count: number; max: number };
      const b = other as typeof a;
      a.sum += b.sum;
      a.count += b.count;
      a.max = Math.max(a.max, b.max);
    },
  },
};

function specOf(assigner: WindowAssigner<unknown>, allowedLatenessMs: number, more: Partial<WindowSpec> = {}): WindowSpec {
  return {
    assigner, allowedLatenessMs, keyOf: (value) => (value as Element).key, keyType: t.string, elementType: t.dynamic,
    accumulatorType: t.struct({ sum: t.number, count: t.number, max: t.number }), lateOutput: 'late', function: aggregate, sideOutputs: [],
    result: { kind: 'map', fn: (result, { key, window }) => ({ key, start: window.start, end: window.end, ...(result as object) }) },
    ...more,
  };
}

/** The same as a reduction that makes new objects, which is mergeable too. */
const reduction: Partial<WindowSpec> = {
  function: { kind: 'reduce', reduce: (a, b) => ({ ...(a as Element), value: Math.max((a as Element).value, (b as Element).value) }) },
  accumulatorType: t.dynamic,
  result: { kind: 'map', fn: (result, { key, window }) => ({ key, start: window.start, end: window.end, max: (result as Element).value }) },
};

/** One ready-made aggregate under a name, whose accumulators lie in the tables of specialised operators as they are. */
function named(part: Aggregate<unknown, unknown, unknown>): Partial<WindowSpec> {
  const parts = { total: part };
  return {
    function: { kind: 'aggregate', aggregate: aggregateAll(parts), bare: bareAggregate(parts)! },
    accumulatorType: t.dynamic,
    result: { kind: 'map', fn: (result, { key, window }) => ({ key, start: window.start, end: window.end, ...(result as object) }) },
  };
}
const counting = named(count());
const summing = named(sum('value') as Aggregate<unknown, unknown, unknown>);
const leastKey = named(min<'key', string>('key') as Aggregate<unknown, unknown, unknown>);
const averaging = named(avg('value') as Aggregate<unknown, unknown, unknown>);

const listing: Partial<WindowSpec> = {
  function: { kind: 'process' },
  result: {
    kind: 'process',
    fn: {
      process(elements, { key, window }, out) {
        const values = [...elements].map((element) => (element as Element).value);
        out.collect({ key, start: window.start, end: window.end, sum: values.reduce((a, b) => a + b, 0), count: values.length, max: Math.max(...values) });
      },
    },
  },
};

const text = (value: unknown, timestamp: number | undefined): string => `${JSON.stringify(value)}@${timestamp}`;

async function run(spec: WindowSpec, steps: readonly Step[], generic: boolean, options: { readonly refuseOutput?: boolean; readonly processing?: boolean } = {}): Promise<Trace> {
  const settings = { sideOutputs: ['late'], refuseOutput: options.refuseOutput === true };
  let harness = await OperatorHarness.open((generic ? genericWindowOperator : windowOperator)(spec), settings);
  let time = options.processing === true ? 0 : -30;
  const trace: Trace = [];
  const take = (): void => {
    trace.push(harness.takeEvents().flatMap((event) => (event.kind === 'record' ? [`${event.output} ${text(event.value, event.timestamp)}`] : [])).sort());
  };
  for (const step of steps) {
    if (step.kind === 'element') {
      harness.element(step.element, options.processing === true ? undefined : step.time);
    } else if (step.kind === 'watermark') {
      time += step.by;
      if (options.processing === true) harness.processingTime(time);
      else harness.watermark(time);
    } else {
      const restore = [harness.snapshot()];
      const processingTime = harness.now;
      await harness.close();
      harness = await OperatorHarness.open((step.generic ? genericWindowOperator : windowOperator)(spec), { ...settings, restore, processingTime });
    }
    take();
  }
  harness.finish();
  take();
  await harness.close();
  return trace;
}

/** A window of one key with what has come into it. */
interface ModelWindow {
  readonly key: string;
  start: number;
  end: number;
  values: number[];
}

const shown = (key: string, start: number, end: number, values: readonly number[]): string =>
  `main ${text({ key, start, end, sum: values.reduce((a, b) => a + b, 0), count: values.length, max: Math.max(...values) }, end - 1)}`;

/** The rules 1 to 9 as plainly as they can be written: all windows in one list, looked through at every step. */
function model(steps: readonly Step[], latenessMs: number, windowsOf: (step: Extract<Step, { kind: 'element' }>) => readonly (readonly [number, number])[], merging: boolean): Trace {
  let open: ModelWindow[] = [];
  let watermark = -Infinity;
  let time = -30;
  const isLate = (end: number): boolean => end - 1 + latenessMs <= watermark;
  const element = (step: Extract<Step, { kind: 'element' }>): string[] => {
    const out: string[] = [];
    let taken = false;
    for (const [start, end] of windowsOf(step)) {
      const same = open.filter((w) => w.key === step.element.key && (merging ? w.start <= end && w.end >= start : w.start === start && w.end === end));
      const window: ModelWindow = { key: step.element.key, start: Math.min(start, ...same.map((w) => w.start)), end: Math.max(end, ...same.map((w) => w.end)), values: same.flatMap((w) => w.values) };
      if (isLate(window.end)) continue;
      taken = true;
      open = open.filter((w) => !same.includes(w));
      window.values.push(step.element.value);
      open.push(window);
      if (window.end - 1 <= watermark) out.push(shown(window.key, window.start, window.end, window.values));
    }
    if (!taken && step.time + latenessMs <= watermark) out.push(`late ${text(step.element, step.time)}`);
    return out.sort();
  };
  const advance = (to: number): string[] => {
    const due = open.filter((w) => w.end - 1 > watermark && w.end - 1 <= to);
    watermark = to;
    open = open.filter((w) => !isLate(w.end));
    return due.map((w) => shown(w.key, w.start, w.end, w.values)).sort();
  };
  const trace = steps.map((step) => {
    if (step.kind === 'element') return element(step);
    if (step.kind === 'restore') return [];
    time += step.by;
    return advance(time);
  });
  return [...trace, advance(Infinity)];
}

const mod = (a: number, b: number): number => ((a % b) + b) % b;

function slidingModel(size: number, slide: number, offset: number): (step: { readonly time: number }) => [number, number][] {
  return ({ time }) => {
    const windows: [number, number][] = [];
    for (let start = time; start > time - size; start--) if (mod(start - offset, slide) === 0) windows.push([start, start + size]);
    return windows;
  };
}

function cumulativeModel(size: number, step: number, offset: number): (step: { readonly time: number }) => [number, number][] {
  return ({ time }) => {
    const start = time - mod(time - offset, size);
    const windows: [number, number][] = [];
    for (let end = start + step; end <= start + size; end += step) if (end > time) windows.push([start, end]);
    return windows;
  };
}

const RUNS = { numRuns: 1000 };
/** They take processor time, of which a loaded machine gives little. */
const PATIENT = { timeout: 120_000 };

describe('windows against a plain model, over random input, late elements and restores', PATIENT, () => {
  const offsetBelow = (limit: number): fc.Arbitrary<number> => fc.integer({ min: -limit + 1, max: limit - 1 });

  it('R01 R02 R04 R05 R06 tumbling', async () => {
    const settings = fc.integer({ min: 1, max: 20 }).chain((size) => fc.record({ size: fc.constant(size), offset: offsetBelow(size), late: lateness, generic: fc.boolean(), refuseOutput: fc.boolean() }));
    await fc.assert(fc.asyncProperty(settings, script, async ({ size, offset, late, generic, refuseOutput }, steps) => {
      const spec = specOf(tumblingEventTime(size, { offset }), late);
      expect(windowOperatorKind(spec)).toBe('tumbling');
      expect(await run(spec, steps, generic, { refuseOutput })).toEqual(model(steps, late, slidingModel(size, size, offset), false));
    }), RUNS);
  });

  it('R03 R05 R06 R16 sliding by shared slices', async () => {
    const settings = fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 })).chain(([size, slide]) =>
      fc.record({ size: fc.constant(size), slide: fc.constant(slide), offset: offsetBelow(slide), late: lateness, generic: fc.boolean(), refuseOutput: fc.boolean() }));
    await fc.assert(fc.asyncProperty(settings, script, async ({ size, slide, offset, late, generic, refuseOutput }, steps) => {
      const spec = specOf(slidingEventTime(size, slide, { offset }), late);
      expect(windowOperatorKind(spec)).toBe(slide < size ? 'sliced' : 'tumbling');
      expect(await run(spec, steps, generic, { refuseOutput })).toEqual(model(steps, late, slidingModel(size, slide, offset), false));
    }), RUNS);
  });

  it('R15 R16 cumulative by shared slices', async () => {
    const settings = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 5 })).chain(([step, steps]) =>
      fc.record({ step: fc.constant(step), size: fc.constant(step * steps), offset: offsetBelow(step * steps), late: lateness, generic: fc.boolean(), refuseOutput: fc.boolean() }));
    await fc.assert(fc.asyncProperty(settings, script, async ({ size, step, offset, late, generic, refuseOutput }, steps) => {
      const spec = specOf(cumulativeEventTime(size, step, { offset }), late);
      expect(windowOperatorKind(spec)).toBe('sliced');
      expect(await run(spec, steps, generic, { refuseOutput })).toEqual(model(steps, late, cumulativeModel(size, step, offset), false));
    }), RUNS);
  });

  it('R09 R10 sessions', async () => {
    const settings = fc.record({ gap: fc.integer({ min: 1, max: 15 }), late: lateness, generic: fc.boolean(), refuseOutput: fc.boolean() });
    await fc.assert(fc.asyncProperty(settings, script, async ({ gap, late, generic, refuseOutput }, steps) => {
      const spec = specOf(sessionEventTime(gap), late);
      expect(windowOperatorKind(spec)).toBe(late === 0 ? 'session' : 'generic');
      expect(await run(spec, steps, generic, { refuseOutput })).toEqual(model(steps, late, ({ time }) => [[time, time + gap]], true));
    }), RUNS);
  });

  it('R09 sessions with a gap of each element', async () => {
    await fc.assert(fc.asyncProperty(lateness, fc.boolean(), script, async (late, generic, steps) => {
      const spec = specOf(dynamicSessionEventTime((value) => (value as Element).gap), late);
      expect(await run(spec, steps, generic)).toEqual(model(steps, late, ({ time, element }) => [[time, time + element.gap]], true));
    }), RUNS);
  });

  it('R13 count windows', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.boolean(), script, async (size, generic, steps) => {
      const spec = specOf(globalWindows(), 0, { trigger: purging(countTrigger(size)) });
      expect(windowOperatorKind(spec)).toBe('count');
      const held = new Map<string, number[]>();
      const expected = steps.map((step) => {
        if (step.kind !== 'element') return [];
        const values = [...(held.get(step.element.key) ?? []), step.element.value];
        held.set(step.element.key, values.length === size ? [] : values);
        // JSON has no infinities: the bounds of the global window show as null.
        if (values.length < size) return [];
        return [`main ${text({ key: step.element.key, start: null, end: null, sum: values.reduce((a, b) => a + b, 0), count: size, max: Math.max(...values) }, Infinity)}`];
      });
      expect(await run(spec, steps, generic)).toEqual([...expected, []]);
    }), RUNS);
  });
});

describe('specialised operators give what the generic one gives', () => {
  const assigners = fc.oneof(
    fc.integer({ min: 1, max: 20 }).map((size) => tumblingEventTime(size)),
    fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 })).map(([size, slide]) => slidingEventTime(size, slide)),
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).map(([step, steps]) => cumulativeEventTime(step * steps, step)),
    fc.integer({ min: 1, max: 12 }).map((gap) => sessionEventTime(gap)),
  );

  it('R16 for a reduction, for all elements one by one, and for ready-made aggregates', async () => {
    await fc.assert(fc.asyncProperty(assigners, lateness, fc.constantFrom(reduction, listing, counting, summing, leastKey, averaging), script, async (assigner, late, work, steps) => {
      const spec = specOf(assigner, late, work);
      const calm = steps.filter((step) => step.kind !== 'restore');
      expect(await run(spec, steps, false)).toEqual(await run(spec, steps.map((step) => (step.kind === 'restore' ? { ...step, generic: true } : step)), true));
      expect(await run(spec, calm, false, { refuseOutput: true })).toEqual(await run(spec, calm, true));
    }), { numRuns: 500 });
  });

  it('R16 for more keys than a block of totals has, which come together, stay away, and come back', async () => {
    const burst = fc.record({ from: fc.integer({ min: 0, max: 250 }), count: fc.integer({ min: 1, max: 150 }), ahead: fc.integer({ min: -12, max: 6 }), by: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 20, max: 60 })), restores: fc.integer({ min: 0, max: 5 }) });
    const assigners = fc.oneof(fc.tuple(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 1, max: 6 })).map(([size, slide]) => slidingEventTime(size, slide)), fc.constant(cumulativeEventTime(12, 3)));
    const numbered: Partial<WindowSpec> = { keyOf: (value) => Number((value as Element).key) - 100, keyType: t.number };
    await fc.assert(fc.asyncProperty(assigners, lateness, fc.constantFrom({}, reduction, summing), fc.boolean(), fc.boolean(), fc.array(burst, { minLength: 4, maxLength: 12 }), async (assigner, late, work, isNumbered, refuseOutput, bursts) => {
      const spec = specOf(assigner, late, { ...work, ...(isNumbered ? numbered : {}) });
      let time = -30;
      const steps = bursts.flatMap(({ from, count, ahead, by, restores }, n): Step[] => {
        const elements = Array.from({ length: count }, (_, i): Step => ({ kind: 'element', element: { key: String(from + i), value: (i * 7 + n) % 11, gap: 1 }, time: time + ahead + (i % 3) }));
        time += by;
        return [...elements, ...(restores === 0 ? [{ kind: 'restore', generic: false } as const] : []), ...(by === 0 ? [] : [{ kind: 'watermark', by } as const])];
      });
      expect(await run(spec, steps, false, { refuseOutput })).toEqual(await run(spec, steps.map((step) => (step.kind === 'restore' ? { ...step, generic: true } : step)), true));
    }), { numRuns: 60 });
  });

  it('R02 in processing time', async () => {
    const clocks = fc.oneof(
      fc.integer({ min: 1, max: 20 }).map((size) => tumblingProcessingTime(size)),
      fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 })).map(([size, slide]) => slidingProcessingTime(size, slide)),
      fc.integer({ min: 1, max: 12 }).map((gap) => sessionProcessingTime(gap)),
    );
    await fc.assert(fc.asyncProperty(clocks, script, async (assigner, steps) => {
      const spec = specOf(assigner, 0);
      const calm = steps.map((step): Step => (step.kind === 'restore' ? { ...step, generic: false } : step));
      const generic = steps.map((step): Step => (step.kind === 'restore' ? { ...step, generic: true } : step));
      expect(await run(spec, calm, false, { processing: true })).toEqual(await run(spec, generic, true, { processing: true }));
      // From one to the other and back, too.
      expect(await run(spec, steps, false, { processing: true })).toEqual(await run(spec, generic, true, { processing: true }));
    }), { numRuns: 500 });
  });

  it('R16 rescaled from 1 to 2 to 3 with elements in flight', async () => {
    await fc.assert(fc.asyncProperty(assigners, lateness, script, async (assigner, late, steps) => {
      const spec = specOf(assigner, late);
      const calm = steps.filter((step) => step.kind !== 'restore');
      const found: string[] = [];
      let parallel: ParallelHarness | undefined;
      let time = -30;
      const routes = [(value: Element) => value.key];
      const note = (): void => {
        for (const event of parallel!.takeEvents()) if (event.kind === 'record') found.push(`${event.output} ${text(event.value, event.timestamp)}`);
      };
      for (const [index, step] of calm.entries()) {
        const parallelism = 1 + Math.floor((index * 3) / calm.length);
        if (parallel?.instances.length !== parallelism) {
          const restore = parallel?.snapshot();
          if (parallel !== undefined) note();
          await parallel?.close();
          parallel = await ParallelHarness.open(windowOperator(spec), { parallelism, routes, sideOutputs: ['late'], ...(restore === undefined ? {} : { restore }) });
        }
        if (step.kind === 'element') parallel.element(step.element, step.time);
        else if (step.kind === 'watermark') {
          time += step.by;
          parallel.each((instance) => instance.watermark(time));
        }
      }
      if (parallel === undefined) return;
      parallel.each((instance) => instance.finish());
      note();
      await parallel.close();
      expect(found.sort()).toEqual((await run(spec, calm, false)).flat().sort());
    }), { numRuns: 200 });
  });
});
