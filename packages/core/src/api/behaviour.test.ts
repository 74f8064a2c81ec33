import { describe, expect, it } from 'vitest';
import { count, sum } from '../functions/aggregates.js';
import { boundedOutOfOrderness, monotonousTimestamps } from '../functions/watermark-strategies.js';
import { cumulativeEventTime, sessionEventTime, slidingEventTime, tumblingEventTime } from '../functions/window-assigners.js';
import type { RuntimeContext } from '../functions/user-function.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { t, type } from '../record/types/t.js';
import { localExecutor } from '../runtime/job/local-executor.js';
import { state } from '../state/state-builders.js';
import { StreamEnvironment } from './environment.js';
import type { DataStream } from './streams.js';

interface Click {
  readonly user: string;
  readonly page: string;
  readonly at: number;
  readonly n: number;
}

const T0 = 1_700_000_040_000;
const click = (user: string, second: number, n: number, page: string = 'home'): Click => ({ user, page, at: T0 + second * 1000, n });

function environment(parallelism: number = 1): StreamEnvironment {
  return new StreamEnvironment(() => localExecutor(nodePlatform()), { parallelism, check: true, watermarkPerRecord: true });
}

type Rows<T> = Pick<DataStream<T>, 'executeAndCollect'>;

async function rowsOf<T>(stream: Rows<T>): Promise<T[]> {
  const rows: T[] = [];
  for await (const row of stream.executeAndCollect('behaviour')) rows.push(row);
  return rows;
}

function clicksOf(env: StreamEnvironment, ...clicks: readonly Click[]) {
  return env.fromCollection(clicks, { name: 'clicks', watermarks: monotonousTimestamps((c) => c.at) });
}

const five: readonly Click[] = [click('ann', 0, 1), click('bob', 1, 5), click('ann', 2, 3, 'shop'), click('ann', 61, 2), click('bob', 62, 1, 'shop')];
const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe('functions over single elements', () => {
  it('map, filter and flatMap, plain, as objects and as generators', async () => {
    const env = environment();
    class Tripled {
      #factor = 0;
      open(context: RuntimeContext): void {
        this.#factor = context.parallelism + 2;
      }
      map(n: number): number {
        return n * this.#factor;
      }
    }
    const rows = await rowsOf(env.fromElements(1, 2, 3, 4)
      .filter((n) => n % 2 === 0)
      .map(Tripled)
      .flatMap(function* (n) {
        yield n;
        yield n + 1;
      })
      .flatMap((n, out) => {
        if (n !== 7) out.collect(`#${n}`);
      }));
    expect(rows).toEqual(['#6', '#12', '#13']);
  });

  it('process sees timestamp and watermark and fills side outputs', async () => {
    const env = environment();
    const seen = clicksOf(env, ...five).process({
      output: t.string, sideOutputs: { shop: type<Click>() },
      processElement(c, ctx, out) {
        if (c.page === 'shop') ctx.side.shop.collect(c);
        else out.collect(`${c.user} ${ctx.timestamp! - T0} ${ctx.watermark === -Infinity ? 'none' : ctx.watermark - T0}`);
      },
    });
    const shop: string[] = [];
    seen.side('shop').forEach((c) => void shop.push(c.user));
    expect(await rowsOf(seen)).toEqual(['ann 0 none', 'bob 1000 -1', 'ann 61000 1999']);
    expect(shop).toEqual(['ann', 'bob']);
  });

  it('asyncMap gives results in order, or as they come', async () => {
    const env = environment();
    expect(await rowsOf(env.fromElements(3, 1, 2).asyncMap(async (n) => n * 2, { timeout: '5 s' }))).toEqual([6, 2, 4]);
    const other = environment();
    const rows = await rowsOf(other.fromElements(1, 2, 3).asyncMap(async (n) => n + 1, { timeout: '5 s', ordered: false, capacity: 2, retry: { attempts: 2, delay: '1 ms' } }));
    expect(rows.sort()).toEqual([2, 3, 4]);
  });

  it('reads a sequence, a collection and an empty list', async () => {
    expect((await rowsOf(environment(3).fromSequence(1, 7))).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await rowsOf(environment().fromCollection(new Set(['a', 'b'])))).toEqual(['a', 'b']);
    expect(await rowsOf(environment().fromElements<number>())).toEqual([]);
  });
});

