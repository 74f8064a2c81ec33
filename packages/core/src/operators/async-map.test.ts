import { describe, expect, it } from 'vitest';
import { OperatorHarness } from '../testing/operator-harness.js';
import { runOperatorMatrix } from '../testing/operator-matrix.js';
import { asyncMapOperator, type AsyncMapSettings } from './async-map.js';

/** Calls under way, which the test answers when it likes. */
class Service {
  readonly calls: { readonly value: unknown; readonly signal: AbortSignal; resolve(result: unknown): void; reject(error: unknown): void }[] = [];

  readonly fn = (value: never, { signal }: { signal: AbortSignal }): Promise<unknown> =>
    new Promise((resolve, reject) => this.calls.push({ value, signal, resolve, reject }));

  answer(...values: readonly unknown[]): void {
    for (const value of values) this.calls.findLast((call) => call.value === value)!.resolve(`${String(value)}!`);
  }
}

const limits = { capacity: 10, timeoutMs: 1000, ordered: true };

async function open(service: Service, settings: Partial<AsyncMapSettings> = {}, options: Parameters<typeof OperatorHarness.open>[1] = {}): Promise<OperatorHarness> {
  return OperatorHarness.open(asyncMapOperator({ ...limits, fn: service.fn, ...settings }), { name: 'lookup', ...options });
}

const trace = (harness: OperatorHarness): unknown[] => harness.events.map((event) => (event.kind === 'record' ? event.value : event.kind === 'watermark' ? event.watermark : event.idle));

