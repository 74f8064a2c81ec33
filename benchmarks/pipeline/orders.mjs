import { join } from 'node:path';
import { duel } from '../lib/duel.mjs';
import { engine } from '../lib/engine.mjs';
import { takingSink } from '../lib/taking-sink.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';
import { ordersByHand, WINDOW_MS } from './orders-by-hand.mjs';
import { writeOrders } from './orders-file.mjs';

const { fileSource, json, monotonousTimestamps, StreamEnvironment, tumblingEventTime } = engine;

/** Order statistics from a file of JSON lines; no schema on either side. */
export const part = {
  title: 'orders',
  cases: ['hand loop'],
  run: (name, { smoke }) =>
    withTemporaryFolder((folder) => {
      const path = join(folder, 'orders.ndjson');
      const records = smoke ? 2_000 : 1_000_000;
      writeOrders(path, records);
      return duel({
        what: `engine as a multiple of the ${name} over the same file`,
        goal: 0.7,
        records,
        other: { name, run: (take) => ordersByHand(path, take) },
        engine: { name: 'engine', run: (take) => orderStatistics(path, take) },
        smoke,
      });
    }),
};

async function orderStatistics(path, take) {
  const env = StreamEnvironment.create();
  env
    .fromSource(fileSource({ path, format: json() }), { name: 'orders', watermarks: monotonousTimestamps((order) => order.timestamp) })
    .keyBy((order) => order.orderId)
    .window(tumblingEventTime(WINDOW_MS))
    .aggregate(
      {
        create: () => ({ count: 0, cents: 0 }),
        add(total, order) {
          total.count++;
          total.cents += Math.round(order.amount * 100);
        },
      },
      ({ count, cents }, { key, window }) => ({ orderId: key, windowEnd: window.end, count, totalAmount: cents / 100 }),
    )
    .sinkTo(takingSink(take));
  await env.execute('order-statistics');
}
