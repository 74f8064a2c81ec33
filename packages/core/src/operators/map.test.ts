import { describe, expect, it } from 'vitest';
import { perSubtask } from '../functions/user-function.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { mapOperator } from './map.js';
import { PromiseFromSyncFunction, UserFunctionFailed } from './errors.js';

describe('map', () => {
  it('gives one result per record with its timestamp, and passes watermarks on', async () => {
    const harness = await OperatorHarness.open(mapOperator((n: number) => n * 2));
    harness.element(21, 1000);
    harness.element(4);
    harness.watermark(1000);
    expect(harness.events).toEqual([
      { kind: 'record', output: 'main', value: 42, timestamp: 1000 },
      { kind: 'record', output: 'main', value: 8, timestamp: undefined },
      { kind: 'watermark', watermark: 1000 },
    ]);
  });

  it('names the operator, the place and the record when the function throws', async () => {
    const harness = await OperatorHarness.open(
      mapOperator((order: { amount: { cents: number } }) => order.amount.cents),
      { name: 'cents', definedAt: '/app/job.ts:3:4' },
    );
    let error: unknown;
    try {
      harness.element({ id: 7 });
    } catch (thrown) {
      error = thrown;
    }
    expect(UserFunctionFailed.is(error)).toBe(true);
    expect(String(error)).toContain('"cents"');
    expect(String(error)).toContain('{"id":7}');
    expect(String(error)).toContain('/app/job.ts:3:4');
  });

  it('refuses a promise and names asyncMap', async () => {
    const harness = await OperatorHarness.open(mapOperator(async (n: number) => n));
    expect(() => harness.element(1)).toThrow(/MR-2002.*\n?[^]*asyncMap/);
    expect(PromiseFromSyncFunction.code).toBe('MR-2002');
  });

  it('opens and closes a function object once per subtask', async () => {
    const calls: string[] = [];
    class Doubler {
      factor = 0;
      async open(): Promise<void> {
        await Promise.resolve();
        this.factor = 2;
        calls.push('open');
      }
      map(n: number): number {
        return n * this.factor;
      }
      close(): void {
        calls.push('close');
      }
    }
    for (const source of [Doubler, perSubtask(() => new Doubler())]) {
      const harness = await OperatorHarness.open(mapOperator(source));
      harness.element(3);
      expect(harness.values).toEqual([6]);
      await harness.close();
    }
    expect(calls).toEqual(['open', 'close', 'open', 'close']);
  });

  it('says whose open() failed', async () => {
    const failing = { open: () => Promise.reject(new Error('no route')), map: (n: number) => n };
    await expect(OperatorHarness.open(mapOperator(failing), { name: 'enrich' })).rejects.toThrow(/open\(\) of "enrich" threw Error: no route/);
  });
});
