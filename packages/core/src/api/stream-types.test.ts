import { describe, expect, expectTypeOf, it } from 'vitest';
import { count, sum } from '../functions/aggregates.js';
import type { WindowAssigner } from '../functions/window.js';
import { dynamicSessionEventTime } from '../functions/window-assigners.js';
import { t, type } from '../record/types/t.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { state } from '../state/state-builders.js';
import type { DataStream, KeyedStream, SourceStream } from './streams.js';

// These functions are compiled, never called: a wrong inference, or a mistake that compiles, fails the type check.

interface Order {
  readonly orderId: string;
  readonly userId: number;
  readonly amount: number;
  readonly timestamp: number;
  readonly note?: string;
  readonly tags: readonly string[];
}
interface Payment {
  readonly order: string;
  readonly paid: number;
}
interface Alert {
  readonly user: number;
  readonly total: number;
}

function keys(orders: SourceStream<Order>, tuples: DataStream<[string, number, Date]>, unknowns: DataStream<unknown>): void {
  expectTypeOf(orders.keyBy('orderId')).toEqualTypeOf<KeyedStream<Order, string>>();
  expectTypeOf(orders.keyBy('orderId', 'userId')).toEqualTypeOf<KeyedStream<Order, readonly [string, number]>>();
  expectTypeOf(orders.keyBy((order) => order.userId)).toEqualTypeOf<KeyedStream<Order, number>>();
  expectTypeOf(orders.keyBy((order) => [order.userId, order.orderId])).toEqualTypeOf<KeyedStream<Order, [number, string]>>();
  expectTypeOf(tuples.keyBy(0)).toEqualTypeOf<KeyedStream<[string, number, Date], string>>();
  tuples.keyBy(0).sum(1);
  orders.keyBy('orderId').sum('amount');
  orders.keyBy('orderId').minBy('orderId').uid('cheapest');
  orders.keyBy('orderId').map((order) => order.amount).print();
  orders.partitionCustom((key, channels) => key.length % channels, 'orderId');

  // @ts-expect-error a misspelled field
  orders.keyBy('ordrId');
  // @ts-expect-error a list is no key
  orders.keyBy('tags');
  // @ts-expect-error a field that may be missing is no key
  orders.keyBy('note');
  // @ts-expect-error a date is no key
  tuples.keyBy(2);
  // @ts-expect-error a position that the tuple does not have
  tuples.keyBy(3);
  // @ts-expect-error nothing is known of the records
  unknowns.keyBy('orderId');
  // @ts-expect-error a text has no sum
  orders.keyBy('orderId').sum('orderId');
  // @ts-expect-error a text has no sum
  tuples.keyBy(0).sum(0);
  // @ts-expect-error a selector stands alone
  orders.keyBy((order) => order.userId, 'orderId');
}

function processFunctions(orders: SourceStream<Order>): void {
  const alerts = orders.keyBy('userId').process({
    output: type<Alert>(),
    sideOutputs: { late: type<Order>() },
    state: { total: state.value(t.number, { ttl: '1 d' }), seen: state.map(t.string, t.boolean) },
    processElement(order, ctx, out) {
      expectTypeOf(order).toEqualTypeOf<Order>();
      expectTypeOf(ctx.key).toEqualTypeOf<number>();
      if (order.timestamp <= ctx.watermark) return ctx.side.late.collect(order);
      const total = (ctx.state.total.value() ?? 0) + order.amount;
      ctx.state.total.update(total);
      ctx.state.seen.put(order.orderId, true);
      if (total > 10_000) out.collect({ user: ctx.key, total });
      ctx.timers.registerEventTime(order.timestamp + 60_000);
    },
    onTimer(timestamp, ctx, out) {
      out.collect({ user: ctx.key, total: timestamp });
    },
  });
  expectTypeOf(alerts).toEqualTypeOf<DataStream<Alert, { readonly late: TypeInfo<Order> }>>();
  expectTypeOf(alerts.side('late')).toEqualTypeOf<DataStream<Order>>();
  // @ts-expect-error a misspelled side output
  alerts.side('lat');
  // @ts-expect-error no side outputs at all
  orders.side('late');
  orders.keyBy('userId').process({
    output: type<Alert>(),
    state: { total: state.value(t.number) },
    processElement(_order, ctx, out) {
      // @ts-expect-error a misspelled state
      void ctx.state.totl;
      // @ts-expect-error not what was declared as the output
      out.collect({ user: 'ann' });
    },
  });
}

