import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineJob, json, sequence } from '@millrace/core';
import { readAll } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platform, sharedKafka, TestTopics, unavailable } from './kafka.test-broker.js';
import { kafkaSink } from './sink/kafka-sink.js';
import { kafkaSource } from './source/kafka-source.js';

describe.skipIf(unavailable !== undefined)('a job between topics that fails and starts itself again', () => {
  let topics!: TestTopics;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  beforeAll(async () => {
    topics = new TestTopics({ brokers: (await sharedKafka()).bootstrap });
  }, 240_000);
  afterAll(async () => {
    await topics?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('writes every record once, in the same process and with the same transactional prefix', async () => {
    const [from, to] = [await topics.topic('from', 2), await topics.topic('to', 2)];
    const { brokers } = topics;
    const fill = defineJob({ name: 'fill', build: (env) => void env.fromSource(sequence(0, 2999)).map((id) => ({ id })).sinkTo(kafkaSink({ brokers, topic: from, format: json<{ id: number }>(), key: ({ id }) => id, guarantee: 'at-least-once' })) });
    expect((await fill.run({})).state).toBe('FINISHED');
    let failures = 0;
    const job = defineJob({
      name: 'copy',
      build: (env) =>
        void env
          .fromSource(kafkaSource({ brokers, topics: from, format: json<{ id: number }>(), stop: 'latest' }), { uid: 'from' })
          .map((row) => {
            if (row.id % 1000 === 999 && failures < 2) {
              failures++;
              throw new Error('not this time');
            }
            return row;
          })
          .sinkTo(kafkaSink({ brokers, topic: to, format: json<{ id: number }>(), key: ({ id }) => id, transactionalPrefix: to }), { uid: 'to' }),
    });
    const result = await job.run({ parallelism: 2, options: { 'checkpoint.dir': join(folder, 'state'), 'checkpoint.interval': 30, 'restart.strategy': 'fixed-delay', 'restart.delay': 100 } });
    expect(result.state).toBe('FINISHED');
    expect(failures).toBe(2);
    const { values } = await readAll(kafkaSource({ brokers, topics: to, format: json<{ id: number }>(), stop: 'latest' }), { platform });
    expect(values.map(({ id }) => id).sort((left, right) => left - right)).toEqual(Array.from({ length: 3000 }, (_, id) => id));
    expect((await topics.admin.openTransactions()).filter((id) => id.startsWith(to))).toEqual([]);
  }, 60_000);
});
