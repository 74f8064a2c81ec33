import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KafkaClient } from '@kafkats/client';
import { kafkaUnavailable, ownKafka } from '../services/for-tests.mjs';
import { lines } from './compare.mjs';

let server;

/** Why examples with Kafka cannot run here; undefined when they can. */
export const unavailable = () => kafkaUnavailable();

/** The broker of all examples, started when the first one asks. */
async function broker() {
  server ??= await ownKafka();
  return server;
}

/** Stops the broker, if one was started. */
export async function stopKafka() {
  await server?.remove();
}

/** Makes the topics of a run, with the run's mark behind their names, and writes what they begin with. Gives the address. */
export async function prepareTopics({ topics, produce = {} }, folder, mark) {
  const { bootstrap } = await broker();
  await withClient(bootstrap, async (client) => {
    const admin = client.admin();
    const made = await admin.createTopics(Object.entries(topics).map(([name, numPartitions]) => ({ name: `${name}-${mark}`, numPartitions, replicationFactor: 1, configs: { 'retention.ms': '-1' } })));
    const failed = made.find(({ errorCode }) => Number(errorCode) !== 0);
    if (failed !== undefined) throw new Error(`the topic ${failed.name} could not be made: ${failed.errorCode}`);
    for (const [name, { file, key }] of Object.entries(produce)) {
      const topic = `${name}-${mark}`;
      await until(async () => ((await client.getMetadata([topic])).topics.get(topic)?.partitions.size ?? 0) === topics[name]);
      const producer = client.producer({ acks: 'all' });
      const messages = lines(readFileSync(join(folder, file), 'utf8')).map((line) => ({ key: key === undefined ? null : Buffer.from(String(JSON.parse(line)[key])), value: Buffer.from(line) }));
      await producer.send(topic, messages);
      await producer.disconnect();
    }
  });
  return bootstrap;
}

/** What a reader of committed records sees in a topic, up to its end. */
export async function committedRecords(topic) {
  const { bootstrap } = await broker();
  const seen = [];
  await withClient(bootstrap, async (client) => {
    const metadata = await client.getMetadata([topic]);
    const partitions = [...metadata.topics.get(topic).partitions.keys()];
    let silentMs = 0;
    const stop = new AbortController();
    const reading = client.consumer({ groupId: `${topic}-reader`, isolationLevel: 'read_committed', autoOffsetReset: 'earliest', maxWaitMs: 100 })
      .runEach(topic, async ({ value }) => {
        seen.push(String(value));
        silentMs = 0;
      }, { signal: stop.signal, commitOffsets: false, assignment: partitions.map((partition) => ({ topic, partition, offset: 0n })) });
    // A second without a further record is the end.
    while (silentMs < 1000) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      silentMs += 100;
    }
    stop.abort();
    await reading.catch(() => {});
  });
  return seen;
}

async function withClient(bootstrap, use) {
  const client = new KafkaClient({ clientId: 'examples', brokers: [bootstrap], logLevel: 'silent' });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.disconnect();
  }
}

async function until(condition) {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the topics were not ready within 10 s');
}
