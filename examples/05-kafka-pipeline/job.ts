import { arg, boundedOutOfOrderness, count, defineJob, json, sum, tumblingEventTime } from 'millrace';
import { kafkaSink, kafkaSource } from '@millrace/kafka';
import { z } from 'zod';

const Event = z.object({ id: z.number(), sensor: z.string(), timestamp: z.number(), value: z.number() });

export default defineJob({
  name: 'kafka-pipeline',
  args: {
    brokers: arg.string({ default: '127.0.0.1:19092', doc: 'Kafka, host:port.' }),
    from: arg.string({ default: 'events', doc: 'The topic with events, at most ten seconds out of order.' }),
    to: arg.string({ default: 'windows', doc: 'The topic for the windows.' }),
    follow: arg.boolean({ default: false, doc: 'Whether to go on reading what comes, instead of ending at what is there.' }),
  },
  build(env, { brokers, from, to, follow }) {
    env
      .fromSource(kafkaSource({ brokers, topics: from, format: json(Event), group: 'kafka-pipeline', ...(follow ? {} : { stop: 'latest' }) }), {
        name: 'events',
        uid: 'events',
        // Each partition has its own watermark, ten seconds behind its newest event; the slowest one counts.
        watermarks: boundedOutOfOrderness('10 s', (event) => event.timestamp),
      })
      .keyBy('sensor')
      .window(tumblingEventTime('10 s'))
      .aggregate({ events: count(), total: sum('value', { exact: true }) }, (figures, { key, window }) => ({ sensor: key, windowStart: window.start, windowEnd: window.end, ...figures }), {
        name: 'ten seconds',
        uid: 'ten-seconds',
      })
      .sinkTo(kafkaSink({ brokers, topic: to, format: json(), key: (row) => row.sensor }), { name: 'windows', uid: 'windows' });
  },
});
