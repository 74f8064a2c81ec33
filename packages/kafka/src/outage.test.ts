import { json, raw } from '@millrace/core';
import { SinkDriver, SourceDriver } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownKafka, platform, TestTopics, unavailable, unique, type TestServer } from './kafka.test-broker.js';
import { kafkaSink } from './sink/kafka-sink.js';
import { kafkaSource } from './source/kafka-source.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(unavailable !== undefined)('while the broker is away', () => {
  let server!: TestServer;
  let topics!: TestTopics;
  beforeAll(async () => {
    server = await ownKafka();
    topics = new TestTopics({ brokers: server.bootstrap });
  }, 240_000);
  afterAll(async () => {
    await topics?.close();
    await server?.remove();
  }, 60_000);

  async function take(driver: SourceDriver<string, never>, count: number, limitMs: number): Promise<void> {
    const end = Date.now() + limitMs;
    while (driver.records.length < count) {
      if (Date.now() > end) throw new Error(`only ${driver.records.length} of ${count} records came`);
      if (driver.poll() === 'nothing') await pause(20);
    }
  }

  it('a source and a transaction wait for it and go on, after a kill and after a freeze', async () => {
    const [from, to] = [await topics.topic('from'), await topics.topic('to')];
    await topics.writeNumbers(from, 0, 0, 5);
    const source = new SourceDriver<string, never>(kafkaSource({ brokers: server.bootstrap, topics: from, format: raw(), outageTimeout: '60 s', requestTimeout: '2 s' }) as never, { platform });
    await source.start();
    await take(source, 5, 10_000);
    const sink = new SinkDriver<object>(kafkaSink<object>({ brokers: server.bootstrap, topic: to, format: json<object>(), transactionalPrefix: unique('outage'), outageTimeout: '60 s', requestTimeout: '2 s' }) as never, { platform, bounded: false });
    await sink.start();
    await sink.write({ n: 1 });
    await sink.barrier();
    await server.kill();
    await sink.write({ n: 2 });
    const written = sink.barrier();
    await server.start();
    await written;
    await sink.complete();
    await topics.writeNumbers(from, 0, 5, 8);
    await take(source, 8, 30_000);
    server.freeze();
    await pause(3000);
    server.wake();
    await sink.write({ n: 3 });
    await sink.checkpoint();
    await topics.writeNumbers(from, 0, 8, 9);
    await take(source, 9, 30_000);
    expect(source.records.map(({ value }) => value)).toEqual(Array.from({ length: 9 }, (_, index) => `v${index}`));
    await source.close();
    await sink.close();
    const reader = new SourceDriver<object, never>(kafkaSource({ brokers: server.bootstrap, topics: to, format: json<object>(), stop: 'latest' }) as never, { platform });
    await reader.start();
    await reader.drain();
    await reader.close();
    expect(reader.records.map(({ value }) => value)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  }, 120_000);

  it('a partition without a leader holds up no other, and is read when it has one again, or ends the job with a code', async () => {
    const second = await ownKafka({ joins: server });
    try {
      const topic = await topics.topic('parted', 2);
      const [{ partitions } = { partitions: [] }] = await topics.driver.metadata([topic]);
      const away = partitions.findIndex(({ leader }) => leader === 2);
      const there = 1 - away;
      expect(partitions[there]!.leader).toBe(1);
      const open = async (outageTimeout: '1500 ms' | '60 s'): Promise<SourceDriver<string, never>> => {
        const driver = new SourceDriver<string, never>(kafkaSource({ brokers: server.bootstrap, topics: topic, format: raw(), outageTimeout, requestTimeout: '2 s' }) as never, { platform });
        await driver.start();
        return driver;
      };
      for (const partition of [away, there]) await topics.writeNumbers(topic, partition, 0, 2);
      const [patient, hasty] = [await open('60 s'), await open('1500 ms')];
      for (const reader of [patient, hasty]) await take(reader, 4, 10_000);
      await second.kill();
      await topics.writeNumbers(topic, there, 2, 5);
      await take(patient, 7, 10_000);
      await expect(take(hasty, 1000, 15_000)).rejects.toMatchObject({ code: 'MR-4002', what: expect.stringContaining(`${topic}-${away}`) });
      expect(hasty.records.map(({ value }) => value).sort()).toEqual(['v0', 'v0', 'v1', 'v1', 'v2', 'v3', 'v4']);
      await hasty.close();
      await second.start();
      await topics.writeNumbers(topic, away, 2, 4);
      await take(patient, 9, 30_000);
      expect(patient.records.filter(({ split }) => split === `${topic}-${away}`).map(({ value }) => value)).toEqual(['v0', 'v1', 'v2', 'v3']);
      await patient.close();
    } finally {
      // In order, so that no topic of the next test is put on it.
      await second.stop();
      await second.remove();
    }
  }, 120_000);

  it('a topic that was deleted, and a broker that stays away, end the job with a code after bounded tries', async () => {
    const soon = { outageTimeout: '1500 ms', requestTimeout: '1 s', connectTimeout: '500 ms' } as const;
    const topic = await topics.topic('deleted');
    const open = async (): Promise<SourceDriver<string, never>> => {
      const driver = new SourceDriver<string, never>(kafkaSource({ brokers: server.bootstrap, topics: topic, format: raw(), ...soon }) as never, { platform });
      await driver.start();
      await topics.writeNumbers(topic, 0, 0, 1);
      await take(driver, 1, 10_000);
      return driver;
    };
    const away = await open();
    const deleted = await open();
    await topics.admin.deleteTopics([topic]);
    await expect(take(deleted, 1000, 15_000)).rejects.toMatchObject({ code: 'MR-4005', what: expect.stringContaining(topic) });
    await deleted.close();
    await server.kill();
    await expect(take(away, 1000, 15_000)).rejects.toMatchObject({ code: expect.stringMatching(/MR-4002|MR-4005/) });
    await away.close();
  }, 60_000);
});
