import { describe, expect, it } from 'vitest';
import { MetricRegistry } from '../base/metrics.js';
import type { Collector } from '../functions/collector.js';
import { boundedOutOfOrderness, customWatermarks, ingestionTime, monotonousTimestamps } from '../functions/watermark-strategies.js';
import type { Duration } from '../base/duration.js';
import type { WindowAssigner } from '../functions/window.js';
import { cumulativeEventTime, dynamicSessionEventTime, sessionEventTime, slidingEventTime, tumblingEventTime } from '../functions/window-assigners.js';
import { datagen } from '../connectors/datagen/datagen.js';
import { functionSink } from '../connectors/memory/function-sink.js';
import { t } from '../record/types/t.js';
import { state } from '../state/state-builders.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { runLocally } from '../runtime/job/local-executor.js';
import { StreamEnvironment } from './environment.js';
import type { DataStream } from './streams.js';

interface Sale {
  readonly user: string;
  readonly cents: number;
  readonly at: number;
}

const T0 = 1_700_000_000_000;
const COUNT = 3_000;
const sales: readonly Sale[] = Array.from({ length: COUNT }, (_, i) => ({ user: `u${(i * 7) % 13}`, cents: (i * 31) % 997, at: T0 + i * 10 - ((i * 17) % 40) }));
const BAD = 1_234;

interface Outcome {
  readonly rows: readonly string[];
  readonly error: { readonly code: unknown; readonly message: string; readonly where: unknown; readonly cause: string } | undefined;
  readonly counts: readonly string[];
}

interface Options {
  readonly parallelism?: number;
  readonly watermarkPerRecord?: boolean;
}

type Build = (stream: DataStream<Sale>, show: (row: unknown) => void, env: StreamEnvironment) => void;

const byTime = boundedOutOfOrderness<Sale>(40, (sale) => sale.at);

async function outcome(generate: boolean, build: Build, watermarks = byTime, options: Options = {}): Promise<Outcome> {
  const metrics = new MetricRegistry();
  const rows: string[] = [];
  const env = new StreamEnvironment(() => ({
    execute: (program, given = {}) => runLocally(program, nodePlatform(), { ...given, resume: 'none', metrics, options: { ...given.options, 'code.generation': generate } }),
  }), { parallelism: options.parallelism ?? 1 });
  build(env.fromCollection(sales, { name: 'sales', watermarks }), (row) => void rows.push(JSON.stringify(row)), env);
  let error: Outcome['error'];
  try {
    await env.execute('generated', options.watermarkPerRecord === true ? { watermarkPerRecord: true } : {});
  } catch (thrown) {
    const { code, message, where, cause } = thrown as { code: unknown; message: string; where: unknown; cause: unknown };
    error = { code, message, where, cause: String(cause) };
  }
  // A source counts at the end of a turn, so what a failing one has counted depends on the clock.
  const counts = metrics.snapshot().filter(({ name, scope }) => (name === 'numRecordsIn' || name === 'numLateRecordsDropped') && !(error !== undefined && (scope[0] === 'sales' || scope[0] === 'made'))).map((sample) => JSON.stringify(sample));
  return { rows, error, counts };
}

/** Runs a job with and without generated code: nobody may see a difference. */
async function same(build: Build, watermarks = byTime, options: Options = {}): Promise<Outcome> {
  const plain = await outcome(false, build, watermarks, options);
  const generated = await outcome(true, build, watermarks, options);
  expect(generated).toEqual(plain);
  return generated;
}

const totals = {
  create: () => ({ count: 0, sum: 0 }),
  add(total: { count: number; sum: number }, sale: { readonly cents: number }): void {
    total.count++;
    total.sum += sale.cents;
  },
};
const shown = (total: { count: number; sum: number }, { key, window }: { readonly key: unknown; readonly window: { readonly end: number } }): unknown => ({ key, end: window.end, ...total });
const throwsAt = (index: number, sale: Sale, what: string): void => {
  if (sale.at === sales[index]!.at) throw new RangeError(what);
};

