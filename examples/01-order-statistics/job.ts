import { createRequire } from 'node:module';
import { arg, defineJob, fileSink, fileSource, json, monotonousTimestamps, tumblingEventTime } from 'millrace';
import type * as kafka from '@millrace/kafka';
import type { Source } from 'millrace/spi';
import { z } from 'zod';

const Order = z.object({ orderId: z.string(), timestamp: z.number(), amount: z.number() });

/** The orders of a topic, up to what is its end now. The package is loaded only when it is asked for. */
function fromKafka(brokers: string, topic: string): Source<z.infer<typeof Order>> {
  const { kafkaSource } = createRequire(import.meta.url)('@millrace/kafka') as typeof kafka;
  return kafkaSource({ brokers, topics: topic, format: json(Order), stop: 'latest' });
}

export default defineJob({
  name: 'order-statistics',
  args: {
    input: arg.path({ optional: true, doc: 'Orders, one JSON object per line, in order of their timestamps.' }),
    kafka: arg.string({ optional: true, doc: 'Kafka, host:port, to read the orders from a topic instead.' }),
    topic: arg.string({ default: 'orders', doc: 'The topic with the orders.' }),
    output: arg.path({ doc: 'The folder for the statistics.' }),
    rate: arg.number({ optional: true, doc: 'Orders read per second; no limit unless given.' }),
  },
  build(env, args) {
    env
      .fromSource(args.kafka === undefined ? fileSource({ path: args.input ?? '', format: json(Order), rate: args.rate }) : fromKafka(args.kafka, args.topic), {
        name: 'orders',
        uid: 'orders',
        watermarks: monotonousTimestamps((order) => order.timestamp),
      })
      .keyBy('orderId')
      .window(tumblingEventTime('10 min'))
      .aggregate(
        {
          // Cents are whole numbers, so the total does not depend on the order of the orders.
          create: () => ({ count: 0, cents: 0 }),
          add(sum, order) {
            sum.count++;
            sum.cents += Math.round(order.amount * 100);
          },
          merge(sum, other) {
            sum.count += other.count;
            sum.cents += other.cents;
          },
          exact: true,
        },
        (sum, { key, window }) => ({
          orderId: key,
          windowStart: window.start,
          windowEnd: window.end,
          orderCount: sum.count,
          totalAmount: sum.cents / 100,
        }),
        { name: 'ten minutes', uid: 'ten-minutes' },
      )
      .sinkTo(fileSink({ path: args.output, format: json() }), { name: 'statistics', uid: 'statistics' });
  },
});
