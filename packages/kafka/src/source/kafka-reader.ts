import { MillraceError, WakeUp, type PollResult, type ReaderContext, type SourceBatch, type SourceReader } from '@millrace/core/spi';
import { isPassing, brokerErrorName } from '../driver/broker-errors.js';
import type { KafkaDriver, PartitionOffset } from '../driver/driver.js';
import { placesOf } from './offsets.js';
import { Fetcher } from './fetcher.js';
import type { KafkaSplit } from './kafka-split.js';
import { PartitionReader } from './partition-reader.js';
import { subscribed, type KafkaReading } from './source-options.js';

/** Checkpoints whose offsets are remembered until they are complete. */
const MOST_PENDING = 100;

/** Reads the partitions of one subtask side by side, a batch of each in turn. */
export class KafkaReader<T> implements SourceReader<T, KafkaSplit> {
  readonly #reading: KafkaReading<T>;
  readonly #context: ReaderContext;
  readonly #driver: KafkaDriver;
  readonly #fetcher: Fetcher;
  readonly #wakeUp: WakeUp;
  readonly #partitions: PartitionReader<T>[];
  /** Positions by checkpoint, for the group. */
  readonly #pending: Map<number, readonly PartitionOffset[]>;
  #active: readonly string[];
  #turn: number;
  #noMore: boolean;
  #committing: boolean;
  #failure: { readonly error: unknown } | undefined;