/** A table for some of the users. */
const cities = (env: StreamEnvironment): DataStream<{ user: string; city: string }> => env.fromCollection(Array.from({ length: 7 }, (_, i) => ({ user: `u${i}`, city: `c${i}` })), { name: 'cities' });

describe('generated chains give the same rows and counts', () => {
  it('for map, filter, a key by field and a tumbling aggregate', async () => {
    const { rows, counts } = await same((stream, show) => {
      stream.map((sale) => ({ who: sale.user, cents: sale.cents + 1 })).filter((sale) => sale.cents % 3 !== 0).keyBy('who').window(tumblingEventTime('1 s'))
        .aggregate(totals, shown).sinkTo(functionSink(show));
    });
    expect(rows.length).toBeGreaterThan(300);
    expect(counts.length).toBeGreaterThan(3);
  });

  it('for functions that are objects, and an immutable reduction', async () => {
    class Doubled {
      readonly #factor = 2;
      map(sale: Sale): Sale {
        return { ...sale, cents: sale.cents * this.#factor };
      }
    }
    class Cheap {
      readonly #most = 1_000;
      filter(sale: Sale): boolean {
        return sale.cents < this.#most;
      }
    }
    const { rows } = await same((stream, show) => {
      stream.map(Doubled).filter(Cheap).keyBy((sale) => sale.user).window(tumblingEventTime('2 s')).reduce((a, b) => ({ ...a, cents: a.cents + b.cents })).sinkTo(functionSink(show));
    });
    expect(rows.length).toBeGreaterThan(100);
  });

  it('for late elements, within the lateness and behind it', async () => {
    await same((stream, show) => {
      stream.keyBy('user').window(tumblingEventTime('100 ms')).allowedLateness('20 ms').aggregate(totals, shown).sinkTo(functionSink(show));
    }, monotonousTimestamps<Sale>((sale) => sale.at), { watermarkPerRecord: true });
  });

  it('for windows that keep all elements, and keys of several fields', async () => {
    const { rows } = await same((stream, show) => {
      stream.map((sale) => sale).keyBy('user', 'cents').window(tumblingEventTime('5 s')).process({ process: (elements, { key }, out) => out.collect({ key, n: [...elements].length }) }).sinkTo(functionSink(show));
    });
    expect(rows.length).toBeGreaterThan(100);
  });

  it('for a chain longer than one function takes, with several readers in its middle', async () => {
    const { rows } = await same((stream, show) => {
      let numbers = stream.map((sale) => sale.cents);
      for (let i = 0; i < 20; i++) numbers = numbers.map((n) => n + i).filter((n) => n % 101 !== i);
      numbers.map((n) => -n).sinkTo(functionSink(show));
      numbers.filter((n) => n % 2 === 0).flatMap((n) => [n, n + 1]).map((n) => n * 3).sinkTo(functionSink(show));
    });
    expect(rows.length).toBeGreaterThan(COUNT);
  });

  it('for process functions with state, timers and results at other times, keyed by a field and by a function', async () => {
    const build: Build = (stream, show) => {
      const counted = (by: 'user' | ((sale: Sale) => string)): DataStream<unknown> => stream.keyBy(by as 'user').process({
        state: { count: state.value(t.number) },
        processElement(sale, { key, state: { count }, timers }, out) {
          const now = (count.value() ?? 0) + 1;
          count.update(now);
          if (now % 3 === 0) out.collectAt({ key, now }, sale.at + 5);
          if (now % 50 === 0) timers.registerEventTime(sale.at + 100);
        },
        onTimer: (time, { key }, out) => out.collect({ key, time }),
      });
      counted('user').process({ processElement: (row, { timestamp }, out) => out.collect({ row, timestamp }) }).sinkTo(functionSink(show));
      counted((sale) => `by ${sale.cents % 7}`).filter(() => true).sinkTo(functionSink(show));
    };
    // Which sink comes first when a turn ends between them is the clock's affair.
    const [plain, generated] = [await outcome(false, build, byTime, { watermarkPerRecord: true }), await outcome(true, build, byTime, { watermarkPerRecord: true })];
    expect([...generated.rows].sort()).toEqual([...plain.rows].sort());
    expect(generated.counts).toEqual(plain.counts);
    expect(generated.rows.length).toBeGreaterThan(COUNT / 2);
  });

  it('for a stream that several windows and a sink read at once', async () => {
    const build: Build = (stream, show) => {
      const dear = stream.filter((sale) => sale.cents > 100);
      dear.keyBy('user').window(tumblingEventTime('1 s')).aggregate(totals, shown).sinkTo(functionSink(show));
      dear.keyBy('cents').window(tumblingEventTime('3 s')).aggregate(totals, shown).sinkTo(functionSink(show));
      dear.sinkTo(functionSink(show));
    };
    // Which sink comes first when a turn ends between them is the clock's affair.
    const [plain, generated] = [await outcome(false, build), await outcome(true, build)];
    expect([...generated.rows].sort()).toEqual([...plain.rows].sort());
    expect(generated.counts).toEqual(plain.counts);
    expect(generated.rows.length).toBeGreaterThan(COUNT);
  });

  it.each<[string, WindowAssigner<Sale>, Duration]>([
    ['tumbling windows that take late elements', tumblingEventTime('100 ms'), '20 ms'],
    ['windows with gaps between them', slidingEventTime('70 ms', '100 ms'), 0],
    ['sliding windows', slidingEventTime('1 s', '250 ms'), 0],
    ['sliding windows that take late elements', slidingEventTime('100 ms', '30 ms'), '20 ms'],
    ['cumulative windows', cumulativeEventTime('1 s', '100 ms'), 0],
    ['sessions', sessionEventTime('60 ms'), 0],
    ['sessions with a gap of each element', dynamicSessionEventTime<Sale>((sale) => 20 + (sale.cents % 90)), 0],
  ])('for %s', async (_, assigner, lateness) => {
    const sums = { ...totals, merge: (total: { count: number; sum: number }, other: { count: number; sum: number }): void => void ((total.count += other.count), (total.sum += other.sum)) };
    const { rows, counts } = await same((stream, show) => {
      stream.map((sale) => sale).keyBy('user').window(assigner).allowedLateness(lateness).aggregate(sums, shown).sinkTo(functionSink(show));
    }, monotonousTimestamps<Sale>((sale) => sale.at), { watermarkPerRecord: true });
    expect(rows.length).toBeGreaterThan(100);
    expect(counts.length).toBeGreaterThan(3);
  });

  it('for fields whose names are no names', async () => {
    const odd = 'a"] + `${b}`\n\u2028\\';
    const { rows } = await same((stream, show) => {
      stream.map((sale) => ({ [odd]: sale.user, cents: sale.cents })).keyBy(odd).window(tumblingEventTime('10 s')).aggregate(totals).sinkTo(functionSink(show));
    });
    expect(rows.length).toBeGreaterThan(30);
  });

  it('with several subtasks, where a chain begins behind an exchange', async () => {
    const build: Build = (stream, show) => {
      stream.rebalance().map((sale) => ({ ...sale, cents: sale.cents * 2 })).filter((sale) => sale.cents > 10).keyBy('user').window(tumblingEventTime('1 s'))
        .aggregate(totals, shown).map((row) => ({ row })).sinkTo(functionSink(show));
    };
    const [plain, generated] = [await outcome(false, build, byTime, { parallelism: 3 }), await outcome(true, build, byTime, { parallelism: 3 })];
    expect([...generated.rows].sort()).toEqual([...plain.rows].sort());
    expect(generated.rows.length).toBeGreaterThan(300);
  });

  it.each([['a field', 'user' as const], ['a function', (sale: Sale) => sale.user]])('for a look-up join by %s, behind a channel and before one', async (_, where) => {
    const { rows, counts } = await same((stream, show, env) => {
      const even = stream.filter(({ cents }) => cents % 2 === 0);
      even.lookupJoin(cities(env), { where, equalTo: 'user' }, (sale, row) => (sale.cents === 0 ? undefined : { ...sale, city: row?.city })).map((sale) => ({ ...sale }))
        .lookupJoin(cities(env), { where: (sale) => sale.user ?? '', equalTo: 'user' }, (sale, row) => ({ ...sale, again: row?.city })).sinkTo(functionSink(show));
    });
    expect(rows.length).toBeGreaterThan(1_000);
    expect(new Set(rows.map((row) => (JSON.parse(row) as { again?: string }).again)).size).toBe(8);
    expect(counts.length).toBeGreaterThan(3);
  });

  it('with watermarks of a generator of the user’s, which is told of every record', async () => {
    const { rows } = await same((stream, show) => {
      stream.keyBy('user').window(tumblingEventTime('1 s')).aggregate(totals).sinkTo(functionSink(show));
    }, customWatermarks<Sale>(() => ({ onEvent: (sale, timestamp, output) => void (sale.cents % 10 === 0 && output.emitWatermark(timestamp - 50)) }), (sale) => sale.at));
    expect(rows.length).toBeGreaterThan(300);
  });

  it('with the time of reading, and without any time', async () => {
    const { rows } = await same((stream, show) => stream.filter((sale) => sale.cents > 500).sinkTo(functionSink(show)), ingestionTime<Sale>());
    expect(rows.length).toBeGreaterThan(COUNT / 3);
  });
});

describe('generated chains fail with the same words and place', () => {
  const windowed = (stream: DataStream<Sale>, add: (total: { n: number }, sale: Sale) => void, show: (row: unknown) => void): void => {
    stream.keyBy('user').window(tumblingEventTime('1 s')).aggregate({ create: () => ({ n: 0 }), add }).sinkTo(functionSink(show));
  };

  it.each<[string, Build, string, string]>([
    ['a map', (s, show) => s.map((sale) => (throwsAt(BAD, sale, 'no map'), sale)).filter(() => true).sinkTo(functionSink(show)), 'the map function of "map" threw RangeError: no map', 'MR-2001'],
    ['a second map', (s, show) => s.map((sale) => sale).map((sale) => (throwsAt(BAD, sale, 'no map'), sale), { name: 'second' }).sinkTo(functionSink(show)), 'the map function of "second" threw', 'MR-2001'],
    ['a filter', (s, show) => s.map((sale) => sale).filter((sale) => (throwsAt(BAD, sale, 'no filter'), true)).sinkTo(functionSink(show)), 'the filter function of "filter" threw RangeError: no filter', 'MR-2001'],
    ['an aggregate', (s, show) => windowed(s.map((sale) => sale), (_, sale) => throwsAt(BAD, sale, 'no sum'), show), 'the key, window or aggregate function of', 'MR-2001'],
    ['a key', (s, show) => s.keyBy((sale) => (throwsAt(BAD, sale, 'no key'), sale.user)).window(tumblingEventTime('1 s')).aggregate(totals).sinkTo(functionSink(show)), 'RangeError: no key', 'MR-2001'],
    ['a record without the key', (s, show) => s.map((sale) => (sale.at === sales[BAD]!.at ? { cents: 1 } : sale) as Sale).keyBy('user').window(tumblingEventTime('1 s')).aggregate(totals).sinkTo(functionSink(show)), 'a record has undefined in the field "user"', 'MR-26'],
    ['a sink behind it', (s) => s.map((sale) => sale).filter(() => true).sinkTo(functionSink((sale: Sale) => throwsAt(BAD, sale, 'no sink'))), 'no sink', 'MR-'],
    ['a process function', (s, show) => s.process({ processElement: (sale, _context, out: Collector<Sale>) => (throwsAt(BAD, sale, 'no process'), out.collect(sale)) }).map((sale) => sale).sinkTo(functionSink(show)), 'processElement of "process" threw RangeError: no process', 'MR-2001'],
    ['a keyed process function', (s, show) => s.keyBy('user').process({ processElement: (sale: Sale, _context, out) => (throwsAt(BAD, sale, 'no process'), out.collect(sale)) }).sinkTo(functionSink(show)), 'processElement of "process" threw RangeError: no process', 'MR-2001'],
    ['the key of a process function', (s, show) => s.keyBy((sale) => (throwsAt(BAD, sale, 'no key'), sale.user)).process({ processElement: (sale: Sale, _context, out) => out.collect(sale) }).sinkTo(functionSink(show)), 'the key selector of "process" threw RangeError: no key', 'MR-2001'],
    ['a map behind a process function', (s, show) => s.keyBy('user').process({ processElement: (sale, _context, out: Collector<Sale>) => out.collect(sale) }).map((sale) => (throwsAt(BAD, sale, 'no map'), sale)).sinkTo(functionSink(show)), 'the map function of "map" threw', 'MR-2001'],
    ['a flatMap behind it', (s, show) => s.map((sale) => sale).flatMap((sale) => (throwsAt(BAD, sale, 'no flat map'), [sale])).map((sale) => sale).sinkTo(functionSink(show)), 'no flat map', 'MR-2001'],
  ])('in %s', async (_, build, words, code) => {
    const { error } = await same(build, byTime, { watermarkPerRecord: true });
    expect(error?.message).toContain(words);
    expect(error?.code).toContain(code);
    expect(error?.where).toMatchObject({ source: 'sales', offset: BAD });
  });

  it('in a look-up join', async () => {
    const { error } = await same((stream, show, env) => {
      stream.lookupJoin(cities(env), { where: 'user', equalTo: 'user' }, (sale) => (throwsAt(BAD, sale, 'no join'), sale)).sinkTo(functionSink(show));
    });
    expect(error?.code).toContain('MR-2001');
    expect(error?.message).toContain('the join function of');
    expect(error?.message).toContain('RangeError: no join');
  });

  it('in the timestamp function, and for a timestamp that is none', async () => {
    const build: Build = (stream, show) => stream.map((sale) => sale).sinkTo(functionSink(show));
    const throwing = await same(build, monotonousTimestamps<Sale>((sale) => (throwsAt(BAD, sale, 'no time'), sale.at)), { watermarkPerRecord: true });
    expect(throwing.error).toMatchObject({ code: 'MR-2001', where: { offset: BAD } });
    expect(throwing.error?.message).toContain('the timestamp function of "sales" threw RangeError: no time');
    const none = await same(build, monotonousTimestamps<Sale>((sale) => (sale.at === sales[BAD]!.at ? ('soon' as never) : sale.at)), { watermarkPerRecord: true });
    expect(none.error?.where).toMatchObject({ source: 'sales', offset: BAD });
  });

  it('in the function of a source that makes its records', async () => {
    const { error, rows } = await same((_, show, env) => {
      const fields = (n: number): Sale => (n === BAD ? throwsAt(BAD, sales[n]!, 'no sale') : undefined, sales[n]!);
      env.fromSource(datagen({ fields, count: COUNT }), { name: 'made' }).sinkTo(functionSink(show));
    });
    expect(error).toMatchObject({ code: 'MR-2509', where: { source: 'made', offset: BAD } });
    expect(error?.message).toContain(`failed for record ${BAD}: no sale`);
    expect(rows.length).toBe(BAD);
  });

  it.each<[string, Build]>([
    ['a map', (s, show) => s.map((sale) => Promise.resolve(sale)).sinkTo(functionSink(show))],
    ['a filter', (s, show) => s.filter((() => Promise.resolve(true)) as never).sinkTo(functionSink(show))],
    ['a process function', (s, show) => s.process({ processElement: (async () => {}) as never }).sinkTo(functionSink(show))],
    ['an aggregate', (s, show) => s.keyBy('user').window(tumblingEventTime('1 s')).aggregate({ create: () => 0, add: (async () => 1) as never }).sinkTo(functionSink(show))],
  ])('when %s returns a promise', async (_, build) => {
    const { error } = await same(build, byTime, { watermarkPerRecord: true });
    expect(error?.code).toBe('MR-2002');
  });
});
