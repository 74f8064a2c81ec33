import type { Platform } from '@millrace/core/spi';
import { BrokerError, brokerErrorName, isFenced, isPassing } from '../driver/broker-errors.js';
import type { KafkaDriver, ProducerIdentity, Transaction } from '../driver/driver.js';
import { ProducerFenced, TooManyTransactions, TransactionTimeoutRefused } from '../errors.js';
import { refusal, trying } from '../retries.js';

/** So many transactions may wait for their checkpoint. */
const MOST_WAITING = 64;
/** A committed id is used again when so many later checkpoints are complete: none of them can hold its transaction. */
const SAFE_CHECKPOINTS = 2;

/** A transaction while records are written into it. */
export interface OpenTransaction extends Transaction {
  /** Partitions that the coordinator knows of. */
  readonly joined: Set<string>;
  /** By partition, the number of the next record. */
  readonly sequences: Map<string, number>;
  /** What was written, for the checkpoint. */
  readonly batches: WrittenBatch[];
  records: number;
}

/** A batch of a transaction, as a checkpoint keeps it. */
export interface WrittenBatch {
  readonly topic: string;
  readonly partition: number;
  /** The batch lies at this offset or behind it: where to look whether it was committed. */
  readonly from: number;
  /** The sealed batch; empty where records are not kept. */
  readonly bytes: Uint8Array;
}

/** The transactional ids of a subtask: `<prefix>-<subtask>-<n>`. */
export const transactionalId = (prefix: string, subtask: number, number: number): string => `${prefix}-${subtask}-${number}`;

/** The subtask of a transactional id with this prefix; undefined for one of somebody else. */
export function subtaskOf(prefix: string, id: string): number | undefined {
  const match = id.startsWith(`${prefix}-`) ? /^(\d+)-(\d+)$/.exec(id.slice(prefix.length + 1)) : null;
  return match === null ? undefined : Number(match[1]);
}

/** What a pool works with. */
export interface PoolSettings {
  readonly driver: KafkaDriver;
  readonly platform: Platform;
  readonly signal: AbortSignal;
  readonly prefix: string;
  readonly subtask: number;
  readonly timeoutMs: number;
  readonly outageMs: number;
}

/**
 * The transactional ids of one subtask, used in rotation.
 *
 * A new producer id for a transactional id aborts the transaction that is open under it and makes older ones unknown. So an
 * id is not taken again before its transaction is committed *and* no checkpoint that a restart may choose still holds it:
 * a restart commits what its checkpoint holds, and must find it either open or committed.
 */
export class TransactionPool {
  readonly #settings: PoolSettings;
  /** Ids handed out for a checkpoint, with the number of that checkpoint among those of this run. */
  readonly #waiting: Map<string, number>;
  /** Committed ids, with the number of the last checkpoint begun before. */
  readonly #cooling: Map<string, number>;
  /** Ids from the start until they are handed out. */
  readonly #open: Set<string>;
  /** Numbers of checkpoints in this run. */
  readonly #ordinals: Map<number, number>;
  #begun: number;
  #complete: number;

  /** `restored` are the ids of transactions that the restored checkpoint holds. */
  constructor(settings: PoolSettings, restored: readonly string[]) {
    this.#settings = settings;
    this.#waiting = new Map();
    this.#cooling = new Map(restored.map((id) => [id, 0]));
    this.#open = new Set();
    this.#ordinals = new Map();
    this.#begun = 0;
    this.#complete = 0;
  }

  /** Ids whose transactions a checkpoint of now holds. */
  get waiting(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  /** Takes a free id and gets a producer id for it. Nothing is open at the broker until the first record. */
  async begin(): Promise<OpenTransaction> {
    const id = this.#freeId();
    this.#open.add(id);
    const identity = await fence(this.#settings, id);
    return { transactionalId: id, ...identity, joined: new Set(), sequences: new Map(), batches: [], records: 0 };
  }

  /** The transaction belongs to a checkpoint now. */
  prepared({ transactionalId: id }: Transaction, checkpointId: number): void {
    this.#open.delete(id);
    this.#waiting.set(id, this.#ordinalOf(checkpointId));
  }

  /** A checkpoint is complete, so that its transactions are being committed. */
  completed(checkpointId: number): void {
    this.#complete = Math.max(this.#complete, this.#ordinals.get(checkpointId) ?? 0);
    for (const [id, ordinal] of this.#ordinals) if (ordinal < this.#complete - SAFE_CHECKPOINTS) this.#ordinals.delete(id);
  }

  /** The transaction is committed. */
  committed(id: string): void {
    if (!this.#waiting.delete(id)) return;
    this.#cooling.set(id, this.#begun);
  }

  #ordinalOf(checkpointId: number): number {
    let ordinal = this.#ordinals.get(checkpointId);
    if (ordinal === undefined) {
      ordinal = ++this.#begun;
      this.#ordinals.set(checkpointId, ordinal);
    }
    return ordinal;
  }

  #freeId(): string {
    const { prefix, subtask } = this.#settings;
    if (this.#waiting.size > MOST_WAITING) throw TooManyTransactions.error({ what: `${this.#waiting.size} transactions of "${prefix}" wait for their checkpoint in subtask ${subtask}` });
    for (const [id, ordinal] of this.#cooling) if (this.#complete >= ordinal + SAFE_CHECKPOINTS) this.#cooling.delete(id);
    for (let number = 0; ; number++) {
      const id = transactionalId(prefix, subtask, number);
      if (!this.#open.has(id) && !this.#waiting.has(id) && !this.#cooling.has(id)) return id;
    }
  }
}

/** Gets a producer id for a transactional id: aborts what is open under it, and fences whoever used it. */
export async function fence(settings: PoolSettings, id: string): Promise<ProducerIdentity> {
  const { driver, platform, signal, timeoutMs, outageMs } = settings;
  return trying({ platform, signal, forMs: outageMs, what: `beginning with the transactional id "${id}"` }, async () => {
    const { error, producerId, epoch } = await driver.initProducerId(id, timeoutMs);
    if (error === 0) return { done: { producerId, epoch } };
    if (isPassing(error)) {
      if (error !== BrokerError.concurrentTransactions) driver.forgetCoordinator('TRANSACTION', id);
      return { again: brokerErrorName(error) };
    }
    if (error === BrokerError.invalidTransactionTimeout) throw TransactionTimeoutRefused.error({ what: `the brokers do not allow a transaction time-out of ${timeoutMs} ms` });
    if (isFenced(error)) throw ProducerFenced.error({ what: `the transactional id "${id}" is being used by a newer producer: ${brokerErrorName(error)}` });
    throw refusal(error, 'beginning a transaction', id);
  });
}

/**
 * Aborts the transactions that earlier runs have left open under the prefix and that no checkpoint holds: until then no
 * reader of committed records gets past them. Each subtask looks after its own ids and those of subtasks that are no more.
 */
export async function abortLingering(settings: PoolSettings, parallelism: number, held: ReadonlySet<string>): Promise<readonly string[] | undefined> {
  const { driver, platform, signal, prefix, subtask, outageMs } = settings;
  const open = await trying({ platform, signal, forMs: outageMs, what: 'looking for open transactions' }, async () => ({ done: await driver.openTransactions() }));
  if (open === undefined) return undefined;
  const lingering = open.filter((id) => {
    const owner = subtaskOf(prefix, id);
    return owner !== undefined && owner % parallelism === subtask && !held.has(id);
  });
  for (const id of lingering) await fence(settings, id);
  return lingering;
}
