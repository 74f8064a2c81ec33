// The job of the kill test with Kafka: orders from a topic, out of order, sums per key and second, into a topic.
import { arg, boundedOutOfOrderness, defineJob, json, tumblingEventTime } from '../../packages/core/src/index.ts';
import { kafkaSink, kafkaSource } from '../../packages/kafka/src/index.ts';

export const WINDOW_MS = 1000;
/** How far orders are out of order, at the most. */
export const DISORDER_MS = 400;
/** A job that waits this long for a broker waits for one that is being started again. */
const OUTAGE = '60 s';

export default defineJob({
  name: 'kafka-kill-test',
  args: { brokers: arg.string({ doc: 'host:port' }), from: arg.string({ doc: 'Topic of orders.' }), to: arg.string({ doc: 'Topic of results.' }), ends: arg.string({ doc: 'Where each partition ends, as JSON.' }) },
  build(env, { brokers, from, to, ends }) {
    env
      .fromSource(kafkaSource({ brokers, topics: from, format: json(), stop: { offsets: { [from]: JSON.parse(ends) } }, group: `${from}-group`, outageTimeout: OUTAGE }), {
        name: 'orders', uid: 'orders', watermarks: boundedOutOfOrderness(DISORDER_MS, ({ at }) => at),
      })
      .keyBy('key')
      .window(tumblingEventTime(WINDOW_MS))
      .aggregate({ create: () => ({ sum: 0, count: 0 }), add: (total, { value }) => { total.sum += value; total.count++; } }, ({ sum, count }, { key, window }) => ({ key, start: window.start, sum, count }), { name: 'sums', uid: 'sums' })
      .sinkTo(kafkaSink({ brokers, topic: to, format: json(), key: ({ key }) => key, transactionalPrefix: to, outageTimeout: OUTAGE }), { name: 'results', uid: 'results' });
  },
});

/** The orders of a round, by partition. Within a partition times go up and down by less than the disorder. */
export function makeOrders(count, partitions) {
  const lanes = Array.from({ length: partitions }, () => []);
  for (let index = 0; index < count; index++) {
    const jitter = (index * 7919) % DISORDER_MS;
    lanes[index % partitions].push({ key: `k${(index * 7) % 13}`, value: (index * 31) % 17, at: 1_700_000_000_000 + index * 10 - jitter });
  }
  return lanes;
}

/** What a reader of the results must see, each once, computed plainly. */
export function oracle(lanes) {
  const windows = new Map();
  for (const { key, value, at } of lanes.flat()) {
    const start = Math.floor(at / WINDOW_MS) * WINDOW_MS;
    const id = `${start} ${key}`;
    const { sum, count } = windows.get(id) ?? { sum: 0, count: 0 };
    windows.set(id, { key, start, sum: sum + value, count: count + 1 });
  }
  return [...windows.values()].map((row) => JSON.stringify(row));
}
