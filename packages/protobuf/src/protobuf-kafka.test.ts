import { StreamEnvironment } from '@millrace/core';
import type { Sink } from '@millrace/core/spi';
import { kafkaMessages, kafkaSink, kafkaSource } from '@millrace/kafka';
import { schemaRegistry, type SchemaRegistry } from '@millrace/schema-registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedKafka, TestTopics, unavailable as noBroker } from '../../kafka/src/kafka.test-broker.js';
import { realRegistryUrl, REGISTRY_START_MS, unavailable as noRegistry } from '../../schema-registry/src/registry.test-server.js';
import { protobuf, type ProtobufOptions } from './protobuf.js';

interface Order { id: string; cents: number }
const ORDER = 'syntax = "proto3"; package shop; message Other {} message Order { string id = 1; int32 cents = 2; }';
const WIDER = 'syntax = "proto3"; package shop; message Other {} message Order { string id = 1; int64 cents = 2; repeated string tags = 3; }';
// It keeps all fields: Apicurio 2.0 answers 500 where one is removed.
const CHANGED = 'syntax = "proto3"; package shop; message Other {} message Order { string id = 1; double cents = 2; repeated string tags = 3; }';

/** A sink into an array of this thread. */
function into<T>(rows: T[]): Sink<T> {
  return { kind: 'array', guarantee: 'at-least-once', createWriter: () => ({ write: (value) => void rows.push(value), close() {} }) };
}

const missing = noBroker ?? noRegistry;
describe.skipIf(missing !== undefined)(`protobuf through Kafka, with a registry${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let topics!: TestTopics;
  let registry!: SchemaRegistry;
  beforeAll(async () => {
    topics = new TestTopics({ brokers: (await sharedKafka()).bootstrap });
    registry = schemaRegistry({ url: await realRegistryUrl() });
  }, REGISTRY_START_MS);
  afterAll(() => topics?.close());

  const format = <T>(schema: string, more: Partial<ProtobufOptions> = {}): ReturnType<typeof protobuf<T>> => protobuf<T>({ schema, message: 'shop.Order', registry, ...more });

  async function written(topic: string, schema: string, ...rows: readonly Order[]): Promise<void> {
    const env = StreamEnvironment.create();
    env.fromElements(...rows).sinkTo(kafkaSink({ brokers: topics.brokers, topic, format: format<Order>(schema) }));
    await env.execute('writing');
  }

  async function read<T>(topic: string, schema: string): Promise<T[]> {
    const rows: T[] = [];
    const env = StreamEnvironment.create();
    env.fromSource(kafkaSource({ brokers: topics.brokers, topics: topic, stop: 'latest', format: format<T>(schema) }), { name: 'orders' }).sinkTo(into(rows));
    await env.execute('reading');
    return rows;
  }

  it('reads with a wider schema what was written before and after it, and does not start with one that cannot read', { timeout: 60_000 }, async () => {
    const topic = await topics.topic('protobuf', 1);
    await written(topic, ORDER, { id: 'a', cents: -1 });
    await written(topic, WIDER, { id: 'b', cents: 2 ** 40 });
    await registry.setCompatibility('BACKWARD', `${topic}-value`);
    expect(await registry.versions(`${topic}-value`)).toEqual([1, 2]);
    expect(await read(topic, WIDER)).toEqual([{ id: 'a', cents: -1, tags: [] }, { id: 'b', cents: 2 ** 40, tags: [] }]);
    await expect(read(topic, ORDER)).rejects.toThrow(/MR-4243[^]*\$\.cents[^]*1099511627776 does not fit 32 bits[^]*offset 2/);
    await expect(read(topic, CHANGED)).rejects.toThrow(/MR-4212[^]*version 2[^]*MR-4242/);
    await expect(written(topic, CHANGED, { id: 'c', cents: 0.5 })).rejects.toThrow('MR-4208');
  });

  it('reads keys with a subject of their own', { timeout: 60_000 }, async () => {
    const topic = await topics.topic('keys', 1);
    await written(topic, ORDER, { id: 'a', cents: 1 });
    await registry.register(`${topic}-key`, { type: 'PROTOBUF', schema: CHANGED });
    const messages = kafkaMessages({ key: format<Order>(ORDER), value: format<Order>(ORDER) });
    const env = StreamEnvironment.create();
    env.fromSource(kafkaSource({ brokers: topics.brokers, topics: topic, stop: 'latest', format: messages }), { name: 'orders' }).sinkTo(into([]));
    await expect(env.execute('reading')).rejects.toThrow(new RegExp(`MR-4212[^]*of ${topic}-key`));
  });
});
