import { arg, defineJob, fileSource, json, monotonousTimestamps, t } from 'millrace';

const Order = t.struct({ order: t.string, at: t.timestamp, cents: t.number });
const Visit = t.struct({ at: t.timestamp, user: t.string, page: t.string });

/** Three streams in one order, that of event time: the rows come in exactly this sequence. */
export default defineJob({
  name: 'golden-merge',
  args: { data: arg.path() },
  build(env, { data }) {
    const orders = env
      .fromSource(fileSource({ path: `${data}/orders.ndjson`, format: json(Order) }), { name: 'orders', watermarks: monotonousTimestamps((order) => order.at) })
      .map(({ order, at }) => ({ of: 'order', at, what: order }));
    const payments = env
      .fromSource(fileSource({ path: `${data}/payments.ndjson`, format: json(Order) }), { name: 'payments', watermarks: monotonousTimestamps((payment) => payment.at) })
      .map(({ order, at }) => ({ of: 'payment', at, what: order }));
    const visits = env
      .fromSource(fileSource({ path: `${data}/visits.ndjson`, format: json(Visit) }), { name: 'visits', watermarks: monotonousTimestamps((visit) => visit.at) })
      .map(({ at, page }) => ({ of: 'visit', at, what: page }));
    orders.mergeByTime([payments, visits]).print(undefined, { parallelism: 1 });
  },
});
