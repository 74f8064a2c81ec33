import { describe, expect, it } from 'vitest';
import type { Collector } from '../functions/collector.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { state } from '../state/state-builders.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { runOperatorMatrix } from '../testing/operator-matrix.js';
import { ParallelHarness } from '../testing/parallel-harness.js';
import { broadcastProcessOperator, keyedBroadcastProcessOperator } from './broadcast-process.js';

const number: TypeInfo<number> = Object.freeze({ kind: 'number' });
const string: TypeInfo<string> = Object.freeze({ kind: 'string' });

interface Rule {
  readonly name: string;
  readonly limit: number;
}
interface Rules {
  get(name: string): number | undefined;
  put(name: string, limit: number): void;
  readonly size: number;
}

const limiting = {
  broadcast: { rules: state.broadcast(string, number) },
  processElement(n: number, context: { broadcast: { rules: Rules } }, out: Collector<unknown>) {
    out.collect([n, n <= (context.broadcast.rules.get('max') ?? Infinity), context.broadcast.rules.size]);
  },
  processBroadcast(rule: Rule, context: { broadcast: { rules: Rules } }) {
    context.broadcast.rules.put(rule.name, rule.limit);
  },
};

const script = [
  { element: 1, timestamp: 1 },
  { element: { name: 'max', limit: 3 }, timestamp: 1, input: 1 },
  { element: 5, timestamp: 2 },
  { element: { name: 'min', limit: 0 }, timestamp: 2, input: 1 },
  { element: 2, timestamp: 3 },
  { element: { name: 'max', limit: 9 }, timestamp: 3, input: 1 },
  { element: 7, timestamp: 4 },
];

describe('broadcast process', () => {
  it('R32 gives the same results in every way it may be run; scale-up copies the state', async () => {
    await runOperatorMatrix([
      { name: 'limits', operators: () => broadcastProcessOperator({ fn: limiting as never }), script, options: { inputs: 2 }, routes: ['rebalance', 'broadcast'] },
    ]);
  });

  it('R32 lets only the broadcast side write', async () => {
    const harness = await OperatorHarness.open(
      broadcastProcessOperator({ fn: { ...limiting, processElement: (_: number, context: { broadcast: { rules: Rules } }) => context.broadcast.rules.put('max', 1) } as never }),
      { inputs: 2 },
    );
    expect(() => harness.element(1)).toThrow(/MR-2001.*put is not a function/);
  });
});

describe('keyed broadcast process', () => {
  const total = state.value(number);
  interface Context {
    readonly key: string;
    readonly broadcast: { rules: Rules };
    readonly state: { total: { value(): number | undefined; update(value: number): void } };
    readonly timers: { registerEventTime(time: number): void };
    applyToKeyedState(name: string, visit: (key: string, state: Context['state']['total']) => void): void;
  }
  const fn = {
    broadcast: limiting.broadcast,
    state: { total },
    processElement(n: number, context: Context, out: Collector<unknown>) {
      const sum = (context.state.total.value() ?? 0) + n;
      context.state.total.update(sum);
      context.timers.registerEventTime(100);
      out.collect([context.key, sum, sum <= (context.broadcast.rules.get('max') ?? Infinity)]);
    },
    processBroadcast: limiting.processBroadcast,
    onTimer: (time: number, context: Context, out: Collector<unknown>) => out.collect([time, context.key, context.state.total.value(), context.broadcast.rules.size]),
  };
  const parity = (n: number): string => (n % 2 === 0 ? 'even' : 'odd');
  const settings = { keyOf: parity, keyType: string, fn: fn as never };

  it('R32 gives the same results in every way it may be run', async () => {
    await runOperatorMatrix([
      {
        name: 'keyed limits',
        operators: () => keyedBroadcastProcessOperator(settings),
        script: [...script, { watermark: 100, input: 0 }, { watermark: 120, input: 1 }],
        options: { inputs: 2 },
        routes: [parity, 'broadcast'],
      },
    ]);
  });

  it('R32 gives the broadcast side no timers and no key, but the state of every key', async () => {
    const seen: unknown[] = [];
    const harness = await OperatorHarness.open(
      keyedBroadcastProcessOperator({
        ...settings,
        fn: {
          ...fn,
          processBroadcast(_: Rule, context: Context) {
            seen.push(context.timers, context.key);
            context.applyToKeyedState('total', (key, one) => {
              seen.push([key, one.value()]);
              one.update((one.value() ?? 0) * 10);
            });
          },
        } as never,
      }),
      { inputs: 2 },
    );
    for (const n of [1, 2, 3, 4]) harness.element(n, n);
    harness.element({ name: 'max', limit: 1 }, 5, 1);
    expect(seen.slice(0, 2)).toEqual([undefined, undefined]);
    expect(seen.slice(2).toSorted()).toEqual([['even', 6], ['odd', 4]]);
    harness.element(2);
    expect(harness.values.at(-1)).toEqual(['even', 62, true]);
  });

  it('R32 every instance keeps its own copy', async () => {
    const parallel = await ParallelHarness.open(keyedBroadcastProcessOperator(settings), { inputs: 2, parallelism: 2, routes: [parity, 'broadcast'] });
    parallel.element({ name: 'max', limit: 3 }, 1, 1);
    for (const n of [1, 2, 3, 4]) parallel.element(n, n);
    expect(parallel.takeEvents().map((event) => (event.kind === 'record' ? event.value : event)).toSorted()).toEqual([
      ['even', 2, true], ['even', 6, false], ['odd', 1, true], ['odd', 4, false],
    ]);
  });
});
