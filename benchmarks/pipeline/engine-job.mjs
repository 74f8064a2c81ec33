import { engine } from '../lib/engine.mjs';
import { arraySource } from '../lib/array-source.mjs';
import { takingSink } from '../lib/taking-sink.mjs';
import { SMALLEST_CENTS, WINDOW_MS } from './sales.mjs';

const { StreamEnvironment, monotonousTimestamps, tumblingEventTime } = engine;

/** The pipeline as a user of the engine writes it. */
export async function engineJob(bids, take) {
  const env = StreamEnvironment.create();
  env
    .fromSource(arraySource(bids), { name: 'bids', watermarks: monotonousTimestamps((bid) => bid.at) })
    .map((bid) => ({ user: bid.user, cents: bid.price + 100 }))
    .filter((sale) => sale.cents >= SMALLEST_CENTS)
    .keyBy('user')
    .window(tumblingEventTime(WINDOW_MS))
    .aggregate(
      {
        create: () => ({ count: 0, sum: 0 }),
        add(total, sale) {
          total.count++;
          total.sum += sale.cents;
        },
      },
      ({ count, sum }, { key, window }) => ({ user: key, end: window.end, count, sum }),
    )
    .sinkTo(takingSink(take));
  await env.execute('pipeline');
}
