import { nodePlatform, type Platform } from '@millrace/core/spi';
import { connectionOf, type KafkaConnectionOptions } from './connection.js';
import { BrokerError, isPassing } from './driver/broker-errors.js';
import type { AclEntry, NewTopic, PartitionOffset } from './driver/driver.js';
import { KafkatsDriver } from './driver/kafkats-driver.js';
import { refusal, trying, type Attempt } from './retries.js';
import { committed, offsetsAt, partitionsOf, type OffsetFinding } from './source/offsets.js';
import { LATEST } from './driver/driver.js';

/** Looks after topics, for set-up scripts and tests. Made by {@link kafkaAdmin}; close it when done. */
export interface KafkaAdmin {
  /** Creates topics and waits until they can be used. One that exists is an error unless `ifMissing`. */
  createTopics(topics: readonly NewTopic[], options?: { readonly ifMissing?: boolean }): Promise<void>;
  /** Deletes topics; one that does not exist is passed over. */
  deleteTopics(topics: readonly string[]): Promise<void>;
  /** Names of all topics that may be seen. */
  topics(): Promise<readonly string[]>;
  /** The end of each partition: the offset of the next record. */
  endOffsets(topic: string): Promise<readonly PartitionOffset[]>;
  /** What a group has committed for a topic. */
  groupOffsets(group: string, topic: string): Promise<readonly PartitionOffset[]>;
  /** Gives rights. */
  createAcls(acls: readonly AclEntry[]): Promise<void>;
  /** Transactional ids with an open transaction. */
  openTransactions(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * Connects to the brokers for looking after topics.
 *
 * @example
 * ```ts no-run needs a broker
 * import { kafkaAdmin } from '@millrace/kafka';
 *
 * const admin = kafkaAdmin({ brokers: 'localhost:9092' });
 * await admin.createTopics([{ topic: 'orders', partitions: 4 }], { ifMissing: true });
 * await admin.close();
 * ```
 */
export function kafkaAdmin(options: KafkaConnectionOptions): KafkaAdmin {
  const connection = connectionOf(options, 'kafkaAdmin');
  const platform: Platform = nodePlatform();
  const driver = new KafkatsDriver(connection, platform);
  const finding: OffsetFinding = { driver, platform, forMs: connection.outageMs, readCommitted: false, group: undefined };
  const tried = <T>(what: string, attempt: () => Promise<Attempt<T>>): Promise<T> => trying({ platform, forMs: connection.outageMs, what }, attempt);
  const ends = async (topic: string): Promise<readonly PartitionOffset[]> => {
    const [metadata] = await partitionsOf(finding, [topic]);
    return offsetsAt(finding, metadata!.partitions.map(({ partition }) => ({ topic, partition, timestamp: LATEST })));
  };
  return {
    async createTopics(topics, { ifMissing = false } = {}) {
      const results = await driver.createTopics(topics);
      for (const { topic, error, message } of results) {
        if (error !== 0 && !(ifMissing && error === BrokerError.topicExists)) throw refusal(error, 'creating the topic', topic, message);
      }
      await tried('waiting for the new topics', async () => {
        const found = await driver.metadata(topics.map(({ topic }) => topic));
        const late = found.find(({ error, partitions }) => error !== 0 || partitions.length === 0 || partitions.some(({ leader }) => leader < 0));
        return late === undefined ? { done: undefined } : { again: `the topic "${late.topic}" has no leader yet` };
      });
    },
    async deleteTopics(topics) {
      for (const { topic, error, message } of await driver.deleteTopics(topics)) {
        if (error !== 0 && error !== BrokerError.unknownTopicOrPartition) throw refusal(error, 'deleting the topic', topic, message);
      }
    },
    async topics() {
      return (await driver.metadata(undefined)).filter(({ internal }) => !internal).map(({ topic }) => topic);
    },
    endOffsets: ends,
    async groupOffsets(group, topic) {
      const [metadata] = await partitionsOf(finding, [topic]);
      return committed({ ...finding, group }, metadata!.partitions.map(({ partition }) => ({ topic, partition })));
    },
    async createAcls(acls) {
      await tried('creating ACLs', async () => {
        const error = (await driver.createAcls(acls)).find((code) => code !== 0) ?? 0;
        if (isPassing(error)) return { again: 'the broker is not ready' };
        if (error !== 0) throw refusal(error, 'creating ACLs', acls.map(({ name }) => name).join(', '));
        return { done: undefined };
      });
    },
    async openTransactions() {
      return (await driver.openTransactions()) ?? [];
    },
    close: () => driver.close(),
  };
}
