import { describe, expect, it } from 'vitest';
import { mapOperator } from '../operators/map.js';
import type { Operator, OperatorFactory, Receiver } from '../operators/operator.js';
import type { OperatorContext } from '../operators/operator-context.js';
import { OperatorHarness } from './operator-harness.js';
import { runOperatorMatrix } from './operator-matrix.js';
import { ParallelHarness } from './parallel-harness.js';
import { showValue } from './show-value.js';

/** Counts its records; what it keeps is forgotten at a restart when told to. */
class Counting implements Operator, Receiver {
  recordsIn = 0;
  context!: OperatorContext;
  counted = 0;
  readonly mode: 'emitsShared' | 'forgets' | 'ignoresFlow' | 'stuck';
  readonly shared = { counted: 0 };

  constructor(mode: Counting['mode']) {
    this.mode = mode;
  }

  open(context: OperatorContext): void {
    this.context = context;
  }

  input(): Receiver {
    return this;
  }

  process(): void {
    this.counted++;
    if (this.mode === 'emitsShared') {
      this.shared.counted = this.counted;
      this.context.output.process(this.shared);
    } else if (this.mode === 'stuck') {
      this.context.flow.backlog();
    } else {
      this.context.output.process(this.counted);
    }
  }

  resume(): 'more' {
    return 'more';
  }
}

const counting = (mode: Counting['mode']): OperatorFactory => ({ create: () => new Counting(mode) });

describe('the operator harness', () => {
  it('finds an operator that changes what it emitted', async () => {
    const harness = await OperatorHarness.open(counting('emitsShared'));
    harness.element(1);
    expect(() => harness.element(2)).toThrow(TypeError);
  });

  it('finds an operator that says it has more for ever', async () => {
    const harness = await OperatorHarness.open(counting('stuck'));
    expect(() => harness.element(1)).toThrow('MR-2702');
    expect(() => harness.snapshot()).toThrow('MR-2701');
  });

  it('refuses inputs that do not exist, and steps after the end', async () => {
    const harness = await OperatorHarness.open(mapOperator((n: number) => n));
    expect(() => harness.element(1, 1, 1)).toThrow(/MR-2701.*no input 1/);
    harness.finish();
    expect(() => harness.element(1)).toThrow('MR-2701');
    await harness.close();
    await harness.close();
  });

  it('combines inputs: the minimum of the active ones, a finished one left out, all idle said once', async () => {
    const harness = await OperatorHarness.open(mapOperator((n: number) => n), { inputs: 3 });
    harness.watermark(10, 0);
    harness.watermark(20, 1);
    harness.watermark(5, 2);
    harness.idle(2);
    harness.endInput(0);
    harness.idle(1);
    harness.active(1);
    harness.watermark(30, 1);
    expect(harness.events.map((event) => (event.kind === 'watermark' ? event.watermark : event.kind === 'status' ? event.idle : event.value))).toEqual([5, 10, 20, true, false, 30]);
    expect(harness.watermarkOf(0)).toBe(30);
  });

  it('routes records to parallel instances by key', async () => {
    const parallel = await ParallelHarness.open(counting('forgets'), { parallelism: 3, routes: [(value: string) => value] });
    for (const value of ['a', 'b', 'c', 'a', 'b', 'c']) parallel.element(value);
    const counted = parallel.takeEvents().map((event) => (event.kind === 'record' ? event.value : 0) as number);
    expect(counted).toHaveLength(6);
    await parallel.settle();
    await parallel.close();
  });
});

describe('the operator matrix', () => {
  const script = [{ element: 1 }, { element: 2 }];

  it('finds state that is not in the snapshot, and names the way and the step', async () => {
    await expect(runOperatorMatrix([{ name: 'forgetful', operators: () => counting('forgets'), script }])).rejects.toThrow(
      /MR-2703.*"forgetful", restored after every step, at step 1: result 0 is .*"value": 1.*and .*"value": 2/,
    );
  });

  it('takes idleness, chances and processing time as steps', async () => {
    await runOperatorMatrix([
      {
        name: 'steps',
        operators: () => mapOperator((n: number) => n),
        script: [{ idle: true }, { idle: false }, { watermarkChance: true }, { processingTime: 5 }, { watermark: 4 }, { element: 7, timestamp: 5 }, { endInput: 0 }],
      },
    ]);
  });
});

describe('showValue', () => {
  it('tells all values of the domain apart', () => {
    class Point {
      x = 1;
    }
    const values = [
      0, -0, Number.NaN, 1, 1n, '1', true, null, undefined, [1], [[1]], { a: 1 }, { a: undefined }, {}, new Date(1), new Map([[1, 2]]), new Set([1]),
      new Uint8Array([1]), new Float64Array([1]), new Point(), { x: 1 },
    ];
    expect(new Set(values.map(showValue)).size).toBe(values.length);
  });
});
