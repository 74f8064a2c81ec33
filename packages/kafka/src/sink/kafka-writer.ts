import { ByteWriter, type Encoder, type SinkWriter, type WriteContext, type WriterContext } from '@millrace/core/spi';
import { KeyMissing, PartitionMissing, TopicNotDeclared, TransactionalPrefixTaken } from '../errors.js';
import { LATEST } from '../driver/driver.js';
import { trying } from '../retries.js';
import { offsetsAt, partitionsOf } from '../source/offsets.js';
import type { KafkaCommittable } from './kafka-committer.js';
import { partitionOfKey } from './partitioner.js';
import { Sender } from './sender.js';
import type { KafkaKey, KafkaWriting } from './sink-options.js';
import type { SinkShared } from './sink-shared.js';
import { TopicWriter, type UnsentBatch } from './topic-writer.js';
import { TransactionWriter } from './transaction-writer.js';
import { whatHolds } from './what-holds.js';

const START_MS = 15_000;
/** Without checkpoints an unbounded job commits so often. */
const ROLL_MS = 1000;

/** What a checkpoint keeps of one writer. */
export interface KafkaWriterState {
  readonly prefix: string;
  readonly subtask: number;
  /** Ids of transactions that the checkpoint holds. */
  readonly held: readonly string[];
  /** Records that came after the last transaction was handed out and before the next one was ready. */
  readonly unsent: readonly UnsentBatch[];
}

/** Prefixes in use in this thread, by brokers and subtask. */
const taken = new Set<string>();

/** Writes the records of one subtask: encodes, chooses partitions, fills batches. The rest is the sender's. */
export class KafkaWriter<T> implements SinkWriter<T, KafkaCommittable, KafkaWriterState> {
  readonly stateMode = 'union';
  readonly #writing: KafkaWriting<T>;
  readonly #context: WriterContext;
  readonly #restored: readonly KafkaWriterState[];
  readonly #shared: SinkShared;
  readonly #sender: Sender;
  #encoder: Encoder<T>;
  /** By topic, where each has an encoder of its own: a schema is registered under the name of the topic. */
  readonly #encoders: Map<string, Encoder<T>>;
  readonly #scratch: ByteWriter;
  readonly #topics: Map<string, TopicWriter>;
  #transactions: TransactionWriter | undefined;
  #only: TopicWriter | undefined;
  #claim: string | undefined;
  #lingering: boolean;
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #ending: boolean;
  #rolledAt: number;

