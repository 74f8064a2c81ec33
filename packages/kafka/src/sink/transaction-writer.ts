import { assert, type WriterContext } from '@millrace/core/spi';
import { stampBatch } from '../batch/batch-builder.js';
import { pause } from '../retries.js';
import type { KafkaCommittable } from './kafka-committer.js';
import type { SinkShared } from './sink-shared.js';
import { abortLingering, TransactionPool, type OpenTransaction, type PoolSettings, type WrittenBatch } from './transaction-pool.js';

/** An abort at the close of a failing job is not waited for longer than this: the next run aborts what is left. */
const ABORT_MS = 2000;
/** Sequence numbers go round after 2^31. */
const LAST_SEQUENCE = 0x7fffffff;
const NO_BYTES = new Uint8Array(0);

/** How transactions are kept. */
export interface TransactionWriting {
  readonly shared: SinkShared;
  readonly context: WriterContext;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly outageMs: number;
  readonly keepRecords: boolean;
  /** Ids of transactions that the restored checkpoint holds, of all subtasks. */
  readonly held: readonly string[];
  /** The next transaction is ready. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The transaction that a writer writes into, and the next one, which is made ready ahead: at a barrier everything that is
 * known of a transaction is handed out at once, its producer id included.
 */
export class TransactionWriter {
  readonly prefix: string;
  readonly #writing: TransactionWriting;
  readonly #settings: PoolSettings;
  readonly #pool: TransactionPool;
  #current: OpenTransaction | undefined;
  #next: OpenTransaction | undefined;
  /** Whether records were added since the last barrier, sent or not. */
  #hasRecords: boolean;
  #beginning: boolean;
  #rolled: OpenTransaction[];
  #closed: boolean;

  constructor(writing: TransactionWriting) {
    const { shared, context, prefix, timeoutMs, outageMs, held } = writing;
    this.prefix = prefix;
    this.#writing = writing;
    this.#settings = { driver: shared.driver, platform: context.platform, signal: context.signal, prefix, subtask: context.subtask, timeoutMs, outageMs };
    this.#pool = new TransactionPool(this.#settings, held);
    this.#current = undefined;
    this.#next = undefined;
    this.#hasRecords = false;
    this.#beginning = false;
    this.#rolled = [];
    this.#closed = false;
  }

  /** Aborts what earlier runs left open, and makes the first transaction ready. */
  async start(): Promise<void> {
    const { shared, context, held } = this.#writing;
    const aborted = await abortLingering(this.#settings, context.parallelism, new Set(held));
    if (aborted === undefined) context.logger.warn('the brokers cannot list open transactions (before Kafka 3.0): those of an earlier run hold readers up until they time out');
    else if (aborted.length > 0) context.logger.info('transactions that an earlier run left open are aborted', { transactionalIds: aborted.join(', ') });
    this.#current = await this.#pool.begin();
    shared.pool = this.#pool;
    this.#prepareNext();
  }

  /** Whether records can be written now. */
  get isReady(): boolean {
    return this.#current !== undefined;
  }

  /** Ids of transactions that a checkpoint of now holds. */
  get held(): readonly string[] {
    return this.#pool.waiting;
  }

  /** A record was added to a batch. */
  wrote(): void {
    this.#hasRecords = true;
  }

  /** Takes a sealed batch into the transaction and writes the producer into it. */
  take(batch: WrittenBatch, records: number): OpenTransaction {
    const transaction = this.#current;
    assert(transaction !== undefined, 'a batch is sealed while a transaction is ready');
    const place = `${batch.topic}-${batch.partition}`;
    const sequence = transaction.sequences.get(place) ?? 0;
    stampBatch(batch.bytes, { producerId: transaction.producerId, epoch: transaction.epoch, sequence, transactional: true });
    transaction.sequences.set(place, (sequence + records) & LAST_SEQUENCE);
    const { bytes } = batch;
    transaction.batches.push({ ...batch, bytes: this.#writing.keepRecords ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : NO_BYTES });
    transaction.records += records;
    return transaction;
  }

  /** At a barrier, when all is sealed: what is to be committed with the checkpoint. */
  prepare(checkpointId: number): readonly KafkaCommittable[] {
    const transaction = this.#current;
    if (transaction === undefined || !this.#hasRecords) return [];
    this.#moveOn();
    this.#pool.prepared(transaction, checkpointId);
    return [committableOf(transaction, checkpointId)];
  }

  /** Without checkpoints: the transaction ends here and is committed once all of it is written. */
  roll(written: Promise<void>): void {
    const transaction = this.#current;
    if (transaction === undefined || !this.#hasRecords) return;
    this.#moveOn();
    written.then(
      () => this.#rolled.push(transaction),
      () => {},
    );
  }

  /** What has been rolled and written since the last call. */
  rolled(checkpointId: number): readonly KafkaCommittable[] {
    const rolled = this.#rolled;
    this.#rolled = [];
    for (const transaction of rolled) this.#pool.prepared(transaction, checkpointId);
    return rolled.map((transaction) => committableOf(transaction, checkpointId));
  }

  /** Aborts what no checkpoint holds, so that readers need not wait for its time-out. */
  async close(): Promise<void> {
    this.#closed = true;
    const transaction = this.#current;
    if (transaction === undefined || transaction.joined.size === 0) return;
    const { driver, platform } = this.#settings;
    await Promise.race([driver.endTransaction(transaction, false).catch(() => {}), pause(platform, ABORT_MS)]);
  }

  #moveOn(): void {
    this.#hasRecords = false;
    this.#current = this.#next;
    this.#next = undefined;
    this.#prepareNext();
  }

  #prepareNext(): void {
    if (this.#beginning || this.#closed) return;
    this.#beginning = true;
    this.#pool.begin().then(
      (transaction) => {
        this.#beginning = false;
        if (this.#current === undefined) {
          this.#current = transaction;
          this.#prepareNext();
        } else {
          this.#next = transaction;
        }
        this.#writing.changed();
      },
      (error: unknown) => {
        if (!this.#closed) this.#writing.failed(error);
      },
    );
  }
}

function committableOf({ transactionalId, producerId, epoch, batches }: OpenTransaction, checkpointId: number): KafkaCommittable {
  return { transactionalId, producerId, epoch, checkpointId, batches: [...batches] };
}
