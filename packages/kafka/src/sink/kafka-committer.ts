import type { CommitContext, Committer, WriterContext } from '@millrace/core/spi';
import { cutBatches } from '../batch/batch-reader.js';
import { At, viewOf } from '../batch/record-batch.js';
import { BrokerError, brokerErrorName, isFenced, isPassing } from '../driver/broker-errors.js';
import { EARLIEST, type KafkaDriver, type Transaction } from '../driver/driver.js';
import { TransactionFateUnknown, TransactionLost } from '../errors.js';
import { refusal, trying } from '../retries.js';
import { offsetsAt } from '../source/offsets.js';
import type { SinkShared } from './sink-shared.js';
import type { KafkaWriting } from './sink-options.js';
import type { WrittenBatch } from './transaction-pool.js';

const SCAN_BYTES = 4 * 1024 * 1024;
const SCAN_WAIT_MS = 200;
/** A marker that does not come within so many empty fetches is not there. */
const MOST_EMPTY = 10;

/** What a checkpoint keeps of a transaction: enough to commit it from another process, and to write it again. */
export interface KafkaCommittable extends Transaction {
  readonly checkpointId: number;
  readonly batches: readonly WrittenBatch[];
}

/**
 * Commits transactions. Only the transactional id, producer id and epoch are needed, so any process can: that of the
 * transaction may have been killed. Committing twice is harmless.
 *
 * When the broker does not know the transaction as open or committed, the topics are asked what became of it. Was it aborted
 * (its time-out passed, or somebody took the id), its records are written again: after a restart by the writer, in the
 * transaction of the next checkpoint, so that a crash in between does not double them. While the job runs the commit fails,
 * which ends the job and brings that restart about.
 */
export class KafkaCommitter implements Committer<KafkaCommittable> {
  readonly #writing: KafkaWriting<unknown>;
  readonly #context: WriterContext;
  readonly #shared: SinkShared;

  constructor(writing: KafkaWriting<unknown>, context: WriterContext, shared: SinkShared) {
    this.#writing = writing;
    this.#context = context;
    this.#shared = shared;
  }

  async commit(committables: readonly KafkaCommittable[], { recovered }: CommitContext): Promise<void> {
    for (const committable of committables) this.#shared.pool?.completed(committable.checkpointId);
    for (const committable of committables) {
      const answer = await this.#end(committable);
      if (answer !== 0) await this.#afterwards(committable, answer, recovered);
      this.#shared.pool?.committed(committable.transactionalId);
    }
  }

