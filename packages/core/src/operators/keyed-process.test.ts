import { describe, expect, it } from 'vitest';
import type { KeyedProcessContext, TimerContext } from '../functions/process-function.js';
import type { Collector } from '../functions/collector.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { state } from '../state/state-builders.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { runOperatorMatrix } from '../testing/operator-matrix.js';
import { keyedCoProcessOperator, keyedProcessOperator } from './keyed-process.js';

const number: TypeInfo<number> = Object.freeze({ kind: 'number' });
const string: TypeInfo<string> = Object.freeze({ kind: 'string' });

interface Click {
  readonly user: string;
  readonly n: number;
}
const userOf = (click: Click): string => click.user;

const declared = { total: state.value(number) };
type Context = KeyedProcessContext<string, {}, typeof declared>;
type OnTimer = TimerContext<string, {}, typeof declared>;

const totals = {
  state: declared,
  processElement(click: Click, context: Context, out: Collector<unknown>) {
    const total = (context.state.total.value() ?? 0) + click.n;
    context.state.total.update(total);
    out.collect({ user: context.key, total });
    context.timers.registerEventTime((context.timestamp ?? 0) + 10);
  },
  onTimer(timestamp: number, context: OnTimer, out: Collector<unknown>) {
    out.collect({ user: context.key, timestamp, total: context.state.total.value() ?? 0, watermark: context.watermark, domain: context.domain });
    if ((context.state.total.value() ?? 0) > 5) context.state.total.clear();
  },
};

const script = ['ann', 'bob', 'cyd', 'ann', 'dan', 'bob', 'eve', 'ann', 'fay', 'cyd'].flatMap((user, i) => [
  { element: { user, n: i }, timestamp: i * 3 },
  ...(i % 3 === 2 ? [{ watermark: i * 3 - 2 }] : []),
]);

