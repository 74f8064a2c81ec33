import type { EnumeratorContext, SplitEnumerator, TimerHandle } from '@millrace/core/spi';
import { BrokerError } from '../driver/broker-errors.js';
import type { KafkaDriver, TopicMetadata, TopicPartition } from '../driver/driver.js';
import { BrokersUnreachable, PartitionMissing, TopicMissing, TopicRecreated } from '../errors.js';
import { refusal, trying } from '../retries.js';
import { splitId, type KafkaSplit } from './kafka-split.js';
import { partitionsOf, placesOf, type OffsetFinding } from './offsets.js';
import { matchesPattern, subscribed, type KafkaReading } from './source-options.js';

/** At the start of a job brokers that do not answer are given up sooner: somebody is waiting. */
const START_MS = 15_000;

/** What a checkpoint keeps of the enumerator: the partitions that were dealt out, by topic, so that none is dealt twice. */
export interface KafkaEnumeratorState {
  readonly topics: readonly { readonly topic: string; readonly topicId: string; readonly partitions: readonly number[] }[];
}

/**
 * Finds partitions and deals them out: where each starts is fixed here, once, as an offset. So `latest` means the same after
 * a restart, also for a partition that was empty. Partitions stay with the reader they were dealt to.
 */
export class KafkaEnumerator implements SplitEnumerator<KafkaSplit> {
  readonly #reading: KafkaReading<unknown>;
  readonly #context: EnumeratorContext<KafkaSplit>;
  readonly #driver: KafkaDriver;
  /** Partitions dealt out, by topic. */
  readonly #dealt: Map<string, { topicId: string; partitions: Set<number> }>;
  readonly #isRestored: boolean;
  #timer: TimerHandle | undefined;
  #closed: boolean;

  constructor(reading: KafkaReading<unknown>, context: EnumeratorContext<KafkaSplit>, restored: unknown, driver: KafkaDriver) {
    this.#reading = reading;
    this.#context = context;
    this.#driver = driver;
    this.#isRestored = restored !== undefined;
    this.#dealt = new Map();
    for (const { topic, topicId, partitions } of (restored as KafkaEnumeratorState | undefined)?.topics ?? []) {
      // What is no longer read is forgotten: its readers leave it out as well.
      const kept = partitions.filter((partition) => subscribed(reading, topic, partition));
      if (kept.length > 0) this.#dealt.set(topic, { topicId, partitions: new Set(kept) });
    }
    this.#timer = undefined;
    this.#closed = false;
  }

