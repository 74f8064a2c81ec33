import { BatchBuilder, NO_PRODUCER, recordCount, stampBatch, type HeaderValue } from '../batch/batch-builder.js';
import type { KafkaCompression } from '../batch/compression.js';
import type { TopicPartition } from '../driver/driver.js';
import type { Sender } from './sender.js';
import type { TransactionWriter } from './transaction-writer.js';

/** A sealed batch that belongs to no transaction yet. */
export interface UnsentBatch extends TopicPartition {
  readonly bytes: Uint8Array;
}

/** The batches of one topic that are being filled, one per partition. */
export class TopicWriter {
  readonly topic: string;
  readonly partitions: number;
  /** Where records without a key go until that partition's batch is full. */
  nextPartition: number;
  readonly #compression: KafkaCompression;
  readonly #sender: Sender;
  readonly #builders: (BatchBuilder | undefined)[];

  constructor(topic: string, partitions: number, compression: KafkaCompression, sender: Sender) {
    this.topic = topic;
    this.partitions = partitions;
    this.nextPartition = 0;
    this.#compression = compression;
    this.#sender = sender;
    this.#builders = Array.from({ length: partitions });
  }

  /** Adds a record; gives the size of its batch. */
  add(partition: number, key: Uint8Array | null, value: Uint8Array | null, timestamp: number, headers: readonly (readonly [string, HeaderValue])[] | undefined): number {
    const builder = (this.#builders[partition] ??= new BatchBuilder());
    builder.add(key, value, timestamp, headers);
    return builder.byteLength;
  }

  /** Sends a partition's batch, if it has one. */
  seal(partition: number, transactions: TransactionWriter | undefined): void {
    const builder = this.#builders[partition];
    if (builder === undefined) return;
    this.#builders[partition] = undefined;
    if (partition === this.nextPartition) this.nextPartition = (partition + 1) % this.partitions;
    this.#send(partition, builder.seal(this.#compression), transactions);
  }

  /** Sends all. */
  sealAll(transactions: TransactionWriter | undefined): void {
    for (let partition = 0; partition < this.partitions; partition++) this.seal(partition, transactions);
  }

  /** Sends what does not have to wait for another batch of its partition. True when something is left. */
  sealIdle(transactions: TransactionWriter | undefined): boolean {
    let left = false;
    for (let partition = 0; partition < this.partitions; partition++) {
      if (this.#builders[partition] === undefined) continue;
      if (this.#sender.isBusy(this.topic, partition)) left = true;
      else this.seal(partition, transactions);
    }
    return left;
  }

  /** Copies of what waits, for a checkpoint. */
  unsent(): readonly UnsentBatch[] {
    return this.#builders.flatMap((builder, partition) => (builder === undefined ? [] : [{ topic: this.topic, partition, bytes: new Uint8Array(builder.seal(this.#compression)) }]));
  }

  /** Sends a batch of an earlier run once more, in the transaction of now. */
  resend(partition: number, bytes: Uint8Array, transactions: TransactionWriter | undefined): void {
    this.#send(partition, bytes.slice(), transactions);
    transactions?.wrote();
  }

  #send(partition: number, bytes: Uint8Array, transactions: TransactionWriter | undefined): void {
    const records = recordCount(bytes);
    const { topic } = this;
    const from = this.#sender.endOf(topic, partition);
    if (transactions === undefined) stampBatch(bytes, NO_PRODUCER);
    this.#sender.send({ topic, partition, bytes, records, transaction: transactions?.take({ topic, partition, from, bytes }, records) });
  }
}
