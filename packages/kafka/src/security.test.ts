import { json, raw, secret } from '@millrace/core';
import { readAll, SinkDriver } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaAdmin } from './admin.js';
import type { KafkaConnectionOptions } from './connection.js';
import { platform, sharedKafka, TestTopics, unavailable, unique, type TestServer } from './kafka.test-broker.js';
import { kafkaSink } from './sink/kafka-sink.js';
import { kafkaSource } from './source/kafka-source.js';

describe.skipIf(unavailable !== undefined)('a broker with SASL over TLS and ACLs', () => {
  let server!: TestServer;
  let topics!: TestTopics;
  beforeAll(async () => {
    server = await sharedKafka('secured');
    topics = new TestTopics({ brokers: server.internalBootstrap });
  }, 240_000);
  afterAll(() => topics?.close());

  const as = (user: string, more: Partial<KafkaConnectionOptions> = {}): KafkaConnectionOptions => ({
    outageTimeout: '3 s',
    brokers: server.bootstrap,
    tls: { ca: server.certificate },
    sasl: { mechanism: 'SCRAM-SHA-256', username: user, password: secret.value(server.users[user]!) },
    ...more,
  });
  const read = (options: KafkaConnectionOptions, topic: string, more: object = {}) => readAll(kafkaSource({ ...options, topics: topic, format: raw(), stop: 'latest', ...more }), { platform });
  async function write(options: KafkaConnectionOptions, topic: string, prefix: string): Promise<void> {
    const driver = new SinkDriver<object>(kafkaSink<object>({ ...options, topic, format: json<object>(), transactionalPrefix: prefix }) as never, { platform });
    try {
      await driver.start();
      await driver.write({ id: 1 });
      await driver.checkpoint();
    } finally {
      await driver.close();
    }
  }
  const allow = (resource: 'group' | 'topic' | 'transactionalId', name: string, operation: 'all' | 'read' | 'write', prefixed = false) =>
    topics.admin.createAcls([{ resource, name, prefixed, operation, principal: 'User:alice' }]);

  it('lets a user read and write what ACLs allow, with SCRAM and with PLAIN, and denies the rest with a code that names it', async () => {
    const topic = await topics.topic('guarded');
    await expect(read(as('alice'), topic)).rejects.toMatchObject({ code: 'MR-4004', what: expect.stringContaining(topic) });
    await expect(write(as('alice'), topic, topic)).rejects.toMatchObject({ code: 'MR-4004' });
    await allow('topic', topic, 'write');
    await expect(write(as('alice'), topic, topic)).rejects.toMatchObject({ code: 'MR-4004', what: expect.stringContaining(`${topic}-0-0`) });
    await allow('transactionalId', topic, 'all', true);
    await write(as('alice'), topic, topic);
    await allow('topic', topic, 'read');
    expect((await read(as('alice'), topic)).values).toEqual(['{"id":1}']);
    expect((await read(as('alice', { sasl: { mechanism: 'PLAIN', username: 'alice', password: server.users['alice']! } }), topic)).values).toHaveLength(1);
    const group = unique('group');
    await expect(read(as('alice'), topic, { group, start: { committed: true } })).rejects.toMatchObject({ code: 'MR-4004', what: expect.stringContaining(group) });
    await expect(read(as('mallory'), topic)).rejects.toMatchObject({ code: 'MR-4004' });
  });

  it('does not try wrong credentials twice, and shows no password', async () => {
    const start = Date.now();
    const wrong = as('alice', { sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'not-this-one' } });
    const error = await read(wrong, 'any').catch((failure: unknown) => failure as Error);
    expect(error).toMatchObject({ code: 'MR-4003', what: expect.stringContaining('alice') });
    expect(String(error)).not.toContain('not-this-one');
    await expect(read(as('alice', { sasl: { mechanism: 'PLAIN', username: 'nobody', password: 'x' } }), 'any')).rejects.toMatchObject({ code: 'MR-4003' });
    expect(Date.now() - start).toBeLessThan(8000);
  });

  it('says that brokers cannot be reached when TLS does not fit or nobody listens, after bounded tries', async () => {
    const soon = { outageTimeout: '600 ms', connectTimeout: '300 ms', requestTimeout: '500 ms' } as const;
    await expect(read(as('alice', { tls: true, ...soon }), 'any')).rejects.toMatchObject({ code: 'MR-4002', what: expect.stringMatching(/certificate/) });
    await expect(read({ brokers: '127.0.0.1:1', ...soon }, 'any')).rejects.toMatchObject({ code: 'MR-4002', what: expect.stringContaining('127.0.0.1:1') });
    await expect(write({ brokers: ['127.0.0.1:1'], ...soon }, 'any', 'any')).rejects.toMatchObject({ code: 'MR-4002' });
  });

  it('gives the name and the reason of a request that was refused', async () => {
    const topic = await topics.topic('twice');
    const admin = kafkaAdmin({ brokers: server.internalBootstrap });
    await expect(admin.createTopics([{ topic }])).rejects.toMatchObject({ code: 'MR-4013', what: expect.stringContaining('TOPIC_EXISTS (36)') });
    await admin.createTopics([{ topic }], { ifMissing: true });
    await admin.close();
  });
});