  constructor(reading: KafkaReading<T>, context: ReaderContext, driver: KafkaDriver) {
    this.#reading = reading;
    this.#context = context;
    this.#driver = driver;
    this.#wakeUp = new WakeUp();
    this.#fetcher = new Fetcher(reading as KafkaReading<unknown>, driver, context.platform, {
      fetched: () => this.#wakeUp.wake(),
      failed: (error) => {
        this.#failure = { error };
        this.#wakeUp.wake();
      },
    });
    this.#partitions = [];
    this.#pending = new Map();
    this.#active = [];
    this.#turn = 0;
    this.#noMore = false;
    this.#committing = false;
    this.#failure = undefined;
    context.metrics.gauge('pendingRecords', () => this.#lag());
  }

  start(): void {}

  addSplits(splits: readonly KafkaSplit[]): void {
    const kept = splits.filter(({ topic, partition }) => subscribed(this.#reading, topic, partition));
    for (const split of splits) {
      if (!kept.includes(split)) this.#context.logger.warn('a partition of the checkpoint is no longer read, because the source no longer names it', { split: split.id, offset: split.offset });
    }
    const readers = kept.map((split) => new PartitionReader(split, this.#reading, this.#context)).filter((reader) => !reader.isFinished);
    this.#partitions.push(...readers);
    for (const reader of readers) {
      this.#measure(reader);
      reader.start();
      if (reader.preparing !== undefined) this.#prepare(reader);
    }
    this.#changed();
    const endless = readers.filter((reader) => this.#reading.stop !== undefined && reader.end < 0);
    if (endless.length > 0) void this.#findEnds(endless);
    this.#fetcher.add(readers as unknown as readonly PartitionReader<unknown>[]);
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#wakeUp.wake();
  }

  poll(batch: SourceBatch<T>): PollResult {
    this.#wakeUp.clear();
    if (this.#failure !== undefined) throw this.#failure.error;
    for (let tries = this.#partitions.length; tries > 0; tries--) {
      if (this.#turn >= this.#partitions.length) this.#turn = 0;
      const partition = this.#partitions[this.#turn]!;
      if (partition.paused || partition.preparing !== undefined || !(partition.hasRecords || partition.isFinished)) {
        this.#turn++;
        continue;
      }
      batch.split = partition.split.id;
      const queued = partition.queuedBytes;
      partition.fill(batch);
      if (partition.preparing !== undefined) this.#prepare(partition);
      if (partition.isFinished) this.#finish(this.#turn);
      else this.#turn++;
      if (partition.queuedBytes < queued) this.#fetcher.pump();
      if (batch.length > 0) return 'more';
    }
    return this.#partitions.length === 0 && this.#noMore ? 'end' : 'nothing';
  }

  available(): Promise<void> {
    if (this.#failure !== undefined) return Promise.resolve();
    return this.#wakeUp.wait();
  }

  snapshot(checkpointId: number): readonly KafkaSplit[] {
    const splits = this.#partitions.map(({ current }) => current);
    if (this.#reading.group !== undefined) {
      this.#pending.set(checkpointId, splits.map(({ topic, partition, offset }) => ({ topic, partition, offset })));
      if (this.#pending.size > MOST_PENDING) this.#pending.delete([...this.#pending.keys()][0]!);
    }
    return splits;
  }

  activeSplits(): readonly string[] {
    return this.#active;
  }

  pauseSplits(pause: readonly string[], resume: readonly string[]): void {
    for (const partition of this.#partitions) {
      if (pause.includes(partition.split.id)) partition.paused = true;
      if (resume.includes(partition.split.id)) partition.paused = false;
    }
    this.#wakeUp.wake();
  }

  checkpointComplete(checkpointId: number): void {
    const offsets = this.#pending.get(checkpointId);
    for (const id of [...this.#pending.keys()]) if (id <= checkpointId) this.#pending.delete(id);
    if (offsets === undefined || offsets.length === 0 || this.#committing) return;
    this.#committing = true;
    void this.#tellGroup(this.#reading.group!, offsets).finally(() => (this.#committing = false));
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    this.#wakeUp.wake();
    await this.#driver.close();
  }

  /** Partitions of a checkpoint that was taken while the source had no end: it has one now. */
  async #findEnds(readers: readonly PartitionReader<T>[]): Promise<void> {
    const { connection, readCommitted, group, stop } = this.#reading;
    const { platform, signal } = this.#context;
    try {
      const ends = await placesOf({ driver: this.#driver, platform, signal, forMs: connection.outageMs, readCommitted, group }, stop!, readers.map(({ split }) => split));
      for (const reader of readers) reader.end = ends.find(({ topic, partition }) => topic === reader.split.topic && partition === reader.split.partition)?.offset ?? reader.position;
    } catch (error) {
      this.#failure = { error };
    }
    this.#wakeUp.wake();
  }

  /** For monitoring only: when it fails, nothing but a graph is wrong, and the next checkpoint tells again. */
  async #tellGroup(group: string, offsets: readonly PartitionOffset[]): Promise<void> {
    try {
      const answers = await this.#driver.commitOffsets(group, offsets);
      const failed = answers.find(({ error }) => error !== 0);
      if (failed === undefined) return;
      if (isPassing(failed.error)) this.#driver.forgetCoordinator('GROUP', group);
      this.#context.metrics.counter('commitsFailed').value++;
      this.#context.logger.warn('the offsets could not be committed to the group; reading does not depend on it', { group, reason: brokerErrorName(failed.error) });
    } catch (error) {
      this.#context.metrics.counter('commitsFailed').value++;
      this.#context.logger.warn('the offsets could not be committed to the group; reading does not depend on it', { group, reason: error instanceof MillraceError ? error.what : String(error) });
    }
  }

  /** The partition goes on when its format has what it asked for; when that fails, the reader does. */
  #prepare(partition: PartitionReader<T>): void {
    const goOn = (): void => {
      partition.preparing = undefined;
      this.#wakeUp.wake();
    };
    partition.preparing!.then(goOn, (error: unknown) => {
      this.#failure ??= { error };
      goOn();
    });
  }

  #finish(at: number): void {
    const [partition] = this.#partitions.splice(at, 1);
    this.#fetcher.remove(partition as unknown as PartitionReader<unknown>);
    this.#changed();
  }

  /** Records between where we are and the ends of the partitions; undefined until all have been looked at. */
  #lag(): number | undefined {
    if (this.#partitions.some(({ highWatermark }) => highWatermark < 0)) return undefined;
    return this.#partitions.reduce((sum, { highWatermark, position }) => sum + Math.max(0, highWatermark - position), 0);
  }

  #measure(reader: PartitionReader<T>): void {
    const { topic, partition } = reader.split;
    const metrics = this.#context.metrics.group('kafka').group(topic).group(String(partition));
    metrics.gauge('currentOffset', () => reader.position);
    metrics.gauge('lag', () => (reader.highWatermark < 0 ? undefined : Math.max(0, reader.highWatermark - reader.position)));
  }

  #changed(): void {
    this.#active = this.#partitions.map(({ split }) => split.id);
    this.#wakeUp.wake();
  }
}
