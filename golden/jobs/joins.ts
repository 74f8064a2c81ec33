import { arg, defineJob, fileSource, json, monotonousTimestamps, t, tumblingEventTime } from 'millrace';

const Order = t.struct({ order: t.string, at: t.timestamp, cents: t.number });
const Payment = t.struct({ order: t.string, at: t.timestamp, cents: t.number });

/** Orders and payments, paired by time around each other and by window. */
export default defineJob({
  name: 'golden-joins',
  args: { data: arg.path(), splitBytes: arg.number({ default: 16_000_000 }) },
  build(env, { data, splitBytes }) {
    const orders = env.fromSource(fileSource({ path: `${data}/orders.ndjson`, format: json(Order), splitBytes }), {
      name: 'orders', watermarks: monotonousTimestamps((order) => order.at),
    });
    const payments = env.fromSource(fileSource({ path: `${data}/payments.ndjson`, format: json(Payment), splitBytes }), {
      name: 'payments', watermarks: monotonousTimestamps((payment) => payment.at),
    });

    orders
      .keyBy('order')
      .intervalJoin(payments.keyBy('order'), { between: ['-1 min', '10 min'], upperExclusive: true }, (order, payment) => ({
        of: 'paid', order: order.order, at: order.at, paidAt: payment.at, open: order.cents - payment.cents,
      }))
      .print();
    orders
      .join(payments, { where: 'order', equalTo: 'order', window: tumblingEventTime('5 min') }, (order, payment, { key, window }) => ({
        of: 'same window', order: key, start: window.start, cents: [order.cents, payment.cents],
      }))
      .print();
    orders
      .coGroup(payments, { where: 'order', equalTo: 'order', window: tumblingEventTime('20 min') }, function* (left, right, { key, window }) {
        if (left.length === 0 || right.length === 0) yield { of: 'alone', order: key, start: window.start, orders: left.length, payments: right.length };
      })
      .print();
  },
});