describe('keyed process', () => {
  it('gives the same results in every way it may be run', async () => {
    await runOperatorMatrix([
      { name: 'totals', operators: () => keyedProcessOperator({ keyOf: userOf, keyType: string, fn: totals }), script, routes: [userOf] },
    ]);
  });

  it('R25 fires timers before the watermark is forwarded, with the new watermark, and again in the same pass when registered anew', async () => {
    const harness = await OperatorHarness.open(
      keyedProcessOperator({
        keyOf: userOf,
        keyType: string,
        fn: {
          processElement: (_: Click, context: Context) => context.timers.registerEventTime(10),
          onTimer(timestamp: number, context: OnTimer, out: Collector<unknown>) {
            out.collect([timestamp, context.watermark, context.timestamp]);
            if (timestamp < 30) context.timers.registerEventTime(timestamp + 10);
            if (timestamp === 10) context.timers.registerEventTime(10_000);
          },
        },
      }),
    );
    harness.element({ user: 'ann', n: 1 }, 1);
    harness.watermark(25);
    expect(harness.events).toEqual([
      { kind: 'record', output: 'main', value: [10, 25, 10], timestamp: 10 },
      { kind: 'record', output: 'main', value: [20, 25, 20], timestamp: 20 },
      { kind: 'watermark', watermark: 25 },
    ]);
    harness.takeEvents();
    harness.watermark(100);
    expect(harness.values).toEqual([[30, 100, 30]]);
  });

  it('R25 a timer may register its own time again and fires once more in the same pass', async () => {
    let left = 2;
    const harness = await OperatorHarness.open(
      keyedProcessOperator({
        keyOf: userOf,
        keyType: string,
        fn: {
          processElement: (_: Click, context: Context) => context.timers.registerEventTime(10),
          onTimer(timestamp: number, context: OnTimer, out: Collector<unknown>) {
            out.collect(timestamp);
            if (left-- > 0) context.timers.registerEventTime(timestamp);
          },
        },
      }),
    );
    harness.element({ user: 'ann', n: 1 }, 1);
    harness.watermark(10);
    expect(harness.values).toEqual([10, 10, 10]);
  });

  it('R26 timers are a set; an unknown one is deleted in silence; a past one fires at the next advance', async () => {
    const harness = await OperatorHarness.open(
      keyedProcessOperator({
        keyOf: userOf,
        keyType: string,
        fn: {
          processElement(click: Click, context: Context) {
            context.timers.registerEventTime(click.n);
            context.timers.registerEventTime(click.n);
            context.timers.deleteEventTime(99);
          },
          onTimer: (timestamp: number, context: OnTimer, out: Collector<unknown>) => out.collect([context.key, timestamp]),
        },
      }),
    );
    harness.element({ user: 'ann', n: 10 }, 1);
    harness.watermark(20);
    expect(harness.values).toEqual([['ann', 10]]);
    harness.element({ user: 'bob', n: 5 }, 21);
    expect(harness.values).toHaveLength(1);
    harness.watermark(20);
    expect(harness.values).toHaveLength(1);
    harness.watermark(21);
    expect(harness.values).toEqual([['ann', 10], ['bob', 5]]);
  });

  it('R26 processing-time timers fire at once when past, and overdue ones after a restore; their results have no timestamp', async () => {
    const factory = keyedProcessOperator({
      keyOf: userOf,
      keyType: string,
      fn: {
        processElement: (click: Click, context: Context) => context.timers.registerProcessingTime(click.n),
        onTimer: (timestamp: number, context: OnTimer, out: Collector<unknown>) => out.collect([context.key, timestamp, context.domain]),
      },
    });
    const harness = await OperatorHarness.open(factory, { processingTime: 1000 });
    harness.element({ user: 'ann', n: 10 }, 1);
    expect(harness.outputs).toEqual([{ kind: 'record', output: 'main', value: ['ann', 10, 'processing'], timestamp: undefined }]);
    harness.element({ user: 'bob', n: 2000 }, 1);
    harness.processingTime(1999);
    expect(harness.values).toHaveLength(1);
    const restored = await OperatorHarness.open(factory, { processingTime: 5000, restore: [harness.snapshot()] });
    expect(restored.values).toEqual([['bob', 2000, 'processing']]);
    harness.processingTime(2000);
    expect(harness.values).toHaveLength(2);
  });

  it('R26 fires timers of one time in the same order whatever the order of registration over keys, also after a rescale', async () => {
    await runOperatorMatrix([
      {
        name: 'one time for all',
        operators: () =>
          keyedProcessOperator({
            keyOf: userOf,
            keyType: string,
            fn: {
              processElement: (_: Click, context: Context) => context.timers.registerEventTime(100),
              onTimer: (_: number, context: OnTimer, out: Collector<unknown>) => out.collect(context.key),
            },
          }),
        script: [...script.filter((step) => 'element' in step), { watermark: 100 }],
        routes: [userOf],
      },
    ]);
  });

  it('R27 drops processing-time timers that are pending at the end, with a warning that counts them', async () => {
    const fn = {
      processElement: (click: Click, context: Context) => context.timers.registerProcessingTime(1000 + click.n),
      onTimer(timestamp: number, context: OnTimer, out: Collector<unknown>) {
        out.collect(timestamp);
        context.timers.registerProcessingTime(timestamp + 1000);
      },
    };
    const dropping = await OperatorHarness.open(keyedProcessOperator({ keyOf: userOf, keyType: string, fn }));
    for (const n of [1, 2]) dropping.element({ user: `u${n}`, n });
    dropping.finish();
    expect(dropping.values).toEqual([]);
    expect(dropping.logged).toMatchObject([{ level: 'warn', fields: { pending: 2 } }]);

    const firing = await OperatorHarness.open(keyedProcessOperator({ keyOf: userOf, keyType: string, fn, firePendingTimers: true }), { refuseOutput: true });
    for (const n of [1, 2]) firing.element({ user: `u${n}`, n });
    firing.finish();
    expect(firing.values).toEqual([1001, 1002]);
    expect(firing.isFinished).toBe(true);
  });

  it('R27 fires all event-time timers at the final watermark', async () => {
    const harness = await OperatorHarness.open(keyedProcessOperator({ keyOf: userOf, keyType: string, fn: totals }), { refuseOutput: true });
    for (let i = 0; i < 5; i++) harness.element({ user: `u${i}`, n: 1 }, 1_000_000 * i);
    harness.finish();
    expect(harness.values).toHaveLength(10);
    expect(harness.watermarks).toEqual([Infinity]);
  });

  it('R28 keeps timers far beyond 2^31 ms for their time', async () => {
    const far = 2 ** 31 * 4;
    const harness = await OperatorHarness.open(
      keyedProcessOperator({
        keyOf: userOf,
        keyType: string,
        fn: {
          processElement: (_: Click, context: Context) => context.timers.registerProcessingTime(far),
          onTimer: (timestamp: number, _: OnTimer, out: Collector<unknown>) => out.collect(timestamp),
        },
      }),
    );
    harness.element({ user: 'ann', n: 1 });
    expect(harness.nextWake).toBe(far);
    harness.processingTime(far - 1);
    expect(harness.values).toEqual([]);
    harness.processingTime(far);
    expect(harness.values).toEqual([far]);
  });

  it('R38 clears a value by undefined or null', async () => {
    const harness = await OperatorHarness.open(
      keyedProcessOperator({
        keyOf: userOf,
        keyType: string,
        fn: {
          state: declared,
          processElement(click: Click, context: Context, out: Collector<unknown>) {
            out.collect(context.state.total.value());
            context.state.total.update(click.n === 0 ? null : click.n === -1 ? undefined : click.n);
          },
        },
      }),
    );
    for (const n of [5, 0, 6, -1, 7]) harness.element({ user: 'ann', n });
    expect(harness.values).toEqual([undefined, 5, undefined, 6, undefined]);
  });

  it('refuses a timer time that is no number, a null key and an undeclared state', async () => {
    const open = (fn: object): Promise<OperatorHarness> =>
      OperatorHarness.open(keyedProcessOperator({ keyOf: userOf, keyType: string, fn: fn as never }), { name: 'alerts' });
    const timers = await open({ processElement: (_: Click, context: Context) => context.timers.registerEventTime(Number.NaN) });
    expect(() => timers.element({ user: 'ann', n: 1 })).toThrow(/MR-2004.*"alerts".*NaN/);
    const keys = await open({ processElement: () => undefined });
    expect(() => keys.element({ user: null, n: 1 })).toThrow('MR-1102');
    expect(() => keys.element(null)).toThrow(/MR-2001.*the key selector of "alerts" threw TypeError/);
    const states = await open({ state: declared, processElement: (_: Click, context: { state: Record<string, unknown> }) => context.state['totl'] });
    expect(() => states.element({ user: 'ann', n: 1 })).toThrow(/MR-2005.*Did you mean "total"/);
  });

  it('says that onTimer threw', async () => {
    const harness = await OperatorHarness.open(
      keyedProcessOperator({
        keyOf: userOf,
        keyType: string,
        fn: {
          processElement: (_: Click, context: Context) => context.timers.registerEventTime(5),
          onTimer: () => {
            throw new TypeError('late');
          },
        },
      }),
      { name: 'alerts' },
    );
    harness.element({ user: 'ann', n: 1 }, 1);
    expect(() => harness.watermark(5)).toThrow(/MR-2001.*onTimer of "alerts" threw TypeError: late/);
  });
});