  constructor(writing: KafkaWriting<T>, context: WriterContext, restored: readonly KafkaWriterState[], shared: SinkShared) {
    this.#writing = writing;
    this.#context = context;
    this.#restored = restored;
    this.#shared = shared;
    this.#encoder = writing.format.createEncoder();
    this.#scratch = new ByteWriter(1024);
    this.#encoders = new Map();
    this.#topics = new Map();
    this.#transactions = undefined;
    this.#only = undefined;
    this.#claim = undefined;
    this.#lingering = false;
    this.#drained = undefined;
    this.#ending = false;
    this.#rolledAt = 0;
    this.#sender = new Sender({
      driver: shared.driver,
      platform: context.platform,
      signal: context.signal,
      acks: writing.guarantee === 'none' ? 1 : -1,
      outageMs: writing.connection.outageMs,
      changed: () => this.#progress(),
    });
  }

  async start(): Promise<void> {
    const { connection, guarantee, topics } = this.#writing;
    const { driver } = this.#shared;
    const { platform, signal, logger, subtask } = this.#context;
    await this.#startEncoders();
    if (guarantee === 'exactly-once') this.#claimPrefix();
    await trying({ platform, signal, forMs: Math.min(START_MS, connection.outageMs), what: 'connecting to Kafka' }, async () => {
      await driver.connect();
      return { done: undefined };
    });
    const finding = { driver, platform, signal, forMs: connection.outageMs, readCommitted: false, group: undefined };
    const metadata = await partitionsOf(finding, topics);
    const ends = await offsetsAt(finding, metadata.flatMap(({ topic, partitions }) => partitions.map(({ partition }) => ({ topic, partition, timestamp: LATEST }))));
    if (guarantee === 'exactly-once') await this.#startTransactions();
    for (const { topic, partitions } of metadata) {
      for (const { partition, leader } of partitions) {
        this.#sender.addLane({ topic, partition }, leader, ends.find((one) => one.topic === topic && one.partition === partition)!.offset);
      }
      this.#topics.set(topic, new TopicWriter(topic, partitions.length, this.#writing.compression, this.#sender));
    }
    if (this.#writing.topicOf === undefined) this.#only = this.#topics.get(topics[0]!);
    this.#writeLost();
    if (subtask === 0) {
      logger.info('what is written to Kafka holds', { ...whatHolds({ topics, guarantee, prefix: this.#transactions?.prefix, checkpoints: this.#context.checkpoints }) });
    }
  }

  write(value: T, context: WriteContext): void {
    if (this.#sender.failure !== undefined) throw this.#sender.failure.error;
    const { topicOf, key, isDeleted, partitioner, headers, batchBytes, upsert } = this.#writing;
    const topic = topicOf === undefined ? this.#only! : this.#topicOf(topicOf(value));
    const keyBytes = key === undefined ? null : bytesOfKey(key(value));
    if (upsert && keyBytes === null) throw KeyMissing.error({ what: `a record for the compacted topic "${topic.topic}" has no key` });
    let bytes: Uint8Array | null = null;
    if (isDeleted === undefined || !isDeleted(value)) {
      this.#scratch.reset();
      if (this.#encoders.size > 0) this.#encoder = this.#encoders.get(topic.topic)!;
      this.#encoder.encode(value, this.#scratch);
      bytes = this.#scratch.view();
    }
    const partition = partitioner === undefined ? (keyBytes === null ? topic.nextPartition : partitionOfKey(keyBytes, topic.partitions)) : checkedPartition(partitioner(value, keyBytes, topic.partitions), topic);
    const header = headers?.(value);
    const size = topic.add(partition, keyBytes, bytes, this.#timestampOf(value, context), header === undefined ? undefined : Object.entries(header));
    this.#transactions?.wrote();
    if (size >= batchBytes && this.#canSeal) topic.seal(partition, this.#transactions);
    else if (!this.#lingering) this.#linger();
  }

  isFull(): boolean {
    return this.#sender.failure !== undefined || this.#sender.pendingBytes >= this.#writing.bufferBytes || this.#transactions?.isReady === false;
  }

  drained(): Promise<void> {
    if (this.#sender.failure !== undefined) return Promise.reject(this.#sender.failure.error);
    if (!this.isFull()) return Promise.resolve();
    if (this.#drained === undefined) {
      let resolve!: () => void;
      let reject!: (error: unknown) => void;
      const promise = new Promise<void>((done, failed) => {
        resolve = done;
        reject = failed;
      });
      this.#drained = { promise, resolve, reject };
    }
    return this.#drained.promise;
  }

  tick(now: number): void {
    if (this.#sender.failure !== undefined) throw this.#sender.failure.error;
    const { checkpoints, bounded } = this.#context;
    if (checkpoints || bounded || this.#transactions === undefined || now - this.#rolledAt < ROLL_MS) return;
    this.#rolledAt = now;
    this.#sealAll();
    this.#transactions.roll(this.#sender.written());
  }

  flush(endOfInput: boolean): Promise<void> | void {
    this.#sealAll();
    this.#ending ||= endOfInput;
    if (this.#writing.guarantee === 'none' && !endOfInput) return undefined;
    return this.#sender.written();
  }

  prepareCommit(checkpointId: number): readonly KafkaCommittable[] {
    if (this.#transactions === undefined) return [];
    const { checkpoints, bounded } = this.#context;
    if (!checkpoints && !bounded) return this.#transactions.rolled(checkpointId);
    // Without checkpoints a bounded job commits at its end only.
    return checkpoints || this.#ending ? this.#transactions.prepare(checkpointId) : [];
  }

  snapshot(): readonly KafkaWriterState[] {
    if (this.#transactions === undefined) return [];
    const unsent = this.#canSeal ? [] : [...this.#topics.values()].flatMap((topic) => topic.unsent());
    return [{ prefix: this.#transactions.prefix, subtask: this.#context.subtask, held: this.#transactions.held, unsent }];
  }

  async close(): Promise<void> {
    this.#sender.close();
    await this.#transactions?.close();
    await this.#shared.driver.close();
    if (this.#claim !== undefined) taken.delete(this.#claim);
  }

  async #startEncoders(): Promise<void> {
    if (this.#encoder.start === undefined) return;
    const { topics, format } = this.#writing;
    if (topics.length === 1) return this.#encoder.start({ topic: topics[0]! });
    for (const topic of topics) {
      const encoder = format.createEncoder();
      await encoder.start!({ topic });
      this.#encoders.set(topic, encoder);
    }
  }

  get #prefix(): string {
    const { prefix } = this.#writing;
    return prefix ?? `${this.#context.job}-${this.#context.operator}`.replace(/[^\w.-]+/g, '-');
  }

  #claimPrefix(): void {
    const claim = `${this.#writing.connection.brokers.join(',')}/${this.#prefix}/${this.#context.subtask}`;
    if (taken.has(claim)) throw TransactionalPrefixTaken.error({ what: `the transactional prefix "${this.#prefix}" of the sink "${this.#context.operator}" is used by another sink` });
    taken.add(claim);
    this.#claim = claim;
  }

  async #startTransactions(): Promise<void> {
    this.#transactions = new TransactionWriter({
      shared: this.#shared,
      context: this.#context,
      prefix: this.#prefix,
      timeoutMs: this.#writing.transactionTimeoutMs,
      outageMs: this.#writing.connection.outageMs,
      keepRecords: this.#writing.keepRecords && this.#context.checkpoints,
      held: this.#restored.filter(({ prefix }) => prefix === this.#prefix).flatMap(({ held }) => held),
      changed: () => this.#progress(),
      failed: (error) => {
        this.#sender.failure ??= { error };
        this.#progress();
      },
    });
    await this.#transactions.start();
  }

  /** What the restored checkpoint holds and no transaction goes first. */
  #writeLost(): void {
    const { subtask, parallelism } = this.#context;
    const unsent = this.#restored.filter((state) => state.subtask % parallelism === subtask).flatMap((state) => state.unsent);
    for (const { topic, partition, bytes } of unsent) this.#topicOf(topic).resend(partition, bytes, this.#transactions);
    for (const { topic, partition, bytes } of this.#shared.lost.splice(0)) this.#topicOf(topic).resend(partition, bytes, this.#transactions);
  }

  #topicOf(name: string): TopicWriter {
    const topic = this.#topics.get(name);
    if (topic !== undefined) return topic;
    throw TopicNotDeclared.error({ what: `a record goes to the topic "${String(name)}", and topics has ${this.#writing.topics.join(', ')}` });
  }

  #timestampOf(value: T, context: WriteContext): number {
    const { timestamp } = this.#writing;
    const chosen = typeof timestamp === 'function' ? timestamp(value) : timestamp === 'event' ? context.timestamp : Number.NaN;
    return Number.isFinite(chosen) && chosen >= 0 ? Math.floor(chosen) : this.#context.platform.clock.now();
  }

  /** At the moments when the next transaction is still being made ready, records wait in their batches. */
  get #canSeal(): boolean {
    return this.#transactions?.isReady !== false;
  }

  #sealAll(): void {
    if (!this.#canSeal) return;
    for (const topic of this.#topics.values()) topic.sealAll(this.#transactions);
  }

  /** After a moment what lies in half-filled batches goes out, unless the partition still has others under way. */
  #linger(): void {
    this.#lingering = true;
    this.#context.platform.timers.setTimer(this.#writing.lingerMs, () => {
      this.#lingering = false;
      if (!this.#canSeal) return this.#linger();
      let left = false;
      for (const topic of this.#topics.values()) if (topic.sealIdle(this.#transactions)) left = true;
      if (left) this.#linger();
    });
  }

  #progress(): void {
    const drained = this.#drained;
    if (drained === undefined) return;
    if (this.#sender.failure !== undefined) drained.reject(this.#sender.failure.error);
    else if (this.isFull()) return;
    else drained.resolve();
    this.#drained = undefined;
  }
}

function bytesOfKey(key: KafkaKey): Uint8Array | null {
  if (key === null || key === undefined) return null;
  return typeof key === 'object' ? key : Buffer.from(String(key), 'utf8');
}

function checkedPartition(partition: number, { topic, partitions }: TopicWriter): number {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition;
  throw PartitionMissing.error({ what: `the partitioner chose partition ${String(partition)} of "${topic}", which has ${partitions}` });
}
