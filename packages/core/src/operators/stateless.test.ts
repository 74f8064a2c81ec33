import { describe, expect, it } from 'vitest';
import type { Collector } from '../functions/collector.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { runOperatorMatrix } from '../testing/operator-matrix.js';
import { filterOperator } from './filter.js';
import { flatMapOperator } from './flat-map.js';
import { mapOperator } from './map.js';
import { coProcessOperator, processOperator } from './process.js';

const words = (line: string): string[] => line.split(' ');

function* countTo(n: number): Generator<number> {
  for (let i = 1; i <= n; i++) yield i;
}

describe('operators without state, run in every way', () => {
  it('give the same results', async () => {
    const script = [
      { element: 'to be or', timestamp: 1 },
      { element: '', timestamp: 2 },
      { watermark: 1 },
      { element: 'not to be', timestamp: 3 },
      { idle: true },
      { idle: false },
      { watermark: 3 },
    ];
    await runOperatorMatrix([
      { name: 'map', operators: () => mapOperator((line: string) => line.length), script, routes: ['rebalance'] },
      { name: 'filter', operators: () => filterOperator((line: string) => line.length > 0), script, routes: ['rebalance'] },
      { name: 'flatMap by array', operators: () => flatMapOperator(words), script, routes: ['rebalance'] },
      { name: 'flatMap by generator', operators: () => flatMapOperator((line: string) => countTo(line.length)), script, routes: ['rebalance'] },
      {
        name: 'flatMap by collector',
        operators: () => flatMapOperator((line: string, out: Collector<string>) => words(line).forEach((word) => out.collect(word))),
        script,
        routes: ['rebalance'],
      },
      {
        name: 'chain of flatMaps',
        operators: () => [
          flatMapOperator((line: string, out: Collector<string>) => words(line).forEach((word) => out.collectAt(word, word.length))),
          flatMapOperator((word: string) => countTo(word.length)),
          flatMapOperator((n: number) => [n, -n]),
        ],
        script,
      },
      {
        name: 'process',
        operators: () =>
          processOperator({
            processElement(line: string, context: { timestamp: number | undefined; watermark: number }, out: Collector<unknown>) {
              out.collect([line, context.timestamp, context.watermark]);
            },
          }),
        script,
      },
    ]);
  });
});

describe('filter', () => {
  it('refuses a promise, which would keep everything', async () => {
    const harness = await OperatorHarness.open(filterOperator((async () => false) as unknown as () => boolean));
    expect(() => harness.element(1)).toThrow('MR-2002');
  });

  it('says which record a throwing function met', async () => {
    const harness = await OperatorHarness.open(filterOperator({ filter: (order: { a: { b: boolean } }) => order.a.b }));
    expect(() => harness.element({ a: null })).toThrow(/MR-2001.*the filter function.*\{"a":null\}/);
  });
});

describe('flatMap', () => {
  it('pulls an endless iterable only while the outputs take more, and closes it', async () => {
    let closed = false;
    function* endless(): Generator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    const harness = await OperatorHarness.open([flatMapOperator(endless), flatMapOperator((n: number) => (n < 5 ? [n] : stop()))]);
    function stop(): never {
      throw new Error('enough');
    }
    expect(() => harness.element(1)).toThrow('enough');
    expect(harness.values).toEqual([0, 1, 2, 3, 4]);
    await harness.close();
    expect(closed).toBe(false);
  });

  it('keeps the timestamp of the record over all its results, also of waiting ones', async () => {
    const harness = await OperatorHarness.open(
      [flatMapOperator((n: number, out: Collector<number>) => [1, 2, 3].forEach((i) => out.collectAt(n * i, i))), flatMapOperator((n: number) => [n, n])],
      { refuseOutput: true },
    );
    harness.element(10);
    expect(harness.outputs.map(({ value, timestamp }) => [value, timestamp])).toEqual([[10, 1], [10, 1], [20, 2], [20, 2], [30, 3], [30, 3]]);
  });

  it('refuses results that cannot be iterated, a string among them', async () => {
    for (const result of ['text', 5, {}]) {
      const harness = await OperatorHarness.open(flatMapOperator((() => result) as unknown as () => Iterable<unknown>));
      expect(() => harness.element(1)).toThrow('MR-2003');
    }
    const harness = await OperatorHarness.open(flatMapOperator((async () => [1]) as unknown as () => Iterable<unknown>));
    expect(() => harness.element(1)).toThrow('MR-2002');
  });

  it('says so when the iterable throws later', async () => {
    const harness = await OperatorHarness.open(
      flatMapOperator(function* (n: number) {
        yield n;
        throw new Error('later');
      }),
    );
    expect(() => harness.element(1)).toThrow(/MR-2001.*iterable returned by flatMap.*later/);
  });
});

describe('process', () => {
  const splitter = {
    sideOutputs: { odd: { kind: 'dynamic' } },
    processElement(n: number, context: { side: { odd: Collector<number> } }, out: Collector<number>) {
      if (n % 2 === 0) out.collect(n);
      else context.side.odd.collect(n);
    },
  } as const;

  it('gives to side outputs by name', async () => {
    const harness = await OperatorHarness.open(processOperator(splitter), { sideOutputs: ['odd'] });
    for (let n = 1; n <= 4; n++) harness.element(n, n);
    expect(harness.values).toEqual([2, 4]);
    expect(harness.side('odd')).toEqual([
      { kind: 'record', output: 'odd', value: 1, timestamp: 1 },
      { kind: 'record', output: 'odd', value: 3, timestamp: 3 },
    ]);
  });

  it('drops what goes to a side output that nobody reads', async () => {
    const harness = await OperatorHarness.open(processOperator(splitter));
    harness.element(1);
    expect(harness.events).toEqual([]);
  });

  it('refuses an undeclared side output and suggests the right one', async () => {
    const harness = await OperatorHarness.open(
      processOperator(
        { processElement: (_: number, context: { side: Record<string, Collector<number>> }) => context.side['od']!.collect(1) },
        { odd: { kind: 'dynamic' } },
      ),
    );
    expect(() => harness.element(1)).toThrow(/MR-2005.*no side output "od"\. Did you mean "odd"\?/);
  });

  it('R32 takes two connected inputs in the order in which they come', async () => {
    const harness = await OperatorHarness.open(
      coProcessOperator({
        fn: {
          processElement1: (value: string, _: unknown, out: Collector<string>) => out.collect(`1:${value}`),
          processElement2: (value: string, _: unknown, out: Collector<string>) => out.collect(`2:${value}`),
        },
      }),
      { inputs: 2 },
    );
    harness.element('a', 1, 0);
    harness.element('b', 1, 1);
    harness.watermark(5, 0);
    expect(harness.watermarks).toEqual([]);
    harness.watermark(3, 1);
    expect(harness.values).toEqual(['1:a', '2:b']);
    expect(harness.watermarks).toEqual([3]);
  });
});