describe('keyed co-process', () => {
  it('shares state and timers by key over two inputs, in every way it may be run', async () => {
    await runOperatorMatrix([
      {
        name: 'two inputs',
        operators: () =>
          keyedCoProcessOperator({
            keyOf1: userOf,
            keyOf2: (name: string) => name,
            keyType: string,
            fn: {
              state: declared,
              processElement1(click: Click, context: Context, out: Collector<unknown>) {
                context.state.total.update((context.state.total.value() ?? 0) + click.n);
                context.timers.registerEventTime(50);
                out.collect(click.n);
              },
              processElement2: (name: string, context: Context, out: Collector<unknown>) => out.collect([name, context.key, context.state.total.value()]),
              onTimer: (time: number, context: OnTimer, out: Collector<unknown>) => out.collect([time, context.key, context.state.total.value()]),
            },
          }),
        options: { inputs: 2 },
        routes: [userOf, (name: string) => name],
        script: [
          { element: { user: 'ann', n: 1 }, timestamp: 1 },
          { element: 'ann', timestamp: 2, input: 1 },
          { element: { user: 'bob', n: 2 }, timestamp: 3 },
          { watermark: 60 },
          { element: 'bob', timestamp: 4, input: 1 },
          { watermark: 55, input: 1 },
          { endInput: 0 },
          { element: 'ann', timestamp: 80, input: 1 },
        ],
      },
    ]);
  });
});