function windows(orders: SourceStream<Order>, window: WindowAssigner): void {
  const statistics = orders.keyBy('orderId')
    .window(window, { uid: 'ten-minutes', lateOutput: 'late' })
    .aggregate(
      {
        create: () => ({ count: 0, cents: 0 }),
        add(a, o) {
          a.count++;
          a.cents += Math.round(o.amount * 100);
        },
        merge(a, b) {
          a.count += b.count;
          a.cents += b.cents;
          return a;
        },
      },
      (a, { key, window: { start } }) => ({ orderId: key, windowStart: start, orderCount: a.count, totalAmount: a.cents / 100 }),
    );
  expectTypeOf(statistics.side('late')).toEqualTypeOf<DataStream<Order>>();
  expectTypeOf(statistics.map((row) => row.totalAmount + row.windowStart)).toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.keyBy('orderId').window(window).aggregate({ orderCount: count(), total: sum('amount') }))
    .toEqualTypeOf<DataStream<{ readonly orderCount: number; readonly total: number }>>();
  expectTypeOf(orders.keyBy('orderId').window(window).aggregate({ n: count() }, (row, { key }) => `${key} ${row.n}`)).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.keyBy('orderId').window(dynamicSessionEventTime((order) => order.amount))
    .aggregate({ create: () => ({ n: 0 }), add: (a) => ({ n: a.n + 1 }), merge: (a, b) => ({ n: a.n + b.n }), result: (a) => a.n })).toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.keyBy('orderId').window(window).apply((elements, { key }) => [key, ...Array.from(elements, (order) => order.orderId)])).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.keyBy('orderId').window(window).process({
    output: type<number>(),
    sideOutputs: { odd: type<string>() },
    process(elements, ctx, out) {
      for (const order of elements) out.collect(order.amount);
      ctx.side.odd.collect(ctx.key);
    },
  }).side('odd')).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.windowAll(window).reduce((a) => a)).toEqualTypeOf<DataStream<Order>>();
  expectTypeOf(orders.keyBy('orderId').timeWindow('10 s').sideOutputLateData('late').sum('amount').side('late')).toEqualTypeOf<DataStream<Order>>();
  // @ts-expect-error a misspelled field in a named aggregate
  orders.keyBy('orderId').window(window).aggregate({ total: sum('amunt') });
  // @ts-expect-error no such duration
  orders.keyBy('orderId').timeWindow('10 seconds');
  // @ts-expect-error no late output was asked for
  orders.keyBy('orderId').window(window).sum('amount').side('late');
}

function twoStreams(orders: SourceStream<Order>, payments: DataStream<Payment>, window: WindowAssigner): void {
  expectTypeOf(orders.join(payments, { where: 'orderId', equalTo: 'order', window }, (order, payment) => order.amount - payment.paid)).toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.join(payments, { where: (o) => o.orderId, equalTo: (p) => p.order, window }, (o, p) => [o.amount, p.paid])).toEqualTypeOf<DataStream<number[]>>();
  expectTypeOf(orders.coGroup(payments, { where: 'orderId', equalTo: 'order', window }, (left, right, { key }) => [key.length + left.length + right.length]))
    .toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.lookupJoin(payments, { where: 'orderId', equalTo: 'order' }, (order, payment) => payment?.paid ?? order.amount)).toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.keyBy('orderId').intervalJoin(payments.keyBy('order'), { between: ['-5 s', '10 s'] }, (o, p, ctx) => o.amount - p.paid + ctx.timestamp))
    .toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.connect(payments).map((o) => o.orderId, (p) => p.order)).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.connect(payments).keyBy('orderId', 'order').process({
    output: type<string>(),
    state: { open: state.list(t.string) },
    processElement1: (o, ctx, out) => out.collect(o.orderId + ctx.key),
    processElement2: (p, ctx) => ctx.state.open.add(p.order),
  })).toEqualTypeOf<DataStream<string>>();
  const rules = payments.broadcast({ limits: state.broadcast(t.string, t.number) });
  expectTypeOf(orders.keyBy('orderId').connect(rules).process({
    output: type<number>(),
    processElement: (o, ctx, out) => out.collect(o.amount - (ctx.broadcast.limits.get(ctx.key) ?? 0)),
    processBroadcast: (p, ctx) => ctx.broadcast.limits.put(p.order, p.paid),
  })).toEqualTypeOf<DataStream<number>>();
  orders.connect(rules).process({
    processElement(_order, ctx) {
      // @ts-expect-error the plain side can only read
      ctx.broadcast.limits.put('a', 1);
    },
    processBroadcast() {},
  });
  expectTypeOf(orders.union(payments)).toEqualTypeOf<DataStream<Order | Payment>>();
  expectTypeOf(orders.mergeByTime([payments]).side('late')).toEqualTypeOf<DataStream<Order | Payment>>();
  // @ts-expect-error a misspelled field of the other stream
  orders.join(payments, { where: 'orderId', equalTo: 'ordr', window }, (o) => o);
  // @ts-expect-error keys of different types never meet
  orders.keyBy('userId').intervalJoin(payments.keyBy('order'), { between: [0, 1] }, (o) => o);
}

function elementFunctions(orders: SourceStream<Order>): void {
  class Lookup {
    map(order: Order): string {
      return order.orderId;
    }
  }
  expectTypeOf(orders.map(Lookup)).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.map(new Lookup())).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.map((o) => o.amount, { output: t.number, name: 'amounts' }).uid('amounts').setParallelism(3)).toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.flatMap(function* (o) {
    yield o.orderId;
  })).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.filter((o): o is Order & { readonly note: string } => o.note !== undefined).map((o) => o.note)).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.asyncMap(async (o, { signal }) => (signal.aborted ? 0 : o.amount), { timeout: '5 s', ordered: false })).toEqualTypeOf<DataStream<number>>();
  expectTypeOf(orders.deadLetters().map((letter) => letter.reason)).toEqualTypeOf<DataStream<string>>();
  expectTypeOf(orders.executeAndCollect()).toEqualTypeOf<AsyncIterableIterator<Order>>();
  // @ts-expect-error only a source has records that could not be decoded
  orders.map((o) => o).deadLetters();
  // @ts-expect-error asyncMap needs a timeout
  orders.asyncMap(async (o) => o, {});
}

describe('the types of streams', () => {
  it('are checked by the compiler', () => {
    for (const compiled of [keys, processFunctions, windows, twoStreams, elementFunctions]) expect(compiled).toBeTypeOf('function');
  });
});