describe.each([1, 3])('keyed streams at parallelism %d', (parallelism) => {
  it('R31 rolling aggregates emit every update; sum, min and max keep the other fields of the first element', async () => {
    const run = async (pick: (env: StreamEnvironment) => DataStream<Click>): Promise<string[]> =>
      (await rowsOf(pick(environment(parallelism)))).filter((c) => c.user === 'ann').map((c) => `${c.n} ${c.page}`);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').sum('n'))).toEqual(['1 home', '4 home', '6 home']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').max('n'))).toEqual(['1 home', '3 home', '3 home']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').min('n'))).toEqual(['1 home', '1 home', '1 home']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').maxBy('n'))).toEqual(['1 home', '3 shop', '3 shop']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').minBy('n'))).toEqual(['1 home', '1 home', '1 home']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').reduce((a, b) => ({ ...b, n: a.n * 10 + b.n })))).toEqual(['1 home', '13 shop', '132 home']);
  });

  it('works by tuple position, several fields and selector', async () => {
    const tuples = environment(parallelism).fromElements<[string, number]>(['a', 1], ['b', 2], ['a', 3]).keyBy(0).sum(1);
    expect((await rowsOf(tuples)).sort(byText)).toEqual([['a', 1], ['a', 4], ['b', 2]]);
    const pairs = clicksOf(environment(parallelism), ...five).keyBy('user', 'page').process({
      output: t.string, state: { n: state.value(t.number) },
      processElement(_c, ctx, out) {
        const n = (ctx.state.n.value() ?? 0) + 1;
        ctx.state.n.update(n);
        out.collect(`${ctx.key[0]}/${ctx.key[1]} ${n}`);
      },
    });
    expect((await rowsOf(pairs)).sort()).toEqual(['ann/home 1', 'ann/home 2', 'ann/shop 1', 'bob/home 1', 'bob/shop 1']);
    const selected = clicksOf(environment(parallelism), ...five).keyBy((c) => c.user.length + c.n % 2).map((c) => c.n);
    expect((await rowsOf(selected)).sort()).toEqual([1, 1, 2, 3, 5]);
  });

  it('aggregate in windows of every kind', async () => {
    const run = async (rows: (env: StreamEnvironment) => Rows<unknown>): Promise<unknown[]> => (await rowsOf(rows(environment(parallelism)))).sort(byText);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').window(tumblingEventTime('1 min'))
      .aggregate({ clicks: count(), total: sum('n') }, (row, { key, window }) => ({ user: key, at: (window.start - T0) / 1000, ...row })))).toEqual([
      { user: 'ann', at: 0, clicks: 2, total: 4 }, { user: 'ann', at: 60, clicks: 1, total: 2 },
      { user: 'bob', at: 0, clicks: 1, total: 5 }, { user: 'bob', at: 60, clicks: 1, total: 1 },
    ]);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').window(slidingEventTime('2 min', '1 min')).aggregate({ n: count() }, (row, { key }) => `${key} ${row.n}`)))
      .toEqual(['ann 1', 'ann 2', 'ann 3', 'bob 1', 'bob 1', 'bob 2']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').window(cumulativeEventTime('2 min', '1 min')).aggregate({ n: count() }, (row, { key }) => `${key} ${row.n}`)))
      .toEqual(expect.arrayContaining(['ann 2', 'bob 1']));
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').window(sessionEventTime('30 s')).reduce((a, b) => ({ ...a, n: a.n + b.n }), (c, { key }) => `${key} ${c.n}`)))
      .toEqual(['ann 2', 'ann 4', 'bob 1', 'bob 5']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').timeWindow('1 min').maxBy('n').map((c) => `${c.user} ${c.n} ${c.page}`)))
      .toEqual(['ann 2 home', 'ann 3 shop', 'bob 1 shop', 'bob 5 home']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').timeWindow('1 min').sum('n').map((c) => `${c.user} ${c.n} ${c.page}`)))
      .toEqual(['ann 2 home', 'ann 4 home', 'bob 1 shop', 'bob 5 home']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').countWindow(2).sum('n').map((c) => `${c.user} ${c.n}`))).toEqual(['ann 4', 'bob 6']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').countWindow(2, 1).sum('n').map((c) => `${c.user} ${c.n}`)))
      .toEqual(['ann 1', 'ann 4', 'ann 5', 'bob 5', 'bob 6']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').timeWindow('1 min').apply((all, { key }) => [`${key}:${[...all].map((c) => c.n).join('+')}`])))
      .toEqual(['ann:1+3', 'ann:2', 'bob:1', 'bob:5']);
    expect(await run((env) => clicksOf(env, ...five).keyBy('user').timeWindow('1 min').aggregate({ n: count() }, {
      output: type<string>(),
      process: (rows, { key, window }, out) => {
        for (const row of rows) out.collect(`${key} ${row.n} until ${(window.end - T0) / 1000}`);
      },
    }))).toEqual(['ann 1 until 120', 'ann 2 until 60', 'bob 1 until 120', 'bob 1 until 60']);
    expect(await run((env) => clicksOf(env, ...five).windowAll(tumblingEventTime('1 min')).aggregate({ n: count() }))).toEqual([{ n: 2 }, { n: 3 }]);
    expect(await run((env) => clicksOf(env, ...five).countWindowAll(2).sum('n').map((c) => c.n))).toEqual([5, 6].sort(byText));
    expect(await run((env) => clicksOf(env, ...five).timeWindowAll('1 min').minBy('n').map((c) => `${c.user} ${c.n}`))).toEqual(['ann 1', 'bob 1']);
  });

  it('join by window, by interval and by look-up, and group together', async () => {
    const payments = [{ who: 'ann', cents: 7, at: T0 + 500 }, { who: 'bob', cents: 9, at: T0 + 70_000 }, { who: 'eve', cents: 1, at: T0 + 70_001 }];
    const two = (env: StreamEnvironment) => ({
      clicks: clicksOf(env, ...five),
      paid: env.fromCollection(payments, { name: 'payments', watermarks: monotonousTimestamps((p) => p.at) }),
    });
    const window = tumblingEventTime('1 min');
    const a = two(environment(parallelism));
    expect((await rowsOf(a.clicks.join(a.paid, { where: 'user', equalTo: 'who', window }, (c, p) => `${c.user} ${c.n}/${p.cents}`))).sort())
      .toEqual(['ann 1/7', 'ann 3/7', 'bob 1/9']);
    const b = two(environment(parallelism));
    expect((await rowsOf(b.clicks.coGroup(b.paid, { where: (c) => c.user, equalTo: (p) => p.who, window }, (l, r, { key }) => [`${key} ${l.length}-${r.length}`]))).sort())
      .toEqual(['ann 1-0', 'ann 2-1', 'bob 1-0', 'bob 1-1', 'eve 0-1']);
    const c = two(environment(parallelism));
    expect((await rowsOf(c.clicks.keyBy('user').intervalJoin(c.paid.keyBy('who'), { between: ['-1 s', '10 s'] }, (l, r, ctx) => `${l.user} ${l.n}/${r.cents} ${ctx.timestamp - T0}`))).sort())
      .toEqual(['ann 1/7 500', 'bob 1/9 70000']);
    const d = two(environment(parallelism));
    expect((await rowsOf(d.clicks.lookupJoin(d.paid, { where: 'user', equalTo: 'who' }, (l, row) => `${l.n} ${row?.cents}`))).sort())
      .toEqual(['1 7', '1 9', '2 7', '3 7', '5 9']);
  });

  it('connect with keys and with broadcast rules', async () => {
    const env = environment(parallelism);
    const names = env.fromElements({ id: 'ann', name: 'Ann' }, { id: 'bob', name: 'Bob' });
    const joined = clicksOf(env, ...five).connect(names).keyBy('user', 'id').process({
      output: t.string,
      state: { name: state.value(t.string), waiting: state.list(t.number) },
      processElement1(c, ctx, out) {
        const name = ctx.state.name.value();
        if (name === undefined) ctx.state.waiting.add(c.n);
        else out.collect(`${name} ${c.n}`);
      },
      processElement2(row, ctx, out) {
        ctx.state.name.update(row.name);
        for (const n of ctx.state.waiting.get()) out.collect(`${row.name} ${n}`);
        ctx.state.waiting.clear();
      },
    });
    expect((await rowsOf(joined)).sort()).toEqual(['Ann 1', 'Ann 2', 'Ann 3', 'Bob 1', 'Bob 5']);
    const other = environment(parallelism);
    const rules = other.fromElements({ user: 'ann', limit: 2 }).broadcast({ limits: state.broadcast(t.string, t.number) });
    const seen = clicksOf(other, ...five).keyBy('user').connect(rules).process({
      output: t.string,
      processElement: (c, ctx, out) => out.collect(`${c.user}:${c.n}:${ctx.broadcast.limits.get(c.user) === undefined ? 'no rule' : 'rule'}`),
      processBroadcast: (rule, ctx) => ctx.broadcast.limits.put(rule.user, rule.limit),
    });
    expect((await rowsOf(seen)).map((row) => row.replace(/:(no )?rule$/, '')).sort()).toEqual(['ann:1', 'ann:2', 'ann:3', 'bob:1', 'bob:5']);
  });
});