describe('asyncMap', () => {
  it('gives the same results in every way it may be run', async () => {
    const script = [5, 3, 8, 1].flatMap((n) => [{ element: n, timestamp: n }, { watermark: n - 1 }]);
    const operators = (ordered: boolean) => () => asyncMapOperator({ ...limits, ordered, capacity: 2, fn: async (n: number) => n * 2 });
    await runOperatorMatrix([
      { name: 'ordered', operators: operators(true), script, asynchronous: true, routes: ['rebalance'] },
      { name: 'unordered', operators: operators(false), script, asynchronous: true, routes: ['rebalance'] },
    ]);
  });

  it('R33 in order: results leave in the order of their records, and watermarks behind them', async () => {
    const service = new Service();
    const harness = await open(service);
    harness.element('a', 1);
    harness.element('b', 2);
    harness.watermark(2);
    harness.element('c', 3);
    service.answer('b', 'c');
    await harness.settle();
    expect(trace(harness)).toEqual([]);
    service.answer('a');
    await harness.settle();
    expect(trace(harness)).toEqual(['a!', 'b!', 2, 'c!']);
    expect(harness.outputs.map(({ timestamp }) => timestamp)).toEqual([1, 2, 3]);
  });

  it.each([true, false])('R19 passes idleness on behind the results before it (ordered: %s)', async (ordered) => {
    const service = new Service();
    const harness = await open(service, { ordered });
    harness.element('a', 1);
    harness.watermark(1);
    harness.idle();
    harness.active();
    harness.element('b', 2);
    service.answer('b');
    await harness.settle();
    expect(trace(harness)).toEqual([]);
    service.answer('a');
    await harness.settle();
    expect(trace(harness)).toEqual(['a!', 1, true, false, 'b!']);
  });

  it('R33 unordered: results leave as they come, but never across a watermark', async () => {
    const service = new Service();
    const harness = await open(service, { ordered: false });
    for (const [value, timestamp] of [['a', 1], ['b', 2]] as const) harness.element(value, timestamp);
    harness.watermark(2);
    for (const [value, timestamp] of [['c', 3], ['d', 4]] as const) harness.element(value, timestamp);
    harness.watermark(4);
    harness.element('e', 5);
    service.answer('d', 'b', 'e');
    await harness.settle();
    expect(trace(harness)).toEqual(['b!']);
    service.answer('a');
    await harness.settle();
    expect(trace(harness)).toEqual(['b!', 'a!', 2, 'd!']);
    service.answer('c');
    await harness.settle();
    expect(trace(harness)).toEqual(['b!', 'a!', 2, 'd!', 'c!', 4, 'e!']);
  });

  it('R33 records in flight are state: their calls are made again after a restore, also at another parallelism', async () => {
    const service = new Service();
    const harness = await open(service, { ordered: false });
    for (const [value, timestamp] of [['a', 1], ['b', 2], ['c', 3]] as const) harness.element(value, timestamp);
    service.answer('b');
    await harness.settle();
    const restore = [harness.snapshot()];
    const again: unknown[] = [];
    for (const subtask of [0, 1]) {
      const other = new Service();
      const restored = await open(other, {}, { restore, parallelism: 2, subtask });
      again.push(...other.calls.map(({ value }) => value));
      other.answer(...other.calls.map(({ value }) => value));
      await restored.settle();
      expect(restored.values).toHaveLength(other.calls.length);
    }
    expect(again.toSorted()).toEqual(['a', 'c']);
  });

  it('holds the input at capacity, and queues what one step upstream gave beyond it', async () => {
    const service = new Service();
    const harness = await open(service, { capacity: 2 });
    for (const value of ['a', 'b', 'c', 'd']) harness.element(value);
    expect(harness.isHeld).toBe(true);
    expect(harness.queued).toBe(2);
    expect(service.calls).toHaveLength(2);
    service.answer('a', 'b');
    await harness.settle();
    expect(service.calls.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd']);
    service.answer('c', 'd');
    await harness.settle();
    expect(harness.values).toEqual(['a!', 'b!', 'c!', 'd!']);
    expect(harness.isHeld).toBe(false);
  });

  it('R33 fails by default when a record runs out of time', async () => {
    const service = new Service();
    const harness = await open(service);
    harness.element('a');
    expect(() => harness.processingTime(1000)).toThrow(/MR-2007.*"lookup" was not done after 1000 ms and 1 attempt, at the record "a"/);
    expect(service.calls[0]!.signal.aborted).toBe(true);
  });

  it('R33 takes the result of onTimeout, and ignores the answer that comes later: the first completion wins', async () => {
    const service = new Service();
    const harness = await open(service, { onTimeout: (value: never) => `${String(value)}?` });
    harness.element('a');
    harness.element('b');
    service.answer('b');
    await harness.settle();
    harness.processingTime(1000);
    expect(harness.values).toEqual(['a?', 'b!']);
    service.answer('a');
    service.calls[1]!.reject(new Error('after its answer'));
    await harness.settle();
    expect(harness.values).toEqual(['a?', 'b!']);
  });

  it('R33 tries again after a failure, and the timeout covers all attempts', async () => {
    const service = new Service();
    const harness = await open(service, { retry: { attempts: 4, delayMs: 100, maxDelayMs: 150 } });
    harness.element('a');
    for (const [attempt, at] of [[1, 100], [2, 250], [3, 400]] as const) {
      service.calls.at(-1)!.reject(new Error(`attempt ${attempt}`));
      await harness.settle();
      expect(harness.nextWake).toBe(at);
      harness.processingTime(at);
      expect(service.calls).toHaveLength(attempt + 1);
      expect(service.calls[attempt - 1]!.signal.aborted).toBe(true);
    }
    expect(() => harness.processingTime(1000)).toThrow(/MR-2007.*4 attempts/);
  });

  it('fails with the function’s error when the attempts are spent or not wanted', async () => {
    for (const retry of [undefined, { attempts: 1 }, { attempts: 5, retryOn: () => false }]) {
      const service = new Service();
      const harness = await open(service, retry === undefined ? {} : { retry });
      harness.element('a');
      service.calls[0]!.reject(new Error('down'));
      await expect(harness.settle()).rejects.toThrow(/MR-2001.*asyncMap function \(attempt 1\) of "lookup" threw Error: down.*"a"/);
    }
    const throwing = await OperatorHarness.open(asyncMapOperator({ ...limits, fn: () => { throw new Error('at once'); } }));
    throwing.element(1);
    await expect(throwing.settle()).rejects.toThrow(/MR-2001.*at once/);
  });

  it('waits at the end for everything that is under way', async () => {
    const service = new Service();
    const harness = await open(service);
    harness.element('a', 1);
    harness.finish();
    await harness.settle();
    expect(harness.isFinished).toBe(false);
    expect(harness.watermarks).toEqual([]);
    service.answer('a');
    await harness.settle();
    expect(harness.isFinished).toBe(true);
    expect(trace(harness)).toEqual(['a!', Infinity]);
  });

  it('aborts what is under way when it is closed', async () => {
    const service = new Service();
    const harness = await open(service);
    harness.element('a');
    await harness.close();
    expect(service.calls[0]!.signal.aborted).toBe(true);
  });

  it('opens a function object before it makes restored calls', async () => {
    const service = new Service();
    const first = await open(service);
    first.element('a');
    let ready = false;
    const fn = { open: async () => { await Promise.resolve(); ready = true; }, asyncMap: async () => ready };
    const restored = await OperatorHarness.open(asyncMapOperator({ ...limits, fn }), { name: 'lookup', restore: [first.snapshot()] });
    await restored.settle();
    expect(restored.values).toEqual([true]);
  });

  it.each([
    ['capacity', { capacity: 0 }],
    ['timeout', { timeoutMs: Number.NaN }],
    ['retry.attempts', { retry: { attempts: 0 } }],
    ['retry.delay', { retry: { attempts: 2, delayMs: -1 } }],
    ['retry.maxDelay', { retry: { attempts: 2, maxDelayMs: -1 } }],
  ])('refuses a senseless %s', (name, settings) => {
    expect(() => asyncMapOperator({ ...limits, fn: async () => 1, ...settings })).toThrow(new RegExp(`MR-2008.*${name}`));
  });
});
