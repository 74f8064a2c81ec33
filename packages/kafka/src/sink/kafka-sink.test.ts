import { json } from '@millrace/core';
import { readAll, sinkKit, SinkDriver, type SinkSnapshot } from '@millrace/core/testing';
import { KafkaClient } from '@kafkats/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platform, sharedKafka, TestTopics, unavailable, unique } from '../kafka.test-broker.js';
import { kafkaMessages, type KafkaRecord } from '../format/kafka-messages.js';
import { kafkaSource } from '../source/kafka-source.js';
import { kafkaSink } from './kafka-sink.js';
import { TransactionPool } from './transaction-pool.js';
import type { KafkaSinkOptions } from './sink-options.js';

interface Row {
  readonly id: number;
  readonly gone?: boolean;
}
const row = (id: number): Row => ({ id });

describe.skipIf(unavailable !== undefined)('kafkaSink against a broker', () => {
  let topics!: TestTopics;
  beforeAll(async () => {
    topics = new TestTopics({ brokers: (await sharedKafka()).bootstrap });
  }, 240_000);
  afterAll(() => topics?.close());

  const sinkTo = (topic: string, options: Partial<KafkaSinkOptions<Row>> = {}) =>
    kafkaSink<Row>({ brokers: topics.brokers, topic, format: json<Row>(), key: ({ id }) => id, transactionalPrefix: topic, ...options });

  async function ids(topic: string): Promise<number[]> {
    const { values } = await readAll(kafkaSource({ brokers: topics.brokers, topics: topic, format: json<Row>(), stop: 'latest' }), { platform });
    return values.map(({ id }) => id).sort((left, right) => left - right);
  }

  async function messages(topic: string): Promise<readonly KafkaRecord<unknown, Row>[]> {
    const { values } = await readAll(kafkaSource({ brokers: topics.brokers, topics: topic, format: kafkaMessages({ key: json(), value: json<Row>() }), stop: 'latest' }), { platform });
    return values;
  }

  async function writing(topic: string, options: Partial<KafkaSinkOptions<Row>> = {}, restored?: SinkSnapshot, parallelism: number = 1): Promise<SinkDriver<Row>> {
    const driver = new SinkDriver<Row>(sinkTo(topic, options) as never, { platform, bounded: false, parallelism, ...(restored === undefined ? {} : { restored }) });
    await driver.start();
    return driver;
  }

  for (const test of sinkKit<Row>({
    platform,
    create: async () => {
      const topic = await topics.topic('kit', 2);
      return {
        reopen: () => sinkTo(topic) as never,
        visible: async () => (await ids(topic)).map(row),
      };
    },
    record: row,
    textOf: ({ id }) => String(id),
  })) it(`kit: ${test.name}`, () => test.run());

  it('shows its records to a reader of another make, and only committed ones', async () => {
    const topic = await topics.topic('other', 3);
    const driver = await writing(topic);
    for (let id = 0; id < 500; id++) await driver.write(row(id), { timestamp: 1_700_000_000_000 + id });
    await driver.checkpoint();
    await driver.write(row(999));
    await driver.barrier();
    const client = new KafkaClient({ clientId: 'reader', brokers: [topics.brokers], logLevel: 'error' });
    await client.connect();
    const seen: { readonly value: Row; readonly key: string; readonly timestamp: bigint }[] = [];
    const stop = new AbortController();
    const running = client.consumer({ groupId: unique('reader'), isolationLevel: 'read_committed', autoOffsetReset: 'earliest' }).runEach(topic, async (message) => {
      seen.push({ value: JSON.parse(String(message.value)) as Row, key: String(message.key), timestamp: message.timestamp });
    }, { signal: stop.signal, commitOffsets: false, assignment: [0, 1, 2].map((partition) => ({ topic, partition, offset: 0n })) });
    for (let tries = 0; tries < 100 && seen.length < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    await running.catch(() => {});
    await client.disconnect();
    expect(seen.map(({ value }) => value.id).sort((left, right) => left - right)).toEqual(Array.from({ length: 500 }, (_, id) => id));
    expect(seen.every(({ value, key, timestamp }) => key === String(value.id) && Number(timestamp) === 1_700_000_000_000 + value.id)).toBe(true);
    await driver.close();
  });

  it('commits from a restored checkpoint what its writer never committed, and only once', async () => {
    const topic = await topics.topic('restored', 2);
    const first = await writing(topic, {}, undefined, 3);
    for (let id = 0; id < 30; id++) await first.write(row(id), { subtask: id % 3 });
    const snapshot = await first.barrier();
    for (let id = 100; id < 110; id++) await first.write(row(id), { subtask: id % 3 });
    await first.barrier();
    await first.close();
    expect(await ids(topic)).toEqual([]);
    for (const parallelism of [1, 2, 4]) {
      const next = await writing(topic, {}, snapshot, parallelism);
      await next.close();
      expect(await ids(topic)).toEqual(Array.from({ length: 30 }, (_, id) => id));
    }
    expect((await topics.admin.openTransactions()).filter((id) => id.startsWith(topic))).toEqual([]);
  });

  it('writes again what the broker gave up after the time-out, once, whatever crashes in between', async () => {
    const topic = await topics.topic('expired', 2);
    // A time-out as short as this is refused at the start of a job, so that check is left out.
    const { validate: _, ...unchecked } = sinkTo(topic, { transactionTimeout: '1 s' });
    const first = new SinkDriver<Row>(unchecked as never, { platform });
    await first.start();
    for (let id = 0; id < 20; id++) await first.write(row(id));
    const snapshot = await first.barrier();
    await first.close();
    for (let tries = 0; tries < 200 && (await topics.admin.openTransactions()).includes(`${topic}-0-0`); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    for (let crash = 0; crash < 2; crash++) {
      const next = await writing(topic, {}, snapshot);
      await next.barrier();
      await next.close();
      expect(await ids(topic)).toEqual([]);
    }
    const last = await writing(topic, {}, snapshot);
    await last.write(row(20));
    await last.checkpoint();
    await last.close();
    expect(await ids(topic)).toEqual(Array.from({ length: 21 }, (_, id) => id));
  });

  it('stops with a code when records that were given up are not kept', async () => {
    const topic = await topics.topic('unkept', 1);
    const first = await writing(topic, { keepRecords: false });
    await first.write(row(1));
    const snapshot = await first.barrier();
    await topics.driver.initProducerId(`${topic}-0-0`, 60_000);
    await first.close();
    await expect(writing(topic, {}, snapshot)).rejects.toMatchObject({ code: 'MR-4018' });
  });

  it('leaves alone a transaction that was committed before its id was used again', async () => {
    const topic = await topics.topic('before', 1);
    const first = await writing(topic);
    await first.write(row(1));
    const snapshot = await first.checkpoint();
    await first.close();
    // Somebody goes back to an old savepoint, after the id has been used again.
    await topics.driver.initProducerId(`${topic}-0-0`, 60_000);
    const next = await writing(topic, {}, snapshot);
    await next.checkpoint();
    await next.close();
    expect(await ids(topic)).toEqual([1]);
  });

  it('stops with a code when retention has removed the only witness of a transaction', async () => {
    const topic = await topics.topic('witness', 1, { 'segment.bytes': '1048576', 'retention.bytes': '1', 'file.delete.delay.ms': '0' });
    const first = await writing(topic);
    await first.write(row(1));
    const snapshot = await first.checkpoint();
    await first.close();
    await topics.driver.initProducerId(`${topic}-0-0`, 60_000);
    const firstOffset = async (): Promise<number> => (await topics.driver.listOffsets(1, [{ topic, partition: 0, timestamp: -2 }], false))[0]!.offset;
    for (let index = 0; index < 4; index++) await topics.write(topic, 0, [{ value: 'x'.repeat(700_000) }]);
    for (let tries = 0; tries < 200 && (await firstOffset()) < 2; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await firstOffset()).toBeGreaterThan(1);
    await expect(writing(topic, {}, snapshot)).rejects.toMatchObject({ code: 'MR-4023', what: expect.stringContaining(`${topic}-0`) });
  });

  it('uses few transactional ids, in rotation', async () => {
    const topic = await topics.topic('rotation', 1);
    const driver = await writing(topic);
    const used = new Set<string>();
    for (let id = 0; id < 12; id++) {
      await driver.write(row(id));
      const { pending } = await driver.barrier();
      for (const one of pending.flat()) used.add((one as { transactionalId: string }).transactionalId);
      await driver.complete();
    }
    await driver.close();
    expect(await ids(topic)).toHaveLength(12);
    expect(used.size).toBeLessThan(8);
  });

  it('stops with a code when checkpoints do not complete for so long that transactions pile up', async () => {
    const prefix = unique('many');
    const pool = new TransactionPool({ driver: topics.driver, platform, signal: new AbortController().signal, prefix, subtask: 0, timeoutMs: 60_000, outageMs: 10_000 }, []);
    for (let checkpoint = 1; checkpoint <= 65; checkpoint++) pool.prepared(await pool.begin(), checkpoint);
    await expect(pool.begin()).rejects.toMatchObject({ code: 'MR-4022' });
  });

  it('aborts what an earlier run has left open, so that readers get past it', async () => {
    const topic = await topics.topic('lingering', 1);
    const left = await topics.begin(`${topic}-0-7`, topic);
    await topics.write(topic, 0, [{ value: '{"id":1}' }], { transaction: left });
    const other = await topics.begin(`${topic}-else-0-7`, topic);
    const driver = await writing(topic);
    const open = await topics.admin.openTransactions();
    expect(open).not.toContain(`${topic}-0-7`);
    expect(open).toContain(`${topic}-else-0-7`);
    await topics.end(other, false);
    await driver.close();
  });

  it('writes keys, headers, timestamps and partitions as it is told', async () => {
    const topic = await topics.topic('parts', 3);
    const driver = await writing(topic, { partitioner: ({ id }) => id % 3, headers: ({ id }) => ({ trace: `t${id}`, none: null }), timestamp: ({ id }) => 1_700_000_000_000 + id });
    for (let id = 0; id < 6; id++) await driver.write(row(id));
    await driver.checkpoint();
    await driver.close();
    for (const { key, value, partition, timestamp, headers } of await messages(topic)) {
      expect(key).toBe(value!.id);
      expect(partition).toBe(value!.id % 3);
      expect(timestamp).toBe(1_700_000_000_000 + value!.id);
      expect(headers.map((header) => [header.name, header.value === null ? null : Buffer.from(header.value).toString()])).toEqual([['trace', `t${value!.id}`], ['none', null]]);
    }
  });

  it('puts a key where the producers of Kafka put it', async () => {
    const topic = await topics.topic('hash', 7);
    const client = new KafkaClient({ clientId: 'writer', brokers: [topics.brokers], logLevel: 'error' });
    await client.connect();
    const producer = client.producer({ acks: 'all' });
    await producer.send(topic, Array.from({ length: 60 }, (_, id) => ({ key: Buffer.from(String(id * 37)), value: Buffer.from(JSON.stringify({ id: id * 37 })) })));
    await producer.disconnect();
    await client.disconnect();
    const driver = await writing(topic);
    for (let id = 0; id < 60; id++) await driver.write(row(id * 37));
    await driver.checkpoint();
    await driver.close();
    const places = new Map<number, Set<number>>();
    for (const { value, partition } of await messages(topic)) places.set(value!.id, (places.get(value!.id) ?? new Set()).add(partition));
    expect(places.size).toBe(60);
    for (const partitions of places.values()) expect(partitions.size).toBe(1);
  });

  it('deletes keys of a compacted topic, and wants a key there', async () => {
    const topic = await topics.topic('upsert', 1, { 'cleanup.policy': 'compact' });
    const driver = await writing(topic, { upsert: { isDeleted: ({ gone }) => gone === true } });
    await driver.write(row(1));
    await driver.write({ id: 1, gone: true });
    await driver.checkpoint();
    await driver.close();
    expect((await messages(topic)).map(({ key, value }) => [key, value])).toEqual([[1, { id: 1 }], [1, null]]);
    const keyless = await writing(topic, { upsert: true, key: () => null });
    await expect(keyless.write(row(2))).rejects.toMatchObject({ code: 'MR-4021' });
    await keyless.close();
  });

  it('chooses the topic by the record, among those that were named', async () => {
    const [even, odd] = [await topics.topic('even'), await topics.topic('odd')];
    const driver = new SinkDriver<Row>(kafkaSink<Row>({ brokers: topics.brokers, topic: ({ id }) => (id > 9 ? 'elsewhere' : id % 2 === 0 ? even : odd), topics: [even, odd], format: json<Row>(), transactionalPrefix: even }) as never, { platform });
    await driver.start();
    for (let id = 0; id < 6; id++) await driver.write(row(id));
    await expect(driver.write(row(10))).rejects.toMatchObject({ code: 'MR-4020' });
    await driver.checkpoint();
    await driver.close();
    expect([await ids(even), await ids(odd)]).toEqual([[0, 2, 4], [1, 3, 5]]);
  });

  it('waits at each checkpoint until all is written when it promises at-least-once, and packs with gzip', async () => {
    const topic = await topics.topic('simple', 2);
    const driver = await writing(topic, { guarantee: 'at-least-once', compression: 'gzip' });
    for (let id = 0; id < 1000; id++) await driver.write(row(id));
    expect((await driver.barrier()).pending.flat()).toEqual([]);
    expect(await ids(topic)).toHaveLength(1000);
    await driver.close();
    const none = await writing(topic, { guarantee: 'none' });
    await none.write(row(1000));
    await none.finish();
    expect(await ids(topic)).toHaveLength(1001);
  });

  it('refuses to start when the time-out of transactions is too short, with the numbers', async () => {
    const topic = await topics.topic('short');
    await expect(writing(topic, { transactionTimeout: '90 s' })).rejects.toMatchObject({ code: 'MR-4015', what: expect.stringMatching(/90 s|1 min 30 s|1\.5 min/) });
    await expect(writing(topic, { transactionTimeout: '1 h' })).rejects.toMatchObject({ code: 'MR-4016' });
  });

  it('refuses two sinks with one prefix, and is fenced by another process that has it', async () => {
    const topic = await topics.topic('prefix');
    const first = await writing(topic);
    await expect(writing(topic)).rejects.toMatchObject({ code: 'MR-4019' });
    await topics.driver.initProducerId(`${topic}-0-0`, 60_000);
    await first.write(row(1));
    await expect(first.barrier()).rejects.toMatchObject({ code: 'MR-4017' });
    await first.close();
  });

  it('fails with a code for a missing topic, a wrong partition and a record that is too large', async () => {
    await expect(writing(unique('missing'))).rejects.toMatchObject({ code: 'MR-4005' });
    const topic = await topics.topic('bad', 2, { 'max.message.bytes': '2000' });
    const astray = await writing(topic, { partitioner: () => 2 });
    await expect(astray.write(row(1))).rejects.toMatchObject({ code: 'MR-4006' });
    await astray.close();
    const large = await writing(topic, { headers: () => ({ long: 'x'.repeat(3000) }) });
    await large.write(row(1));
    await expect(large.barrier()).rejects.toMatchObject({ code: 'MR-4014' });
    await large.close();
  });
});