describe('several streams', () => {
  it('R34 a union has all elements, twice of a stream united with itself', async () => {
    const env = environment();
    const numbers = env.fromElements(1, 2);
    expect((await rowsOf(numbers.union(numbers, env.fromElements(3)))).sort()).toEqual([1, 1, 2, 2, 3]);
  });

  it('R35 mergeByTime gives one order of event time', async () => {
    const env = environment(2);
    const left = clicksOf(env, click('l', 0, 0), click('l', 4, 4), click('l', 6, 6));
    const right = clicksOf(env, click('r', 1, 1), click('r', 4, 4), click('r', 5, 5));
    expect((await rowsOf(left.mergeByTime(right))).map((c) => `${c.user}${c.n}`)).toEqual(['l0', 'r1', 'l4', 'r4', 'r5', 'l6']);
  });

  it('connect maps each side', async () => {
    const env = environment();
    const rows = await rowsOf(env.fromElements(1, 2).connect(env.fromElements('a')).map((n) => `n${n}`, (text) => `t${text}`));
    expect(rows.sort()).toEqual(['n1', 'n2', 'ta']);
    const other = environment();
    const flat = other.fromElements(1, 2).connect(other.fromElements('ab')).flatMap((n) => [n, n], (text, out) => out.collect(text.length));
    expect((await rowsOf(flat)).sort()).toEqual([1, 1, 2, 2, 2]);
  });
});

