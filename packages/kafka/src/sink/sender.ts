import type { Platform } from '@millrace/core/spi';
import { BrokerError, brokerErrorName, isFenced, isPassing, isRecordRefused } from '../driver/broker-errors.js';
import type { KafkaDriver, TopicPartition } from '../driver/driver.js';
import { BrokersUnreachable, ProducerFenced, RecordRefused, TopicMissing, TransactionLost } from '../errors.js';
import { pause, refusal } from '../retries.js';
import type { OpenTransaction } from './transaction-pool.js';

const REQUEST_BYTES = 4 * 1024 * 1024;
const PRODUCE_TIMEOUT_MS = 30_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2000;

/** A sealed batch on its way. */
export interface OutBatch extends TopicPartition {
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly transaction: OpenTransaction | undefined;
}

/** A batch with its number among all that were handed in. */
interface QueuedBatch extends OutBatch {
  readonly number: number;
}

/** One partition's batches in their order. At most one is under way, so that a repetition cannot overtake. */
interface Lane extends TopicPartition {
  readonly queue: QueuedBatch[];
  busy: boolean;
  leader: number;
  /** The end of the partition as far as we know: everything of ours that comes lies behind it. */
  end: number;
}

/** Where and how a sender sends. */
export interface SenderSettings {
  readonly driver: KafkaDriver;
  readonly platform: Platform;
  readonly signal: AbortSignal;
  readonly acks: -1 | 1;
  readonly outageMs: number;
  /** Called whenever something was written, or writing has failed for good. */
  readonly changed: () => void;
}

/** Sends batches to the leaders of their partitions, in order per partition, and again where that helps. */
export class Sender {
  /** Bytes that are not yet written. */
  pendingBytes: number;
  /** Why writing has failed for good. */
  failure: { readonly error: unknown } | undefined;
  readonly #settings: SenderSettings;
  readonly #lanes: Map<string, Lane>;
  /** Batches handed in so far, and how many of them are not written. */
  #accepted: number;
  #open: number;
  #waiters: { readonly upTo: number; open: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
  #closed: boolean;

  constructor(settings: SenderSettings) {
    this.pendingBytes = 0;
    this.failure = undefined;
    this.#settings = settings;
    this.#lanes = new Map();
    this.#accepted = 0;
    this.#open = 0;
    this.#waiters = [];
    this.#closed = false;
  }

  /** Makes a partition known, with its leader and its end. */
  addLane({ topic, partition }: TopicPartition, leader: number, end: number): void {
    this.#lanes.set(`${topic}-${partition}`, { topic, partition, queue: [], busy: false, leader, end });
  }

  /** Whether a partition has something waiting or under way. */
  isBusy(topic: string, partition: number): boolean {
    const lane = this.#lanes.get(`${topic}-${partition}`);
    return lane !== undefined && lane.queue.length > 0;
  }

  /** Everything of ours that is written from now on has this offset or a later one. */
  endOf(topic: string, partition: number): number {
    return this.#lanes.get(`${topic}-${partition}`)?.end ?? 0;
  }

  /** Takes a batch. Never waits: the writer watches `pendingBytes`. */
  send(batch: OutBatch): void {
    this.#lanes.get(`${batch.topic}-${batch.partition}`)!.queue.push({ ...batch, number: ++this.#accepted });
    this.pendingBytes += batch.bytes.length;
    this.#open++;
    this.pump();
  }

