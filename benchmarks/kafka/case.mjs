// One measurement in a process of its own: node case.mjs NAME BROKERS TOPIC RECORDS. Prints one line of JSON.
import { performance } from 'node:perf_hooks';
import { KafkaClient } from '@kafkats/client';
import { discardSink, json, raw, sequence, StreamEnvironment } from 'millrace';
import { kafkaSink, kafkaSource } from '@millrace/kafka';

const [, , name, brokers, topic, text] = process.argv;
const records = Number(text);
const PARTITIONS = 4;
const BATCH = 2000;
const IN_FLIGHT = 4;
const value = (index) => `{"id":${index},"auction":${index % 1000},"bidder":${index % 777},"price":${(index * 7) % 100000},"channel":"apple"}`.padEnd(100);
const values = Array.from({ length: 1000 }, (_, index) => value(index));
const bytes = values.map((one) => Buffer.from(one));
const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);

/** What is measured, each from the first record to the last one written or read. */
const CASES = {
  async 'driver: producer'() {
    const client = await connected();
    const producer = client.producer({ acks: 'all', compression: 'none', lingerMs: 5, maxBatchBytes: 256 * 1024 });
    const keyBytes = keys.map((key) => Buffer.from(key));
    const start = performance.now();
    let next = 0;
    await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
      while (next < records) {
        const from = next;
        next += BATCH;
        await producer.send(topic, Array.from({ length: Math.min(BATCH, records - from) }, (_, index) => ({ partition: (from / BATCH) % PARTITIONS, key: keyBytes[(from + index) % 1000], value: bytes[(from + index) % 1000] })));
      }
    }));
    const ms = performance.now() - start;
    await client.disconnect();
    return ms;
  },
  async 'driver: consumer'() {
    const client = await connected();
    const consumer = client.consumer({ groupId: `bench-${process.pid}`, maxBytesPerPartition: 2 * 1024 * 1024, maxWaitMs: 100, autoOffsetReset: 'earliest', maxRecords: 20_000 });
    const stop = new AbortController();
    let seen = 0;
    let ms = 0;
    const start = performance.now();
    await consumer.runBatch(topic, async (messages) => {
      seen += messages.length;
      if (seen >= records && ms === 0) {
        ms = performance.now() - start;
        stop.abort();
      }
    }, { signal: stop.signal, commitOffsets: false, assignment: Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0n })) }).catch(() => {});
    await Promise.race([client.disconnect(), new Promise((resolve) => setTimeout(resolve, 1000))]);
    return ms;
  },
  'source: bytes': () => job((env) => env.fromSource(kafkaSource({ brokers, topics: topic, format: raw('bytes'), stop: 'latest' })).sinkTo(discardSink())),
  'source: text': () => job((env) => env.fromSource(kafkaSource({ brokers, topics: topic, format: raw(), stop: 'latest' })).sinkTo(discardSink())),
  'sink: at-least-once': () => job((env) => env.fromSource(sequence(0, records - 1)).map((index) => values[index % 1000]).sinkTo(kafkaSink({ brokers, topic, format: raw(), key: (one) => keys[one.charCodeAt(6) * 13 % 1000], guarantee: 'at-least-once' }))),
  'sink: exactly-once': () => job((env) => env.fromSource(sequence(0, records - 1)).map((index) => values[index % 1000]).sinkTo(kafkaSink({ brokers, topic, format: raw(), key: (one) => keys[one.charCodeAt(6) * 13 % 1000], transactionalPrefix: `bench-${process.pid}` }))),
  'pipeline: JSON, count per key, sink': () => job((env) => env.fromSource(kafkaSource({ brokers, topics: topic, format: json(), stop: 'latest' })).keyBy('auction').reduce((left, right) => ({ ...right, price: left.price + right.price })).sinkTo(kafkaSink({ brokers, topic: `${topic}-out`, format: json(), key: ({ auction }) => auction, guarantee: 'at-least-once' }))),
};

async function connected() {
  const client = new KafkaClient({ clientId: 'bench', brokers: [brokers], logLevel: 'silent' });
  await client.connect();
  await client.getMetadata([topic]);
  return client;
}

async function job(build) {
  const env = StreamEnvironment.create();
  build(env);
  const start = performance.now();
  await env.execute('bench');
  return performance.now() - start;
}

const cpu = process.cpuUsage();
const ms = await CASES[name]();
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000 }));
process.exit();
