import { json, t } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { KafkaOptionInvalid } from './errors.js';
import { kafkaMessages } from './format/kafka-messages.js';
import { kafkaSink } from './sink/kafka-sink.js';
import { whatHolds } from './sink/what-holds.js';
import { kafkaSource } from './source/kafka-source.js';
import { matchesPattern } from './source/source-options.js';
import { murmur2 } from './sink/partitioner.js';

describe('options', () => {
  const good = { brokers: 'a:1', topics: 'orders', format: json() };
  const wrong: readonly [string, object][] = [
    ['brokers', { brokers: [] }],
    ['host:port', { brokers: 'localhost' }],
    ['topics', { topics: [] }],
    ['format', { format: undefined }],
    ['start', { start: 'newest' }],
    ['timestamp', { start: { timestamp: 1.5 } }],
    ['offsets', { start: { offsets: { orders: { 0: -1 } } } }],
    ['committed offsets need a group', { start: { committed: true } }],
    ['stop', { stop: 'never' }],
    ['isolation', { isolation: 'serializable' }],
    ['onOffsetLost', { onOffsetLost: 'ignore' }],
    ['partitions', { partitions: { visits: [0] } }],
    ['discovery', { discovery: '0 s' }],
    ['fetchBytes', { fetchBytes: 0 }],
    ['sasl.mechanism', { sasl: { mechanism: 'NTLM', username: 'a', password: 'b' } }],
    ['sasl.username', { sasl: { mechanism: 'PLAIN', username: '', password: 'b' } }],
  ];
  for (const [name, options] of wrong) {
    it(`refuses a source with a wrong ${name}`, () => {
      expect(() => kafkaSource({ ...good, ...options } as never)).toThrow(expect.objectContaining({ code: KafkaOptionInvalid.code, what: expect.stringContaining(name) }));
    });
  }
  const sink = { brokers: 'a:1', topic: 'orders', format: json() };
  const wrongSinks: readonly [string, object][] = [
    ['topic', { topic: '' }],
    ['topics', { topic: () => 'a' }],
    ['format', { format: {} }],
    ['guarantee', { guarantee: 'maybe' }],
    ['upsert needs a key', { upsert: true }],
    ['transactionalPrefix', { transactionalPrefix: '' }],
    ['timestamp', { timestamp: 'later' }],
    ['compression', { compression: 'lz4' }],
    ['batchBytes', { batchBytes: 1.5 }],
  ];
  for (const [name, options] of wrongSinks) {
    it(`refuses a sink with a wrong ${name}`, () => {
      expect(() => kafkaSink({ ...sink, ...options } as never)).toThrow(expect.objectContaining({ code: KafkaOptionInvalid.code, what: expect.stringContaining(name) }));
    });
  }
  it('refuses messages without both formats', () => {
    expect(() => kafkaMessages({ key: json() } as never)).toThrow(expect.objectContaining({ code: 'MR-4001' }));
  });

  it('takes the policy of the value for messages that cannot be decoded, and refuses one of the key that differs', () => {
    const skips = json(t.dynamic, { onError: 'skip' });
    expect(kafkaMessages({ key: json(), value: json() }).onError).toBeUndefined();
    expect(kafkaMessages({ key: json(), value: skips }).onError).toBe('skip');
    expect(kafkaMessages({ key: skips, value: skips }).onError).toBe('skip');
    expect(kafkaMessages({ key: skips, value: json(), onError: 'deadLetter' }).onError).toBe('deadLetter');
    expect(kafkaMessages({ key: skips, value: skips, onError: 'fail' }).onError).toBe('fail');
    for (const [key, value, said] of [[skips, json(), 'none'], [skips, json(t.dynamic, { onError: 'fail' }), '"fail"']] as const) {
      expect(() => kafkaMessages({ key, value })).toThrow(expect.toSatisfy((error: Error) => KafkaOptionInvalid.is(error) && error.message.includes(`key has onError "skip" and that of the value ${said}`)));
    }
  });

  it('says at the start of a sink what holds for its records, and by which means', () => {
    const writing = { topics: ['orders', 'refunds'], guarantee: 'exactly-once', prefix: 'shop-sink', checkpoints: true } as const;
    expect(whatHolds(writing)).toEqual({
      topics: 'orders, refunds',
      guarantee: 'exactly-once',
      by: 'transactions "shop-sink-<subtask>-<n>" (Produce v9, EndTxn v3), read them with isolation read_committed',
    });
    expect(whatHolds({ ...writing, checkpoints: false }).guarantee).toBe('exactly-once for a run that succeeds; nothing is kept over a failure without checkpoints');
    expect(whatHolds({ ...writing, guarantee: 'at-least-once' })).toMatchObject({ guarantee: 'at-least-once', by: 'acknowledgement of all in-sync replicas before each checkpoint' });
    expect(whatHolds({ ...writing, guarantee: 'at-least-once', checkpoints: false })).toMatchObject({
      guarantee: 'at-least-once for a run that succeeds; without checkpoints a failure may lose what was not sent yet',
      by: 'acknowledgement of all in-sync replicas before the end',
    });
    expect(whatHolds({ ...writing, guarantee: 'none', checkpoints: false })).toMatchObject({ guarantee: 'none', by: 'acknowledgement of the leader' });
  });

  it('takes a pattern for whole names, whatever its flags', () => {
    const pattern = /orders-\d+/g;
    expect([matchesPattern(pattern, 'orders-1'), matchesPattern(pattern, 'orders-1'), matchesPattern(pattern, 'my-orders-1'), matchesPattern(/a|b/, 'ab')]).toEqual([true, true, false, false]);
  });

  it('hashes keys as Kafka does', () => {
    // From Kafka's own test of its hash.
    const cases: readonly [string, number][] = [['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829], ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]];
    for (const [key, hash] of cases) expect(murmur2(Buffer.from(key)) | 0).toBe(hash);
  });
});