  /** Resolves when all that was taken so far is written. */
  written(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ upTo: this.#accepted, open: this.#open, resolve, reject }));
  }

  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiters.splice(0)) reject(BrokersUnreachable.error({ what: 'the sink was closed before all was written' }));
  }

  /** Sends the first batch of each partition that has none under way, one request per leader and transaction. */
  pump(): void {
    if (this.#closed || this.failure !== undefined) return;
    const requests = new Map<string, { lanes: Lane[]; bytes: number; transaction: OpenTransaction | undefined; leader: number }>();
    for (const lane of this.#lanes.values()) {
      const batch = lane.queue[0];
      if (batch === undefined || lane.busy) continue;
      const id = `${lane.leader}/${batch.transaction?.transactionalId ?? ''}`;
      const request = requests.get(id);
      if (request === undefined) requests.set(id, { lanes: [lane], bytes: batch.bytes.length, transaction: batch.transaction, leader: lane.leader });
      else if (request.bytes + batch.bytes.length <= REQUEST_BYTES) {
        request.lanes.push(lane);
        request.bytes += batch.bytes.length;
      }
    }
    for (const { lanes, transaction, leader } of requests.values()) void this.#deliver(lanes, transaction, leader);
  }

  /** Brings one batch of each lane to its end, however often it takes. */
  async #deliver(lanes: readonly Lane[], transaction: OpenTransaction | undefined, leader: number): Promise<void> {
    for (const lane of lanes) lane.busy = true;
    const { platform, signal, outageMs } = this.#settings;
    const start = platform.clock.monotonicMs();
    let left = lanes;
    let node = leader;
    try {
      for (let wait = FIRST_RETRY_MS; left.length > 0; wait = Math.min(LONGEST_RETRY_MS, wait * 2)) {
        const { again, reason } = await this.#attempt(left, transaction, node);
        left = again;
        if (left.length === 0) break;
        if (this.#closed) return;
        if (platform.clock.monotonicMs() - start > outageMs) throw this.#outage(left, reason);
        await pause(platform, wait, signal);
        node = await this.#leaderOf(left, node);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      for (const lane of lanes) lane.busy = false;
      this.#tell();
      this.pump();
    }
  }

  /** One round; gives the lanes that must be sent again. */
  async #attempt(lanes: readonly Lane[], transaction: OpenTransaction | undefined, node: number): Promise<{ readonly again: readonly Lane[]; readonly reason: string }> {
    const { driver, acks } = this.#settings;
    try {
      if (transaction !== undefined) {
        const refused = await this.#join(lanes, transaction);
        if (refused !== undefined) return { again: lanes, reason: refused };
      }
      if (node < 0) return { again: lanes, reason: 'a partition has no leader' };
      const batches = lanes.map(({ queue }) => queue[0]!);
      const answers = await driver.produce(node, { transactionalId: transaction?.transactionalId ?? null, acks, timeoutMs: PRODUCE_TIMEOUT_MS, batches });
      let reason = '';
      const again = lanes.filter((lane) => {
        const answer = answers.find(({ topic, partition }) => topic === lane.topic && partition === lane.partition);
        if (answer === undefined || isPassing(answer.error)) {
          reason = answer === undefined ? 'the broker said nothing' : brokerErrorName(answer.error);
          if (answer?.error === BrokerError.unknownTopicOrPartition) reason = `the topic "${lane.topic}" does not exist`;
          return true;
        }
        this.#settle(lane, answer.error, answer.message, answer.baseOffset);
        return false;
      });
      return { again, reason };
    } catch (error) {
      if (!BrokersUnreachable.is(error)) throw error;
      return { again: lanes, reason: error.what };
    }
  }

  /** Tells the coordinator which partitions the transaction now has. Gives a reason when it must be told again. */
  async #join(lanes: readonly Lane[], transaction: OpenTransaction): Promise<string | undefined> {
    const added = lanes.filter(({ topic, partition }) => !transaction.joined.has(`${topic}-${partition}`));
    if (added.length === 0) return undefined;
    const error = await this.#settings.driver.addPartitions(transaction, added);
    if (isPassing(error)) {
      if (error !== BrokerError.concurrentTransactions) this.#settings.driver.forgetCoordinator('TRANSACTION', transaction.transactionalId);
      return brokerErrorName(error);
    }
    if (error !== 0) throw transactionRefused(error, transaction.transactionalId, added[0]!.topic);
    for (const { topic, partition } of added) transaction.joined.add(`${topic}-${partition}`);
    return undefined;
  }

  #settle(lane: Lane, error: number, message: string | undefined, baseOffset: number): void {
    const batch = lane.queue[0]!;
    if (error === 0 || error === BrokerError.duplicateSequence) {
      lane.queue.shift();
      if (baseOffset >= 0) lane.end = baseOffset + batch.records;
      this.pendingBytes -= batch.bytes.length;
      this.#open--;
      for (const waiter of this.#waiters) if (batch.number <= waiter.upTo) waiter.open--;
      return;
    }
    const place = `${lane.topic}-${lane.partition}`;
    if (isRecordRefused(error)) throw RecordRefused.error({ what: `a batch of ${batch.records} records and ${batch.bytes.length} bytes for ${place} was refused: ${brokerErrorName(error)}${message === undefined ? '' : `, ${message}`}` });
    if (batch.transaction !== undefined) throw transactionRefused(error, batch.transaction.transactionalId, lane.topic);
    throw refusal(error, 'writing', lane.topic, message);
  }

  async #leaderOf(lanes: readonly Lane[], before: number): Promise<number> {
    try {
      const found = await this.#settings.driver.metadata([...new Set(lanes.map(({ topic }) => topic))]);
      for (const lane of lanes) lane.leader = found.find(({ topic }) => topic === lane.topic)?.partitions.find(({ partition }) => partition === lane.partition)?.leader ?? -1;
      // Lanes of one request stay together; the answer "not the leader" sorts out those that have parted.
      return lanes[0]!.leader;
    } catch (error) {
      if (BrokersUnreachable.is(error)) return before;
      throw error;
    }
  }

  #outage(lanes: readonly Lane[], reason: string): Error {
    const what = `writing to ${lanes.map(({ topic, partition }) => `${topic}-${partition}`).join(', ')} has failed for ${Math.round(this.#settings.outageMs / 1000)} s: ${reason}`;
    return reason.includes('does not exist') ? TopicMissing.error({ what }) : BrokersUnreachable.error({ what });
  }

  #tell(): void {
    if (this.failure === undefined) {
      const done = this.#waiters.filter(({ open }) => open === 0);
      this.#waiters = this.#waiters.filter(({ open }) => open > 0);
      for (const { resolve } of done) resolve();
    }
    this.#settings.changed();
  }

  #fail(error: unknown): void {
    if (this.#closed || this.failure !== undefined) return;
    this.failure = { error };
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}

/** The coded error for an answer about a transaction. */
export function transactionRefused(error: number, transactionalId: string, topic: string): Error {
  if (isFenced(error)) return ProducerFenced.error({ what: `the transactional id "${transactionalId}" belongs to a newer producer, or its transaction timed out: ${brokerErrorName(error)}` });
  if (error === BrokerError.invalidTransactionState || error === BrokerError.invalidProducerIdMapping || error === BrokerError.transactionAbortable) {
    return TransactionLost.error({ what: `the transaction of "${transactionalId}" is no longer open: ${brokerErrorName(error)}` });
  }
  return refusal(error, 'writing in a transaction', error === BrokerError.transactionalIdAuthorisationFailed ? transactionalId : topic);
}
