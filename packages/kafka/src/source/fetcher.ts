import type { Platform, TimerHandle } from '@millrace/core/spi';
import { cutBatches, unpacked, type FetchedBatch } from '../batch/batch-reader.js';
import { BrokerError, isPassing } from '../driver/broker-errors.js';
import { EARLIEST, LATEST, type FetchedPartition, type KafkaDriver, type TopicMetadata } from '../driver/driver.js';
import { BrokersUnreachable, OffsetLost, TopicRecreated } from '../errors.js';
import { refusal } from '../retries.js';
import { committedBatches } from './committed-filter.js';
import { offsetsAt } from './offsets.js';
import { PartitionLeaders } from './partition-leaders.js';
import type { PartitionReader } from './partition-reader.js';
import type { KafkaReading } from './source-options.js';

const PARTITION_BYTES = 1024 * 1024;
/** Fetched ahead of one partition before it has to wait. */
const AHEAD_BYTES = 2 * PARTITION_BYTES;
/** How long a broker waits for new records before it says that there are none. */
const LONG_WAIT_MS = 250;
/** The same while partitions that are left out, because enough of them is here, may soon want more. */
const SHORT_WAIT_MS = 10;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2000;

/** What the fetcher tells its reader. */
export interface FetchListener {
  /** Something was fetched. */
  fetched(): void;
  /** Fetching has failed for good. */
  failed(error: unknown): void;
}

/**
 * Keeps the partitions of one reader fetched ahead, within their limits, with one request under way per broker. Brokers that
 * go away, and leaders that move, are waited for up to the outage time-out, for each partition by itself: the others are
 * read on meanwhile.
 */
export class Fetcher {
  readonly #reading: KafkaReading<unknown>;
  readonly #driver: KafkaDriver;
  readonly #platform: Platform;
  readonly #listener: FetchListener;
  readonly #partitions: PartitionReader<unknown>[];
  readonly #leaders: PartitionLeaders;
  readonly #busy: Set<number>;
  #closed: boolean;
  /** Looks up leaders, or waits to do so. */
  #looking: boolean;
  #retryMs: number;
  #timer: TimerHandle | undefined;

  constructor(reading: KafkaReading<unknown>, driver: KafkaDriver, platform: Platform, listener: FetchListener) {
    this.#reading = reading;
    this.#driver = driver;
    this.#platform = platform;
    this.#listener = listener;
    this.#partitions = [];
    this.#leaders = new PartitionLeaders();
    this.#busy = new Set();
    this.#closed = false;
    this.#looking = false;
    this.#retryMs = FIRST_RETRY_MS;
    this.#timer = undefined;
  }

  /** Fetches these, too. */
  add(partitions: readonly PartitionReader<unknown>[]): void {
    this.#partitions.push(...partitions);
    this.pump();
  }

