import { describe, expect, it } from 'vitest';
import { arg } from '../api/arguments.js';
import { defineJobWith } from '../api/job.js';
import { elements } from '../connectors/memory/collection-source.js';
import { discardSink } from '../connectors/memory/discard-sink.js';
import { count, sum } from '../functions/aggregates.js';
import { boundedOutOfOrderness, monotonousTimestamps } from '../functions/watermark-strategies.js';
import { tumblingEventTime, tumblingProcessingTime } from '../functions/window-assigners.js';
import { t } from '../record/types/t.js';
import { state } from '../state/state-builders.js';
import { testJob } from './job-test-driver.js';

interface Order {
  readonly orderId: string;
  readonly at: number;
  readonly amount: number;
}

const START = 1_700_000_000_000 - (1_700_000_000_000 % 60_000);
const order = (orderId: string, second: number, amount: number): Order => ({ orderId, at: START + second * 1000, amount });

const defineJob = defineJobWith(() => expect.unreachable('a job under test runs on the simulated platform'));

const statistics = defineJob({
  name: 'order-statistics',
  args: { size: arg.duration({ default: '1 min' }) },
  build(env, args) {
    const rows = env.fromSource(elements<Order>(), { name: 'orders', watermarks: boundedOutOfOrderness('5 s', (o) => o.at) })
      .keyBy('orderId')
      .window(tumblingEventTime(args.size), { uid: 'windows', lateOutput: 'late' })
      .aggregate({ orders: count(), total: sum('amount') }, (row, { key, window }) => ({ orderId: key, start: window.start - START, ...row }));
    rows.sinkTo(discardSink(), { name: 'statistics', uid: 'statistics' });
    rows.side('late').sinkTo(discardSink(), { name: 'late' });
  },
});