describe('the ways between instances', () => {
  it.each(['shuffle', 'rebalance', 'rescale', 'global', 'broadcast'] as const)('%s delivers every element', async (way) => {
    const env = environment(3);
    const rows = await rowsOf(env.fromSequence(1, 9)[way]().map((n) => n));
    expect(rows).toHaveLength(way === 'broadcast' ? 27 : 9);
    expect(new Set(rows).size).toBe(9);
  });

  it('partitionCustom sends by the function', async () => {
    const env = environment(3);
    class Instance {
      #subtask = 0;
      open(context: RuntimeContext): void {
        this.#subtask = context.subtask;
      }
      map(n: number): readonly [number, number] {
        return [n, this.#subtask];
      }
    }
    for (const [n, subtask] of await rowsOf(env.fromSequence(1, 9).partitionCustom((key, channels) => key % channels, (n: number) => n).map(Instance))) expect(subtask).toBe(n % 3);
  });
});

describe('late and disordered elements', () => {
  it('go to the late output when no window takes them', async () => {
    const env = environment();
    const rows = env.fromCollection([click('ann', 1, 1), click('ann', 70, 2), click('ann', 2, 3)], { watermarks: boundedOutOfOrderness('5 s', (c) => c.at) })
      .keyBy('user').window(tumblingEventTime('1 min'), { lateOutput: 'late' }).aggregate({ n: count() });
    const late: number[] = [];
    rows.side('late').forEach((c) => void late.push(c.n));
    expect(await rowsOf(rows)).toEqual([{ n: 1 }, { n: 1 }]);
    expect(late).toEqual([3]);
  });
});

describe('executing', () => {
  it('tells what was read and written, and prints behind labels', async () => {
    const env = environment();
    env.fromElements('a', 'b').print('out');
    const printed: string[] = [];
    const result = await env.execute('printing', { onPrint: (text) => printed.push(text) });
    expect(result).toMatchObject({ job: 'printing', state: 'FINISHED', recordsIn: 2, recordsOut: 2 });
    expect(printed.join('')).toMatch(/out.*a[^]*out.*b/);
  });

  it('is cancelled by a signal, and by leaving the rows early', async () => {
    const env = environment();
    const abort = new AbortController();
    env.fromSequence(1, 1e12).filter(() => false).print();
    const job = env.executeAsync('long', { signal: abort.signal });
    abort.abort();
    await expect(job.done).resolves.toMatchObject({ state: 'CANCELED' });
    const rows: number[] = [];
    for await (const n of environment().fromSequence(1, 1e12).executeAndCollect()) {
      rows.push(n);
      if (n === 3) break;
    }
    expect(rows).toEqual([1, 2, 3]);
  });

  it('throws what a function threw, with the names of job and operator and the line', async () => {
    const stream = environment().fromElements(1, 0).map((n) => {
      if (n === 0) throw new RangeError('no zero');
      return 1 / n;
    }, { name: 'invert' });
    const failure = rowsOf(stream);
    await expect(failure).rejects.toThrow(/invert/);
    await expect(failure).rejects.toThrow(/behaviour\.test\.ts:\d+/);
    await expect(failure).rejects.toThrow(/no zero/);
  });

  it('names the field of a record without a key', async () => {
    const rows = [{ id: 'a', n: 1 }, { n: 2 } as { id: string; n: number }];
    await expect(rowsOf(environment().fromCollection(rows).keyBy('id').sum('n'))).rejects.toThrow(/MR-2610[^]*"id"/);
  });
});
