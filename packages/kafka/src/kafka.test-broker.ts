import { randomUUID } from 'node:crypto';
import { nodePlatform, type Platform } from '@millrace/core/spi';
import { BatchBuilder, stampBatch, type HeaderValue } from './batch/batch-builder.js';
import type { KafkaCompression } from './batch/compression.js';
import { connectionOf, type KafkaConnectionOptions } from './connection.js';
import type { ProducedPartition, Transaction } from './driver/driver.js';
import { KafkatsDriver } from './driver/kafkats-driver.js';
import { kafkaAdmin, type KafkaAdmin } from './admin.js';

/** A broker as `tools/services` gives it. */
export interface TestServer {
  readonly bootstrap: string;
  readonly internalBootstrap: string;
  readonly certificate: string;
  readonly users: Readonly<Record<string, string>>;
  start(options?: object): Promise<unknown>;
  stop(): Promise<unknown>;
  kill(): Promise<unknown>;
  freeze(): void;
  wake(): void;
  remove(): Promise<void>;
}

interface Services {
  kafkaUnavailable(): Promise<string | undefined>;
  sharedKafka(variant?: 'plain' | 'secured'): Promise<TestServer>;
  ownKafka(options?: object): Promise<TestServer>;
}

const services = (await import(new URL('../../../tools/services/for-tests.mjs', import.meta.url).href)) as Services;

/** Why tests against Kafka are skipped here, for `describe.skipIf`; undefined where they run. */
export const unavailable: string | undefined = await services.kafkaUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: ${unavailable}`);

export const sharedKafka = (variant?: 'plain' | 'secured'): Promise<TestServer> => services.sharedKafka(variant);
export const ownKafka = (options?: object): Promise<TestServer> => services.ownKafka(options);

export const platform: Platform = nodePlatform();

/** A name that no other test has. */
export const unique = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

/** A record to be written by a test. */
export interface TestRecord {
  readonly key?: string | null;
  readonly value: string | Uint8Array | null;
  readonly timestamp?: number;
  readonly headers?: readonly (readonly [string, HeaderValue])[];
}

/** Topics and raw requests for one test file. */
export class TestTopics {
  readonly driver: KafkatsDriver;
  readonly admin: KafkaAdmin;
  readonly #options: KafkaConnectionOptions;

  constructor(options: KafkaConnectionOptions) {
    this.#options = options;
    this.driver = new KafkatsDriver(connectionOf(options, 'test'), platform);
    this.admin = kafkaAdmin(options);
  }

  get brokers(): string {
    return String(this.#options.brokers);
  }

  /** Makes a topic of its own. */
  async topic(name: string, partitions: number = 1, config: Record<string, string> = {}): Promise<string> {
    const topic = unique(name);
    await this.admin.createTopics([{ topic, partitions, replicas: 1, config: { 'retention.ms': '-1', ...config } }]);
    return topic;
  }

  /** Writes one batch; gives the offset of its first record. */
  async write(topic: string, partition: number, records: readonly TestRecord[], options: { readonly transaction?: Transaction; readonly sequence?: number; readonly compression?: KafkaCompression } = {}): Promise<number> {
    const builder = new BatchBuilder();
    for (const { key = null, value, timestamp = 1_700_000_000_000, headers } of records) {
      builder.add(key === null ? null : Buffer.from(key), value === null ? null : Buffer.from(value), timestamp, headers);
    }
    const bytes = builder.seal(options.compression ?? 'none');
    const { transaction } = options;
    stampBatch(bytes, { producerId: transaction?.producerId ?? -1n, epoch: transaction?.epoch ?? -1, sequence: transaction === undefined ? -1 : (options.sequence ?? 0), transactional: transaction !== undefined });
    for (;;) {
      const answer = await this.#send(topic, partition, bytes, transaction);
      // A new topic's leader may not know yet that it is one.
      if ([3, 5, 6].includes(answer.error)) continue;
      if (answer.error !== 0) throw new Error(`produce: ${answer.error} ${answer.message ?? ''}`);
      return answer.baseOffset;
    }
  }

  async #send(topic: string, partition: number, bytes: Uint8Array, transaction: Transaction | undefined): Promise<ProducedPartition> {
    const [{ partitions } = { partitions: [] }] = await this.driver.metadata([topic]);
    const [answer] = await this.driver.produce(partitions[partition]!.leader, { transactionalId: transaction?.transactionalId ?? null, acks: -1, timeoutMs: 5000, batches: [{ topic, partition, bytes }] });
    return answer!;
  }

  /** Values of one topic and partition, from `from` to below `to`, as texts `v<n>`. */
  writeNumbers(topic: string, partition: number, from: number, to: number): Promise<number> {
    return this.write(topic, partition, Array.from({ length: to - from }, (_, index) => ({ value: `v${from + index}`, timestamp: 1_700_000_000_000 + from + index })));
  }

  /** Begins a transaction on some partitions. */
  async begin(transactionalId: string, topic: string, partitions: readonly number[] = [0], timeoutMs: number = 60_000): Promise<Transaction> {
    for (;;) {
      const { error, producerId, epoch } = await this.driver.initProducerId(transactionalId, timeoutMs);
      if (error === 51) continue;
      if (error !== 0) throw new Error(`init: ${error}`);
      const transaction = { transactionalId, producerId, epoch };
      let added = 51;
      while (added === 51) added = await this.driver.addPartitions(transaction, partitions.map((partition) => ({ topic, partition })));
      if (added !== 0) throw new Error(`add partitions: ${added}`);
      return transaction;
    }
  }

  async end(transaction: Transaction, commit: boolean): Promise<void> {
    const error = await this.driver.endTransaction(transaction, commit);
    if (error !== 0) throw new Error(`end: ${error}`);
  }

  async close(): Promise<void> {
    await this.driver.close();
    await this.admin.close();
  }
}