  async start(): Promise<void> {
    await trying({ platform: this.#context.platform, signal: this.#context.signal, forMs: Math.min(START_MS, this.#reading.connection.outageMs), what: 'connecting to Kafka' }, async () => {
      await this.#driver.connect();
      return { done: undefined };
    });
    const found = await this.#find();
    for (const { topic, topicId } of found) this.#checkSame(topic, topicId);
    // A bounded source has its splits once and for all: what was added since would make a restarted job read more.
    if (!this.#isRestored || this.#reading.stop === undefined) await this.#deal(found, !this.#isRestored);
    this.#discoverLater();
  }

  splitRequested(subtask: number): void {
    if (this.#reading.stop !== undefined) this.#context.noMoreSplits(subtask);
  }

  splitsReturned(splits: readonly KafkaSplit[]): void {
    for (const split of splits) this.#context.assign(this.#ownerOf(split), [split]);
  }

  snapshot(): KafkaEnumeratorState {
    return { topics: [...this.#dealt].map(([topic, { topicId, partitions }]) => ({ topic, topicId, partitions: [...partitions] })) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#driver.close();
  }

  get #finding(): OffsetFinding {
    const { connection, readCommitted, group } = this.#reading;
    return { driver: this.#driver, platform: this.#context.platform, signal: this.#context.signal, forMs: connection.outageMs, readCommitted, group };
  }

  /** All topics of the subscription, as they are now. */
  async #find(): Promise<readonly TopicMetadata[]> {
    const { topics, stop } = this.#reading;
    if (!(topics instanceof RegExp)) return partitionsOf(this.#finding, topics);
    const all = await this.#driver.metadata(undefined);
    const denied = all.find(({ topic, error }) => error !== 0 && error !== BrokerError.leaderNotAvailable && matchesPattern(topics, topic));
    if (denied !== undefined) throw refusal(denied.error, 'reading the topic', denied.topic);
    const names = all.filter(({ topic, internal }) => !internal && matchesPattern(topics, topic)).map(({ topic }) => topic);
    if (names.length > 0) return partitionsOf(this.#finding, names);
    if (stop !== undefined) throw TopicMissing.error({ what: `no topic matches ${String(topics)}` });
    this.#context.logger.warn('no topic matches the pattern yet', { pattern: String(topics) });
    return [];
  }

  /** Deals out what is new. At a fresh start it begins where the options say, later with its first record. */
  async #deal(found: readonly TopicMetadata[], fresh: boolean): Promise<void> {
    for (const { topic, topicId } of found) this.#checkSame(topic, topicId);
    const added = found.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition })).filter((one) => subscribed(this.#reading, one.topic, one.partition) && this.#dealt.get(one.topic)?.partitions.has(one.partition) !== true));
    if (fresh) this.#checkPartitions(found);
    if (added.length === 0) return;
    const starts = await placesOf(this.#finding, fresh ? this.#reading.start : 'earliest', added);
    const ends = this.#reading.stop === undefined ? [] : await placesOf(this.#finding, this.#reading.stop, added);
    if (this.#closed) return;
    const at = (places: typeof starts, one: TopicPartition): number => places.find(({ topic, partition }) => topic === one.topic && partition === one.partition)?.offset ?? -1;
    for (const one of added) {
      const topicId = found.find(({ topic }) => topic === one.topic)!.topicId;
      const split: KafkaSplit = { id: splitId(one.topic, one.partition), ...one, topicId, offset: at(starts, one), skip: 0, end: at(ends, one) };
      const dealt = this.#dealt.get(one.topic) ?? { topicId, partitions: new Set<number>() };
      this.#dealt.set(one.topic, dealt);
      dealt.partitions.add(one.partition);
      this.#context.assign(this.#ownerOf(split), [split]);
    }
    if (!fresh) this.#context.logger.info('new partitions are read from their first record', { partitions: added.map(({ topic, partition }) => splitId(topic, partition)).join(', ') });
  }

  #checkSame(topic: string, topicId: string): void {
    const dealt = this.#dealt.get(topic);
    if (dealt !== undefined && dealt.topicId !== topicId) throw TopicRecreated.error({ what: `the topic "${topic}" has the id ${topicId}, and had ${dealt.topicId} when reading began` });
  }

  #checkPartitions(found: readonly TopicMetadata[]): void {
    for (const [topic, wanted] of Object.entries(this.#reading.partitions ?? {})) {
      const metadata = found.find((one) => one.topic === topic);
      const missing = wanted.find((partition) => metadata?.partitions.some((one) => one.partition === partition) !== true);
      if (metadata !== undefined && missing !== undefined) throw PartitionMissing.error({ what: `the topic "${topic}" has ${metadata.partitions.length} partitions, and partition ${missing} is to be read` });
    }
  }

  /** Partitions of a topic go round the subtasks, each topic beginning with another one. */
  #ownerOf({ topic, partition }: TopicPartition): number {
    let hash = 0;
    for (let at = 0; at < topic.length; at++) hash = (Math.imul(hash, 31) + topic.charCodeAt(at)) >>> 0;
    return (hash + partition) % this.#context.parallelism;
  }

  #discoverLater(): void {
    const { discoveryMs } = this.#reading;
    if (this.#closed || discoveryMs === Infinity) return;
    this.#timer = this.#context.platform.timers.setTimer(discoveryMs, () => void this.#discover(), { keepsAlive: false });
  }

  async #discover(): Promise<void> {
    try {
      await this.#deal(await this.#find(), false);
    } catch (error) {
      if (this.#closed) return;
      // The readers find out by themselves whether the brokers stay away.
      if (!BrokersUnreachable.is(error)) return this.#context.fail(error);
      this.#context.logger.warn('looking for new partitions failed; it is tried again', { reason: error.what });
    }
    this.#discoverLater();
  }
}
