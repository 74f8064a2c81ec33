import { describe, expect, it } from 'vitest';
import { MetricRegistry } from '../base/metrics.js';
import { count, max, sum, type Aggregate } from '../functions/aggregates.js';
import { boundedOutOfOrderness } from '../functions/watermark-strategies.js';
import type { WindowAssigner } from '../functions/window.js';
import { cumulativeEventTime, slidingEventTime, tumblingEventTime } from '../functions/window-assigners.js';
import { planAsText } from '../graph/plan-text.js';
import { planOf } from '../graph/plan.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { runLocally } from '../runtime/job/local-executor.js';
import { StreamEnvironment } from './environment.js';

interface Sale {
  readonly user: string;
  readonly item: number;
  readonly cents: number;
  readonly at: number;
}

const T0 = 1_700_000_000_000;
const sales: readonly Sale[] = Array.from({ length: 4_000 }, (_, i) => ({ user: `u${(i * 7) % 13}`, item: (i * 11) % 29, cents: (i * 31) % 997, at: T0 + i * 10 - ((i * 37) % 700) }));

let merges = 0;

const totals = (exact: boolean) => ({
  create: () => ({ count: 0, sum: 0, max: 0 }),
  add(total: { count: number; sum: number; max: number }, sale: Sale): void {
    total.count++;
    total.sum += sale.cents;
    if (sale.cents > total.max) total.max = sale.cents;
  },
  merge(total: { count: number; sum: number; max: number }, other: { count: number; sum: number; max: number }): void {
    merges++;
    total.count += other.count;
    total.sum += other.sum;
    if (other.max > total.max) total.max = other.max;
  },
  exact,
});

/** How many were sold in all. */
const soldInAll = (exact: boolean) => ({
  create: () => ({ count: 0 }),
  add: (total: { count: number }, { count }: { readonly count: number }): void => void (total.count += count),
  merge: (total: { count: number }, other: { count: number }): void => void (total.count += other.count),
  exact,
});

interface Run {
  readonly exact: boolean;
  readonly key: (sale: Sale) => string | number | readonly [number, string];
  readonly window: WindowAssigner<Sale>;
  readonly generate: boolean;
  readonly watermarkPerRecord: boolean;
}

/** Counts by key in three subtasks behind one source, whose watermarks let some of the sales come late. */
async function outcome({ exact, key, window, generate, watermarkPerRecord }: Run): Promise<{ readonly rows: readonly string[]; readonly counts: readonly string[] }> {
  const metrics = new MetricRegistry();
  const rows: string[] = [];
  const env = new StreamEnvironment(() => ({
    execute: (program, given = {}) => runLocally(program, nodePlatform(), { ...given, resume: 'none', metrics, options: { ...given.options, 'code.generation': generate } }),
  }), { parallelism: 3 });
  const bound = watermarkPerRecord ? 200 : 700;
  const byKey = env.fromCollection(sales, { name: 'sales', watermarks: boundedOutOfOrderness<Sale>(bound, (sale) => sale.at) }).setParallelism(1)
    .keyBy(key).window(window)
    .aggregate(totals(exact), (total, { key: of, window: { start, end } }) => ({ of, start, end, ...total }), { uid: 'totals', name: 'totals' });
  byKey.forEach((row) => void rows.push(JSON.stringify(row)));
  byKey.windowAll(tumblingEventTime(3000)).aggregate(soldInAll(exact), { uid: 'in all', name: 'in all' }).forEach((row) => void rows.push(JSON.stringify(row)));
  await env.execute('totals', watermarkPerRecord ? { watermarkPerRecord: true } : {});
  const counts = metrics.snapshot().filter(({ name, scope }) => scope[0] === 'totals' && (name === 'numRecordsIn' || name === 'numLateRecordsDropped')).map((sample) => JSON.stringify(sample));
  return { rows: rows.sort(), counts };
}

const windows: readonly (readonly [string, WindowAssigner<Sale>])[] = [
  ['tumbling', tumblingEventTime(1000)],
  ['sliding', slidingEventTime(1000, 300)],
  ['cumulative', cumulativeEventTime(2000, 500)],
];

const keys: readonly (readonly [string, Run['key']])[] = [
  ['whole numbers', (sale) => sale.item],
  ['fractions', (sale) => sale.item / 8],
  ['texts', (sale) => sale.user],
  ['pairs', (sale) => [sale.item, sale.user]],
];

describe.each(windows)('%s windows behind an exchange', (_, window) => {
  it.each(keys)('give the same rows and counts for %s, reduced before it or not', async (_kind, key) => {
    for (const generate of [true, false]) {
      for (const watermarkPerRecord of [false, true]) {
        const [reduced, plain] = [await outcome({ exact: true, key, window, generate, watermarkPerRecord }), await outcome({ exact: false, key, window, generate, watermarkPerRecord })];
        expect(reduced.rows).toEqual(plain.rows);
        expect(reduced.counts).toEqual(plain.counts);
        expect(reduced.rows.length).toBeGreaterThan(100);
      }
    }
  });
});

it('late elements were among those, and accumulators were merged', async () => {
  const run = { key: (sale: Sale) => sale.item, window: tumblingEventTime(1000), generate: true };
  const { counts } = await outcome({ ...run, exact: true, watermarkPerRecord: true });
  expect(counts.some((count) => count.includes('numLateRecordsDropped') && !count.includes('"value":0'))).toBe(true);
  merges = 0;
  await outcome({ ...run, exact: false, watermarkPerRecord: false });
  expect(merges).toBe(0);
  await outcome({ ...run, exact: true, watermarkPerRecord: false });
  expect(merges).toBeGreaterThan(100);
});

function shorthandPlan(aggregates: Record<string, Aggregate<Sale, unknown, unknown>>): string {
  const env = new StreamEnvironment(() => { throw new Error('not run'); }, { parallelism: 2 });
  env.fromCollection(sales).keyBy('item').window(tumblingEventTime(1000)).aggregate(aggregates).forEach(() => {});
  return planAsText(planOf(env.buildProgram('totals').streamGraph));
}

it('the plan says so, where there are several subtasks to send to', () => {
  const plan = (parallelism: number, exact: boolean): string => {
    const env = new StreamEnvironment(() => { throw new Error('not run'); }, { parallelism });
    env.fromCollection(sales).keyBy('item').window(tumblingEventTime(1000)).aggregate(totals(exact))
      .windowAll(tumblingEventTime(1000)).aggregate(soldInAll(exact)).forEach(() => {});
    return planAsText(planOf(env.buildProgram('totals').streamGraph));
  };
  expect(plan(2, true)).toContain('hash, reduced before');
  expect(plan(2, true)).toContain('global, reduced before');
  expect(plan(2, false)).not.toContain('reduced');
  expect(shorthandPlan({ sales: count(), highest: max('cents') })).toContain('hash, reduced before');
  expect(shorthandPlan({ sales: count(), cents: sum('cents') })).not.toContain('reduced');
  expect(plan(1, true)).not.toContain('reduced');
});
