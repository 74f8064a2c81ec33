import { json, raw } from '@millrace/core';
import type { Format } from '@millrace/core/spi';
import { readAll, SourceDriver, sourceKit, type ReadRecord, type SourceSnapshot } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platform, sharedKafka, TestTopics, unavailable, unique } from '../kafka.test-broker.js';
import { kafkaMessages } from '../format/kafka-messages.js';
import { kafkaSource } from './kafka-source.js';
import type { KafkaSplit } from './kafka-split.js';
import type { KafkaSourceOptions } from './source-options.js';

const values = (records: readonly ReadRecord<unknown>[]): unknown[] => records.map(({ value }) => value);
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => `v${from + index}`);

describe.skipIf(unavailable !== undefined)('kafkaSource against a broker', () => {
  let topics!: TestTopics;
  beforeAll(async () => {
    topics = new TestTopics({ brokers: (await sharedKafka()).bootstrap });
  }, 240_000);
  afterAll(() => topics?.close());

  const source = (options: Partial<KafkaSourceOptions<string>> & { readonly topics: KafkaSourceOptions<string>['topics'] }) =>
    kafkaSource({ brokers: topics.brokers, format: raw(), ...options });

  /** Reads until so many records are there. */
  async function take(driver: SourceDriver<unknown, KafkaSplit>, count: number): Promise<void> {
    const end = Date.now() + 15_000;
    while (driver.records.length < count) {
      let idle = true;
      for (let subtask = 0; subtask < driver.readers.length; subtask++) if (driver.poll(subtask) !== 'nothing') idle = false;
      if (Date.now() > end) throw new Error(`only ${driver.records.length} of ${count} records came`);
      if (idle) await Promise.race([...driver.readers.map((reader) => reader.available()), new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }

  async function reading(options: Parameters<typeof source>[0], restored?: SourceSnapshot): Promise<SourceDriver<unknown, KafkaSplit>> {
    const driver = new SourceDriver<unknown, KafkaSplit>(source(options), { platform, ...(restored === undefined ? {} : { restored }) });
    await driver.start();
    return driver;
  }

  let kitTopic: string | undefined;
  for (const test of sourceKit<string>({
    platform,
    create: async () => {
      if (kitTopic === undefined) {
        kitTopic = await topics.topic('kit', 3);
        for (let partition = 0; partition < 3; partition++) await topics.writeNumbers(kitTopic, partition, partition * 40, partition * 40 + 4);
      }
      return source({ topics: kitTopic, stop: 'latest' }) as never;
    },
    expected: [...numbers(0, 4), ...numbers(40, 44), ...numbers(80, 84)],
    textOf: String,
  })) it(`kit: ${test.name}`, { timeout: 60_000 }, () => test.run());

  it('reads all partitions up to the end, in order, with offsets and timestamps', async () => {
    const topic = await topics.topic('all', 3);
    for (let partition = 0; partition < 3; partition++) {
      await topics.writeNumbers(topic, partition, 0, 100);
      await topics.writeNumbers(topic, partition, 100, 250);
    }
    const { records } = await readAll(source({ topics: topic, stop: 'latest' }), { platform, parallelism: 2 });
    expect(records).toHaveLength(750);
    for (let partition = 0; partition < 3; partition++) {
      const own = records.filter(({ split }) => split === `${topic}-${partition}`);
      expect(values(own)).toEqual(numbers(0, 250));
      expect(own.map(({ offset }) => offset)).toEqual(Array.from({ length: 250 }, (_, index) => index));
      expect(own[7]!.timestamp).toBe(1_700_000_000_007);
    }
  });

  it('starts at earliest, latest, a time, given offsets, and where a group has committed', async () => {
    const topic = await topics.topic('starts', 1);
    await topics.writeNumbers(topic, 0, 0, 20);
    const group = unique('group');
    await topics.driver.commitOffsets(group, [{ topic, partition: 0, offset: 15 }]);
    const from = async (start: KafkaSourceOptions<string>['start'], more: object = {}): Promise<unknown[]> => [...(await readAll(source({ topics: topic, stop: 'latest', ...(start === undefined ? {} : { start }), ...more }), { platform })).values];
    expect(await from('earliest')).toEqual(numbers(0, 20));
    expect(await from('latest')).toEqual([]);
    expect(await from({ timestamp: 1_700_000_000_012 })).toEqual(numbers(12, 20));
    expect(await from({ timestamp: 1_900_000_000_000 })).toEqual([]);
    expect(await from({ offsets: { [topic]: { 0: 17 } } })).toEqual(numbers(17, 20));
    expect(await from({ committed: true }, { group })).toEqual(numbers(15, 20));
    expect(await from({ committed: true, otherwise: 'earliest' }, { group: unique('group') })).toEqual(numbers(0, 20));
    await expect(from({ committed: true }, { group: unique('group') })).rejects.toMatchObject({ code: 'MR-4012' });
    await expect(from({ offsets: { [topic]: { 7: 17 } } })).rejects.toMatchObject({ code: 'MR-4006' });
  });

  it('stops at a time and before given offsets', async () => {
    const topic = await topics.topic('stops', 1);
    await topics.writeNumbers(topic, 0, 0, 20);
    expect((await readAll(source({ topics: topic, stop: { timestamp: 1_700_000_000_005 } }), { platform })).values).toEqual(numbers(0, 5));
    expect((await readAll(source({ topics: topic, stop: { offsets: { [topic]: { 0: 13 } } } }), { platform })).values).toEqual(numbers(0, 13));
  });

  it('goes on from every snapshot with exactly the next record', async () => {
    const topic = await topics.topic('snapshots', 2);
    for (const partition of [0, 1]) await topics.writeNumbers(topic, partition, 0, 60);
    const snapshots: { readonly at: number; readonly snapshot: SourceSnapshot }[] = [];
    const driver = new SourceDriver(source({ topics: topic, stop: 'latest' }), { platform, parallelism: 2, batchSize: 7 });
    await driver.start();
    await driver.drain((one) => snapshots.push({ at: one.records.length, snapshot: one.snapshot() }));
    await driver.close();
    expect(driver.records).toHaveLength(120);
    for (const { at, snapshot } of snapshots.filter((_, index) => index % 4 === 0)) {
      const rest = await readAll(source({ topics: topic, stop: 'latest' }), { platform, parallelism: 1, restored: snapshot });
      expect(rest.records.map(({ split, offset }) => `${split}@${offset}`).sort()).toEqual(driver.records.slice(at).map(({ split, offset }) => `${split}@${offset}`).sort());
    }
  });

  it('passes over several aborted transactions in one fetch, and over one whose abort comes only with the next', async () => {
    const topic = await topics.topic('aborted', 1);
    const ids = [unique('t'), unique('t'), unique('t')];
    await topics.write(topic, 0, [{ value: 'plain-1' }]);
    for (const [index, id] of ids.entries()) {
      const lost = await topics.begin(id, topic);
      await topics.write(topic, 0, [{ value: `aborted-${index}-a` }, { value: `aborted-${index}-b` }], { transaction: lost });
      await topics.end(lost, false);
      const kept = await topics.begin(id, topic);
      await topics.write(topic, 0, [{ value: `committed-${index}` }], { transaction: kept });
      await topics.end(kept, true);
    }
    // Two producers at once, one of which is aborted.
    const [left, right] = [await topics.begin(ids[0]!, topic), await topics.begin(ids[1]!, topic)];
    await topics.write(topic, 0, [{ value: 'left-1' }], { transaction: left });
    await topics.write(topic, 0, [{ value: 'right-1' }], { transaction: right });
    await topics.write(topic, 0, [{ value: 'left-2' }], { transaction: left, sequence: 1 });
    await topics.end(left, false);
    await topics.write(topic, 0, [{ value: 'right-2' }], { transaction: right, sequence: 1 });
    await topics.end(right, true);
    await topics.write(topic, 0, [{ value: 'plain-2' }]);
    const seen = ['plain-1', 'committed-0', 'committed-1', 'committed-2', 'right-1', 'right-2', 'plain-2'];
    expect((await readAll(source({ topics: topic, stop: 'latest' }), { platform })).values).toEqual(seen);
    const all = await readAll(source({ topics: topic, stop: 'latest', isolation: 'read-uncommitted' }), { platform });
    expect(all.values).toHaveLength(seen.length + 6 + 2);
    // A fetch that begins in the middle of an aborted transaction.
    for (let from = 1; from < 16; from++) {
      const rest = await readAll(source({ topics: topic, stop: 'latest', start: { offsets: { [topic]: { 0: from } } } }), { platform });
      expect(seen.slice(seen.length - rest.values.length)).toEqual(rest.values);
    }
  });

  it('sees nothing of an open transaction, nor what comes behind it, until it has ended', async () => {
    const topic = await topics.topic('open', 1);
    const driver = await reading({ topics: topic });
    const transaction = await topics.begin(unique('t'), topic);
    // More than one fetch takes, so that the records and the abort come apart.
    for (let sequence = 0; sequence < 6; sequence++) await topics.write(topic, 0, [{ value: 'x'.repeat(900_000) }], { transaction, sequence });
    await topics.write(topic, 0, [{ value: 'behind' }]);
    for (let round = 0; round < 8; round++) {
      driver.poll();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(driver.records).toEqual([]);
    await topics.end(transaction, false);
    await take(driver, 1);
    expect(values(driver.records)).toEqual(['behind']);
    await driver.close();
  });

  it('asks the format before the first record, which knows topic and key, and ends with its refusal', async () => {
    const topic = await topics.topic('asked', 2);
    await topics.writeNumbers(topic, 0, 0, 5);
    const asked: string[] = [];
    const asking = (onKey: () => Promise<void>): Format<string> => ({
      ...raw(),
      createDecoder: (context) => ({ ...raw().createDecoder(context), start: () => (asked.push(`${context.topic} ${context.isKey === true}`), context.isKey === true ? onKey() : Promise.resolve()) }),
    });
    expect((await readAll(source({ topics: topic, stop: 'latest', format: asking(() => Promise.resolve()) }), { platform })).values).toEqual(numbers(0, 5));
    expect(asked).toContain(`${topic} false`);
    const refusing = asking(() => Promise.reject(new Error('the keys are other ones')));
    const messages = kafkaSource({ brokers: topics.brokers, topics: topic, stop: 'latest', format: kafkaMessages({ key: refusing, value: refusing }) });
    await expect(readAll(messages, { platform })).rejects.toThrow('the keys are other ones');
    expect(asked).toContain(`${topic} true`);
  });

  it('remembers where latest was for a partition that stayed empty', async () => {
    const topic = await topics.topic('latest', 2);
    const first = await reading({ topics: topic, start: 'latest' });
    first.poll();
    const snapshot = first.snapshot();
    await first.close();
    await topics.writeNumbers(topic, 0, 0, 3);
    await topics.writeNumbers(topic, 1, 0, 3);
    const second = await reading({ topics: topic, start: 'latest' }, snapshot);
    await take(second, 6);
    expect(values(second.records).sort()).toEqual([...numbers(0, 3), ...numbers(0, 3)].sort());
    await second.close();
  });

  it('leaves out the partitions of a topic that is no longer named', async () => {
    const [kept, dropped] = [await topics.topic('kept'), await topics.topic('dropped')];
    const first = await reading({ topics: [kept, dropped] });
    first.poll();
    const snapshot = first.snapshot();
    expect(snapshot.splits).toHaveLength(2);
    await first.close();
    await topics.writeNumbers(kept, 0, 0, 2);
    await topics.writeNumbers(dropped, 0, 0, 2);
    const second = await reading({ topics: [kept] }, snapshot);
    await take(second, 2);
    expect(second.readers[0]!.activeSplits()).toEqual([`${kept}-0`]);
    expect(second.records.every(({ split }) => split === `${kept}-0`)).toBe(true);
    await second.close();
  });

  it('ends where it would have ended when a bounded source is restored, though the topic has grown', async () => {
    const topic = await topics.topic('bounded', 1);
    await topics.writeNumbers(topic, 0, 0, 10);
    const driver = new SourceDriver<unknown, KafkaSplit>(source({ topics: topic, stop: 'latest' }), { platform, batchSize: 4 });
    await driver.start();
    await take(driver, 4);
    const snapshot = driver.snapshot();
    await driver.close();
    await topics.writeNumbers(topic, 0, 10, 20);
    expect((await readAll(source({ topics: topic, stop: 'latest' }), { platform, restored: snapshot })).values).toEqual(numbers(4, 10));
  });

  it('reads up to the end when a source without one is restored with one', async () => {
    const topic = await topics.topic('ended', 2);
    await topics.writeNumbers(topic, 0, 0, 10);
    const driver = new SourceDriver<unknown, KafkaSplit>(source({ topics: topic }), { platform, batchSize: 4 });
    await driver.start();
    await take(driver, 4);
    const snapshot = driver.snapshot();
    await driver.close();
    expect((await readAll(source({ topics: topic, stop: 'latest' }), { platform, restored: snapshot })).values).toEqual(numbers(4, 10));
  });

  it('says with a code that retention has removed the restored offset, or goes on where it is told to', async () => {
    const topic = await topics.topic('retention', 1, { 'segment.bytes': '1048576', 'retention.bytes': '1', 'file.delete.delay.ms': '0' });
    await topics.writeNumbers(topic, 0, 0, 4);
    const driver = await reading({ topics: topic });
    await take(driver, 2);
    const snapshot = driver.snapshot();
    await driver.close();
    // Two segments more, so that the first ones are retention's.
    for (let index = 0; index < 4; index++) await topics.write(topic, 0, [{ value: 'x'.repeat(700_000) }]);
    for (let tries = 0; tries < 100; tries++) {
      const [{ offset: first } = { offset: 0 }] = await topics.driver.listOffsets(1, [{ topic, partition: 0, timestamp: -2 }], false);
      if (first > 4) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const early = { ...snapshot, splits: snapshot.splits.map((split) => ({ ...split, offset: 2 })) };
    const failing = await reading({ topics: topic }, early);
    await expect(take(failing, 1)).rejects.toMatchObject({ code: 'MR-4007', what: expect.stringContaining('at offset 2') });
    await failing.close();
    const going = await reading({ topics: topic, onOffsetLost: 'earliest' }, early);
    await take(going, 1);
    expect(going.records[0]!.offset).toBeGreaterThan(4);
    await going.close();
  });

  it('finds new partitions and topics, and reads them from their first record', async () => {
    const prefix = unique('found');
    await topics.admin.createTopics([{ topic: `${prefix}-a`, partitions: 1, replicas: 1 }]);
    const driver = await reading({ topics: new RegExp(`${prefix}-.*`), start: 'latest', discovery: '100 ms' });
    await topics.admin.createTopics([{ topic: `${prefix}-b`, partitions: 2, replicas: 1, config: { 'retention.ms': '-1' } }, { topic: `other-${prefix}-b`, partitions: 1, replicas: 1 }]);
    await topics.writeNumbers(`${prefix}-b`, 1, 0, 3);
    await topics.writeNumbers(`other-${prefix}-b`, 0, 0, 3);
    await take(driver, 3);
    expect(driver.records.map(({ split }) => split)).toEqual(Array.from({ length: 3 }, () => `${prefix}-b-1`));
    await driver.close();
  });

  it('gives key, value, headers, timestamp and place to a format that asks', async () => {
    const topic = await topics.topic('messages', 1);
    await topics.write(topic, 0, [
      { key: 'k1', value: '{"n":1}', timestamp: 1_700_000_000_001, headers: [['trace', 'abc'], ['trace', null], ['raw', new Uint8Array([1, 2])]] },
      { key: 'k1', value: null, timestamp: 1_700_000_000_002 },
      { value: '{"n":2}', timestamp: 1_700_000_000_003 },
    ]);
    const all = await readAll(kafkaSource({ brokers: topics.brokers, topics: topic, stop: 'latest', format: kafkaMessages({ key: raw(), value: json() }) }), { platform });
    expect(all.values).toMatchObject([
      { key: 'k1', value: { n: 1 }, topic, partition: 0, offset: 0, timestamp: 1_700_000_000_001 },
      { key: 'k1', value: null, offset: 1, headers: [] },
      { key: null, value: { n: 2 }, offset: 2 },
    ]);
    expect(all.values[0]!.headers.map(({ name, value }) => [name, value === null ? null : [...value]])).toEqual([['trace', [97, 98, 99]], ['trace', null], ['raw', [1, 2]]]);
  });

  it('treats a record without a value as it is told', async () => {
    const topic = await topics.topic('tombstones', 1, { 'cleanup.policy': 'compact' });
    await topics.write(topic, 0, [{ key: 'a', value: 'one' }, { key: 'a', value: null }, { key: 'b', value: 'two' }]);
    await expect(readAll(source({ topics: topic, stop: 'latest' }), { platform })).rejects.toMatchObject({ code: 'MR-4011', where: { split: `${topic}-0`, offset: 1 } });
    expect((await readAll(source({ topics: topic, stop: 'latest', tombstones: 'skip' }), { platform })).values).toEqual(['one', 'two']);
    const deleted = source({ topics: topic, stop: 'latest', tombstones: ({ key }) => `deleted ${Buffer.from(key!).toString()}` });
    expect((await readAll(deleted, { platform })).values).toEqual(['one', 'deleted a', 'two']);
  });

  it('hands a poison record over as a dead letter, with its place', async () => {
    const topic = await topics.topic('poison', 1);
    await topics.write(topic, 0, [{ value: '{"n":1}' }, { value: '{broken' }, { value: '{"n":3}' }]);
    const dead = kafkaSource({ brokers: topics.brokers, topics: topic, stop: 'latest', format: json(undefined, { onError: 'deadLetter' }) });
    const { values: read, letters } = await readAll(dead, { platform, deadLetters: true });
    expect(read).toEqual([{ n: 1 }, { n: 3 }]);
    expect(letters).toMatchObject([{ split: `${topic}-0`, offset: 1 }]);
  });

  it('stops handing out a paused partition and goes on with it later', async () => {
    const topic = await topics.topic('paused', 2);
    const driver = await reading({ topics: topic });
    driver.readers[0]!.pauseSplits!([`${topic}-0`], []);
    await topics.writeNumbers(topic, 0, 0, 3);
    await topics.writeNumbers(topic, 1, 0, 3);
    await take(driver, 3);
    expect(new Set(driver.records.map(({ split }) => split))).toEqual(new Set([`${topic}-1`]));
    driver.readers[0]!.pauseSplits!([], [`${topic}-0`]);
    await take(driver, 6);
    await driver.close();
  });

  it('commits positions to the group at a checkpoint, and tells the lag', async () => {
    const topic = await topics.topic('group', 1);
    const group = unique('group');
    await topics.writeNumbers(topic, 0, 0, 9);
    const driver = new SourceDriver<unknown, KafkaSplit>(source({ topics: topic, group }), { platform, batchSize: 5 });
    await driver.start();
    await take(driver, 5);
    driver.snapshot(7);
    const lag = driver.metrics.snapshot().find(({ name }) => name === 'pendingRecords')!.metric;
    expect(lag).toMatchObject({ kind: 'gauge', value: 4 });
    driver.readers[0]!.checkpointComplete!(7);
    for (let tries = 0; tries < 50; tries++) {
      if ((await topics.admin.groupOffsets(group, topic)).length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await topics.admin.groupOffsets(group, topic)).toMatchObject([{ partition: 0, offset: 5 }]);
    await driver.close();
  });

  it('reads what the broker has packed with gzip, snappy, lz4 and zstd', async () => {
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
      const topic = await topics.topic(compression, 1, { 'compression.type': compression });
      await topics.writeNumbers(topic, 0, 0, 500);
      expect((await readAll(source({ topics: topic, stop: 'latest' }), { platform })).values).toEqual(numbers(0, 500));
    }
  });

  it('fails with a code for a missing topic, a missing partition, and a topic made anew', async () => {
    const missing = unique('missing');
    await expect(readAll(source({ topics: missing, stop: 'latest' }), { platform })).rejects.toMatchObject({ code: 'MR-4005', what: expect.stringContaining(missing) });
    const topic = await topics.topic('anew', 1);
    await expect(readAll(source({ topics: topic, stop: 'latest', partitions: { [topic]: [3] } }), { platform })).rejects.toMatchObject({ code: 'MR-4006' });
    const driver = await reading({ topics: topic });
    driver.poll();
    const snapshot = driver.snapshot();
    await driver.close();
    await topics.admin.deleteTopics([topic]);
    for (let tries = 0; tries < 50 && (await topics.admin.topics()).includes(topic); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    await topics.admin.createTopics([{ topic, partitions: 1, replicas: 1 }]);
    await expect(reading({ topics: topic }, snapshot)).rejects.toMatchObject({ code: 'MR-4008' });
  });
});