describe('a job under test', () => {
  it('shows the effect of a push as soon as it returns', async () => {
    const run = await testJob(statistics);
    run.source('orders').push(order('a', 1, 2), order('b', 2, 3), order('a', 30, 4));
    expect(run.sink('statistics')).toEqual([]);
    run.source('orders').watermark(START + 60_000);
    expect(run.sink('statistics')).toEqual([
      { orderId: 'a', start: 0, orders: 2, total: 6 },
      { orderId: 'b', start: 0, orders: 1, total: 3 },
    ]);
    run.source('orders').push(order('a', 59, 1));
    expect(run.take('late')).toEqual([order('a', 59, 1)]);
    expect(run.take('late')).toEqual([]);
    const result = await run.finish();
    expect(result).toMatchObject({ state: 'FINISHED', job: 'order-statistics' });
  });

  it('makes the watermarks of the job after every record', async () => {
    const run = await testJob(statistics, { args: { size: '10 s' }, parallelism: 2 });
    run.source('orders').push(order('a', 1, 1), order('a', 14, 1));
    expect(run.sink('statistics')).toEqual([]);
    run.source('orders').push(order('a', 16, 1));
    expect(run.sink('statistics')).toEqual([{ orderId: 'a', start: 0, orders: 1, total: 1 }]);
    await run.finish();
    expect(run.sink('statistics')).toHaveLength(2);
  });

  it('has virtual processing time', async () => {
    const job = defineJob({
      name: 'clocks',
      build(env) {
        env.fromSource(elements<string>(), { name: 'texts' })
          .keyBy((text) => text)
          .window(tumblingProcessingTime('10 s'))
          .aggregate({ n: count() }, ({ n }, { key }) => `${key} ${n}`)
          .sinkTo(discardSink(), { name: 'counts' });
      },
    });
    await using run = await testJob(job, { startAt: START });
    run.source('texts').push('x', 'x');
    run.advanceProcessingTime('9 s');
    expect(run.sink('counts')).toEqual([]);
    run.advanceProcessingTime('1 s');
    expect(run.sink('counts')).toEqual(['x 2']);
    expect(run.now).toBe(START + 10_000);
  });

  it('fires timers and fills side outputs', async () => {
    const job = defineJob({
      name: 'alerts',
      build(env) {
        const alerts = env.fromSource(elements<Order>(), { name: 'orders', watermarks: monotonousTimestamps((o) => o.at) }).keyBy('orderId').process({
          output: t.string,
          sideOutputs: { big: t.number },
          state: { total: state.value(t.number) },
          processElement(o, ctx) {
            ctx.state.total.update((ctx.state.total.value() ?? 0) + o.amount);
            if (o.amount > 10) ctx.side.big.collect(o.amount);
            ctx.timers.registerEventTime(o.at + 1000);
          },
          onTimer(time, ctx, out) {
            out.collect(`${ctx.key} ${ctx.state.total.value()} at ${time - START}`);
          },
        });
        alerts.sinkTo(discardSink(), { name: 'alerts' });
        alerts.side('big').sinkTo(discardSink(), { name: 'big' });
      },
    });
    const run = await testJob(job);
    run.source('orders').push(order('a', 0, 5), order('a', 0, 20)).watermark(START + 1000);
    expect(run.sink('alerts')).toEqual(['a 25 at 1000']);
    expect(run.sink('big')).toEqual([20]);
    await run.finish();
  });

  it('waits for asynchronous functions in settle', async () => {
    const job = defineJob({
      name: 'look-ups',
      build(env) {
        env.fromSource(elements<string>(), { name: 'ids' })
          .asyncMap(async (id) => `${id}!`, { timeout: '5 s' })
          .sinkTo(discardSink(), { name: 'found' });
      },
    });
    const run = await testJob(job);
    run.source('ids').push('a', 'b');
    await run.settle();
    expect(run.sink('found')).toEqual(['a!', 'b!']);
    await run.finish();
  });

  it('hands dead letters and timestamps of the source to the job', async () => {
    const job = defineJob({
      name: 'letters',
      build(env) {
        const orders = env.fromSource(elements<string>(), { name: 'texts', watermarks: { watermarks: { kind: 'boundedOutOfOrderness', boundMs: 0 } } });
        orders.deadLetters().map((letter) => letter.reason).sinkTo(discardSink(), { name: 'reasons' });
        orders.process({ output: t.string, processElement: (text, ctx, out) => out.collect(`${text} ${ctx.timestamp} ${ctx.watermark}`) }).sinkTo(discardSink(), { name: 'out' });
      },
    });
    const run = await testJob(job);
    run.source('texts').deadLetter({ reason: 'broken' }).pushAt('x', START).pushAt('y', START + 1).idle().end();
    expect(run.sink('reasons')).toEqual(['broken']);
    expect(run.sink('out')).toEqual([`x ${START} -Infinity`, `y ${START + 1} ${START - 1}`]);
    await run.finish();
  });

  it('refuses what the job does not have, and a push after the end', async () => {
    const run = await testJob(statistics);
    expect(() => run.source('order')).toThrow('MR-2791');
    expect(() => run.source('order')).toThrow('Did you mean "orders"?');
    expect(() => run.sink('orders')).toThrow('It has "statistics", "late".');
    run.source('orders').end();
    expect(() => run.source('orders').push(order('a', 1, 1))).toThrow('MR-2792');
    await run.finish();
    await expect(testJob({} as never)).rejects.toThrow('MR-2794');
  });

  it('throws what the job failed with', async () => {
    const job = defineJob({
      name: 'failing',
      build(env) {
        env.fromSource(elements<number>(), { name: 'numbers' }).map((n) => {
          if (n > 1) throw new Error('too much');
          return n;
        }, { name: 'limit' }).sinkTo(discardSink(), { name: 'out' });
      },
    });
    const run = await testJob(job);
    run.source('numbers').push(1, 2, 3);
    expect(run.sink('out')).toEqual([1]);
    await expect(run.finish()).rejects.toThrow(/limit[^]*too much/);
  });

  it('says that a job does not go on', async () => {
    const job = defineJob({
      name: 'stuck',
      build(env) {
        env.fromSource(elements<number>(), { name: 'numbers' })
          .map({ open: () => new Promise(() => {}), map: (n: number) => n })
          .sinkTo(discardSink(), { name: 'out' });
      },
    });
    const run = await testJob(job);
    await expect(run.finish()).rejects.toThrow('MR-2793');
  });
});