  get #driver(): KafkaDriver {
    return this.#shared.driver;
  }

  /** Sends the commit until there is an answer that counts. */
  #end(transaction: Transaction): Promise<number> {
    const { platform, signal } = this.#context;
    const { transactionalId } = transaction;
    return trying({ platform, signal, forMs: this.#writing.connection.outageMs, what: `committing the transaction of "${transactionalId}"` }, async () => {
      const error = await this.#driver.endTransaction(transaction, true);
      if (!isPassing(error)) return { done: error };
      if (error !== BrokerError.concurrentTransactions) this.#driver.forgetCoordinator('TRANSACTION', transactionalId);
      return { again: brokerErrorName(error) };
    });
  }

  async #afterwards(committable: KafkaCommittable, error: number, recovered: boolean): Promise<void> {
    const { transactionalId, batches } = committable;
    const gone = isFenced(error) || error === BrokerError.invalidTransactionState || error === BrokerError.invalidProducerIdMapping;
    if (!gone) throw refusal(error, 'committing a transaction', transactionalId);
    if (await this.#wasCommitted(committable, brokerErrorName(error))) {
      this.#context.logger.info('a transaction of the checkpoint was committed before', { transactionalId });
      return;
    }
    const lost = `the transaction of "${transactionalId}" was aborted before it was committed (${brokerErrorName(error)})`;
    if (batches.some(({ bytes }) => bytes.length === 0)) throw TransactionLost.error({ what: `${lost}, and its records were not kept`, remedy: 'Set keepRecords: true, and a longer transactionTimeout.' });
    if (!recovered) throw TransactionLost.error({ what: `${lost}; its records are in the checkpoint` });
    this.#context.logger.warn('a transaction of the checkpoint was given up by the broker; its records are written again', { transactionalId, batches: batches.length });
    this.#shared.lost.push(...batches);
  }

  /**
   * Asks the topics what became of a transaction: its marker is the same in every partition. Where its records are gone
   * (retention, compaction, an unclean election) nothing can be told, and neither answer may be guessed.
   */
  async #wasCommitted({ transactionalId, producerId, epoch, batches }: KafkaCommittable, reason: string): Promise<boolean> {
    if (batches.length === 0) return true;
    const firsts = new Map<string, WrittenBatch>();
    for (const batch of batches) if (!firsts.has(placeOf(batch))) firsts.set(placeOf(batch), batch);
    for (const first of firsts.values()) {
      const marker = await this.#markerBehind(first, producerId, epoch);
      if (marker !== undefined) return marker === 'commit';
    }
    throw TransactionFateUnknown.error({
      what: `the broker does not know the transaction of "${transactionalId}" any more (${reason}), and neither its records nor what ended it are to be found in ${[...firsts.keys()].join(', ')}`,
    });
  }

  /** Looks in a partition for the first batch of the transaction and for the marker that ends it. */
  async #markerBehind({ topic, partition, from }: WrittenBatch, producerId: bigint, epoch: number): Promise<'abort' | 'commit' | undefined> {
    const finding = { driver: this.#driver, platform: this.#context.platform, signal: this.#context.signal, forMs: this.#writing.connection.outageMs, readCommitted: false, group: undefined };
    const [start] = await offsetsAt(finding, [{ topic, partition, timestamp: EARLIEST }]);
    let offset = Math.max(from, start!.offset);
    let found = false;
    for (let empty = 0; empty < MOST_EMPTY; ) {
      const bytes = await this.#fetch(topic, partition, offset);
      const cut = cutBatches(bytes, `${topic}-${partition} at offset ${offset}`);
      for (const batch of cut) {
        if (batch.lastOffset < offset || batch.producerId !== producerId) continue;
        // The broker raises the epoch when it aborts what has timed out.
        if (batch.control && found) return batch.abort ? 'abort' : 'commit';
        if (!batch.control && headEpoch(batch.bytes) === epoch) found = true;
      }
      if (cut.length === 0) empty++;
      else offset = cut[cut.length - 1]!.lastOffset + 1;
    }
    return undefined;
  }

  #fetch(topic: string, partition: number, offset: number): Promise<Uint8Array> {
    const { platform, signal } = this.#context;
    return trying({ platform, signal, forMs: this.#writing.connection.outageMs, what: `looking into ${topic}-${partition}` }, async () => {
      const [metadata] = await this.#driver.metadata([topic]);
      const leader = metadata?.partitions.find((one) => one.partition === partition)?.leader ?? -1;
      if (leader < 0) return { again: 'the partition has no leader' };
      const [answer] = await this.#driver.fetch(leader, { maxWaitMs: SCAN_WAIT_MS, maxBytes: SCAN_BYTES, readCommitted: false, partitions: [{ topic, partition, offset, maxBytes: SCAN_BYTES }] });
      if (answer === undefined || isPassing(answer.error)) return { again: 'the leader is changing' };
      // The end was truncated, so there is nothing to be found.
      if (answer.error === BrokerError.offsetOutOfRange) return { done: new Uint8Array(0) };
      if (answer.error !== 0) throw refusal(answer.error, 'reading', topic);
      return { done: answer.records };
    });
  }
}

const placeOf = ({ topic, partition }: WrittenBatch): string => `${topic}-${partition}`;

const headEpoch = (bytes: Uint8Array): number => viewOf(bytes).getInt16(At.epoch);