  /** Stops fetching it. */
  remove(partition: PartitionReader<unknown>): void {
    const at = this.#partitions.indexOf(partition);
    if (at >= 0) this.#partitions.splice(at, 1);
    this.#leaders.forget(partition.split.id);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** Sends what requests are due. Called when there is room again. */
  pump(): void {
    if (this.#closed) return;
    const byNode = new Map<number, PartitionReader<unknown>[]>();
    let leaderless = false;
    for (const partition of this.#wanted()) {
      const node = this.#leaders.nodeOf(partition.split.id);
      if (node === undefined) leaderless = true;
      else if (byNode.has(node)) byNode.get(node)!.push(partition);
      else byNode.set(node, [partition]);
    }
    for (const [node, partitions] of byNode) if (!this.#busy.has(node)) void this.#fetch(node, partitions);
    if (leaderless && !this.#looking) {
      this.#looking = true;
      void this.#look();
    }
  }

  #wanted(): readonly PartitionReader<unknown>[] {
    const queued = this.#partitions.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0);
    if (queued >= this.#reading.fetchBytes) return [];
    const ahead = Math.min(AHEAD_BYTES, this.#reading.fetchBytes);
    return this.#partitions.filter((partition) => !partition.fetching && !partition.isFetched && partition.queuedBytes < ahead);
  }

  async #fetch(node: number, partitions: readonly PartitionReader<unknown>[]): Promise<void> {
    this.#busy.add(node);
    for (const partition of partitions) partition.fetching = true;
    const all = this.#partitions.every((partition) => partition.fetching || partition.isFetched || this.#leaders.nodeOf(partition.split.id) === undefined);
    try {
      const answers = await this.#driver.fetch(node, {
        maxWaitMs: all ? LONG_WAIT_MS : SHORT_WAIT_MS,
        maxBytes: Math.max(PARTITION_BYTES, Math.min(this.#reading.fetchBytes / 2, 8 * PARTITION_BYTES)),
        readCommitted: this.#reading.readCommitted,
        partitions: partitions.map(({ split: { topic, partition }, fetchOffset }) => ({ topic, partition, offset: fetchOffset, maxBytes: PARTITION_BYTES })),
      });
      if (this.#closed) return;
      for (const answer of answers) {
        const partition = partitions.find(({ split }) => split.topic === answer.topic && split.partition === answer.partition);
        if (partition !== undefined && this.#partitions.includes(partition)) await this.#take(partition, answer);
      }
      // Whoever came first had the room: next time the others do.
      for (const partition of partitions) if (this.#partitions.includes(partition)) this.#partitions.push(...this.#partitions.splice(this.#partitions.indexOf(partition), 1));
    } catch (error) {
      if (!BrokersUnreachable.is(error)) this.#fail(error);
      else for (const partition of partitions) this.#failed(partition, error.what);
    } finally {
      this.#busy.delete(node);
      for (const partition of partitions) partition.fetching = false;
      this.#listener.fetched();
      if (!this.#leaders.well) this.#lookAgain();
      this.pump();
    }
  }

  /** Takes what came for one partition, or notes that it must be asked again, and perhaps somebody else. */
  async #take(partition: PartitionReader<unknown>, answer: FetchedPartition): Promise<void> {
    const { split, fetchOffset } = partition;
    if (answer.error === BrokerError.offsetOutOfRange) {
      await this.#outOfRange(partition);
      return this.#leaders.succeeded(split.id);
    }
    if (isPassing(answer.error)) return this.#failed(partition, `the leader of ${split.id} is changing, or the topic was deleted`);
    if (answer.error !== 0) throw refusal(answer.error, 'reading', split.topic);
    this.#leaders.succeeded(split.id);
    partition.highWatermark = this.#reading.readCommitted ? answer.lastStableOffset : answer.highWatermark;
    if (answer.records.length === 0) return;
    const where = `${split.id} at offset ${fetchOffset}`;
    const cut = cutBatches(answer.records, where);
    if (cut.length === 0) return;
    const seen = this.#reading.readCommitted ? committedBatches(cut, answer.aborted) : cut;
    const batches: FetchedBatch[] = [];
    for (const batch of seen) if (batch.lastOffset >= fetchOffset) batches.push(batch.compression === 0 || batch.control ? batch : await unpacked(batch, where));
    partition.push(batches, heldBytes(answer.records, batches), cut[cut.length - 1]!.lastOffset + 1);
  }

  async #outOfRange(partition: PartitionReader<unknown>): Promise<void> {
    const { split, fetchOffset } = partition;
    const { onOffsetLost, connection, readCommitted } = this.#reading;
    const finding = { driver: this.#driver, platform: this.#platform, forMs: connection.outageMs, readCommitted: false, group: undefined };
    const place = { topic: split.topic, partition: split.partition };
    const [first] = await offsetsAt(finding, [{ ...place, timestamp: EARLIEST }]);
    const [end] = await offsetsAt({ ...finding, readCommitted }, [{ ...place, timestamp: LATEST }]);
    const numbers = `reading ${split.id} is to go on at offset ${fetchOffset}, and the partition has the offsets ${first!.offset} to ${end!.offset}`;
    if (fetchOffset >= first!.offset && fetchOffset <= end!.offset) return;
    if (onOffsetLost === 'fail') throw OffsetLost.error({ what: numbers });
    if (!partition.hasRecords) partition.moveTo(onOffsetLost === 'earliest' ? first!.offset : end!.offset);
  }

  /** Finds out who leads. */
  async #look(): Promise<void> {
    try {
      const topics = [...new Set(this.#partitions.map(({ split }) => split.topic))];
      const found = await this.#driver.metadata(topics);
      if (this.#closed) return;
      const wanted = this.#wanted();
      for (const partition of this.#partitions) this.#note(partition, found, wanted.includes(partition));
    } catch (error) {
      if (!BrokersUnreachable.is(error)) return this.#fail(error);
      for (const partition of this.#partitions) if (this.#leaders.nodeOf(partition.split.id) === undefined) this.#failed(partition, error.what);
    }
    this.#looking = false;
    if (this.#leaders.well) this.#retryMs = FIRST_RETRY_MS;
    else this.#lookAgain();
    this.pump();
  }

  #note(partition: PartitionReader<unknown>, found: readonly TopicMetadata[], isWanted: boolean): void {
    const { split } = partition;
    const metadata = found.find(({ topic }) => topic === split.topic);
    if (metadata !== undefined && metadata.error !== 0 && !isPassing(metadata.error)) throw refusal(metadata.error, 'reading', split.topic);
    if (metadata?.error === 0 && metadata.topicId !== split.topicId) throw TopicRecreated.error({ what: `the topic "${split.topic}" has the id ${metadata.topicId}, and had ${split.topicId} when reading began` });
    const leader = metadata?.partitions.find((one) => one.partition === split.partition)?.leader ?? -1;
    if (leader >= 0) {
      this.#leaders.found(split.id, leader);
      // Nobody will try it soon, so what failed says nothing about now.
      if (!isWanted && !partition.fetching) this.#leaders.succeeded(split.id);
      return;
    }
    if (metadata?.error === BrokerError.unknownTopicOrPartition) this.#failed(partition, `the topic "${split.topic}" does not exist any more`, true);
    else this.#failed(partition, 'the partition has no leader');
  }

  /** After a moment the leaders are looked up again; a partition that has failed for too long ends it. */
  #lookAgain(): void {
    if (this.#closed) return;
    const overdue = this.#leaders.overdue(this.#platform.clock.monotonicMs(), this.#reading.connection.outageMs);
    if (overdue !== undefined) return this.#fail(overdue);
    if (this.#looking) return;
    this.#looking = true;
    this.#timer = this.#platform.timers.setTimer(this.#retryMs, () => void this.#look());
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }

  #failed(partition: PartitionReader<unknown>, reason: string, topicMissing: boolean = false): void {
    if (!this.#partitions.includes(partition)) return;
    const { split } = partition;
    this.#leaders.failed(split.id, reason, this.#platform.clock.monotonicMs(), topicMissing);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.failed(error);
  }
}

/** Bytes that a fetch holds until it is decoded: what came, and what packed batches were unpacked to. */
export function heldBytes(came: Uint8Array, batches: readonly FetchedBatch[]): number {
  return batches.reduce((sum, { bytes, records }) => (records === bytes ? sum : sum + records.length), came.length);
}
