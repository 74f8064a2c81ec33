import type { DeliveryGuarantee, Duration, Format } from '@millrace/core/spi';
import { checkCanPack, type KafkaCompression } from '../batch/compression.js';
import type { HeaderValue } from '../batch/batch-builder.js';
import { connectionOf, invalidOption, positiveMs, positiveWhole, type KafkaConnection, type KafkaConnectionOptions } from '../connection.js';

/** A key as a sink takes it: text, a number (written as text), or bytes. Null and undefined: no key. */
export type KafkaKey = string | number | bigint | Uint8Array | null | undefined;

/** What `kafkaSink()` writes and how. */
export interface KafkaSinkOptions<T> extends KafkaConnectionOptions {
  /** The topic, or which topic a record goes to; then `topics` names all there may be. */
  readonly topic: string | ((value: T) => string);
  readonly topics?: readonly string[];
  /** How values are encoded. */
  readonly format: Format<T>;
  /** The key of a record; none unless given. */
  readonly key?: (value: T) => KafkaKey;
  /** The partition of a record. Unless given, by the key as Kafka's own producers do, and without a key a batch to each partition in turn. */
  readonly partitioner?: (value: T, key: Uint8Array | null, partitions: number) => number;
  readonly headers?: (value: T) => Readonly<Record<string, HeaderValue>> | undefined;
  /** The timestamp of a record: its event time (the default; the time of writing where it has none), or what the function gives, in epoch milliseconds. */
  readonly timestamp?: 'event' | 'now' | ((value: T) => number);
  /** For compacted topics: every record needs a key, and one that `isDeleted` is written without a value, which deletes the key. */
  readonly upsert?: true | { readonly isDeleted: (value: T) => boolean };
  /**
   * `exactly-once` (the default) writes in transactions that are committed with the checkpoints; `at-least-once` waits at
   * each checkpoint until all is written; `none` does not wait.
   */
  readonly guarantee?: DeliveryGuarantee;
  /** The beginning of the transactional ids, of this sink alone; made of the names of job and sink unless given. */
  readonly transactionalPrefix?: string;
  /** After so long the broker gives up a transaction; 15 min unless given, which is what brokers allow unless they are told otherwise. */
  readonly transactionTimeout?: Duration;
  /** How long a restart of the job may take: time-out and checkpoint interval are checked against it; 1 min unless given. */
  readonly restartTimeout?: Duration;
  /**
   * Whether checkpoints keep the records of transactions that are not yet committed; true unless given. Then a transaction
   * that the broker gave up is written again. Without, checkpoints are smaller and such a loss stops the job with a code.
   */
  readonly keepRecords?: boolean;
  readonly compression?: KafkaCompression;
  /** Size of a batch of records for one partition; 256 KiB unless given. */
  readonly batchBytes?: number;
  /** How long a batch that is not full waits for more; 5 ms unless given. */
  readonly linger?: Duration;
  /** Bytes waiting to be written per subtask before the input is held; 32 MiB unless given. */
  readonly bufferBytes?: number;
}

/** The options of a sink, checked and complete. */
export interface KafkaWriting<T> {
  readonly connection: KafkaConnection;
  readonly topicOf: ((value: T) => string) | undefined;
  readonly topics: readonly string[];
  readonly format: Format<T>;
  readonly key: ((value: T) => KafkaKey) | undefined;
  readonly partitioner: ((value: T, key: Uint8Array | null, partitions: number) => number) | undefined;
  readonly headers: ((value: T) => Readonly<Record<string, HeaderValue>> | undefined) | undefined;
  readonly timestamp: 'event' | 'now' | ((value: T) => number);
  readonly upsert: boolean;
  readonly isDeleted: ((value: T) => boolean) | undefined;
  readonly guarantee: DeliveryGuarantee;
  readonly prefix: string | undefined;
  readonly transactionTimeoutMs: number;
  readonly restartMs: number;
  readonly keepRecords: boolean;
  readonly compression: KafkaCompression;
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly bufferBytes: number;
}

const OWNER = 'kafkaSink';
const MIB = 1024 * 1024;
const GUARANTEES = ['none', 'at-least-once', 'exactly-once'];

/** Checks the options of a sink. */
export function checkedWriting<T>(options: KafkaSinkOptions<T>): KafkaWriting<T> {
  const { topic, format, key, upsert, guarantee = 'exactly-once', transactionalPrefix, timestamp = 'event', compression = 'none' } = options;
  const topics = typeof topic === 'string' ? [topic] : [...(options.topics ?? [])];
  if (typeof topic !== 'string' && typeof topic !== 'function') throw invalidOption(OWNER, 'topic is missing');
  if (topics.length === 0 || topics.includes('')) throw invalidOption(OWNER, typeof topic === 'function' ? 'topic is a function, and topics is missing or empty' : 'topic is empty');
  if (typeof format?.createEncoder !== 'function') throw invalidOption(OWNER, 'format is missing', 'Give the sink a format, e.g. format: json().');
  if (!GUARANTEES.includes(guarantee)) throw invalidOption(OWNER, `guarantee is "${String(guarantee)}", and must be one of ${GUARANTEES.join(', ')}`);
  if (upsert !== undefined && key === undefined) throw invalidOption(OWNER, 'upsert needs a key', 'Give the function key: compaction keeps the newest value of each key.');
  if (transactionalPrefix === '') throw invalidOption(OWNER, 'transactionalPrefix is empty');
  if (typeof timestamp !== 'function' && timestamp !== 'event' && timestamp !== 'now') throw invalidOption(OWNER, `timestamp is "${String(timestamp)}", and must be event, now or a function`);
  if (!['gzip', 'none', 'zstd'].includes(compression)) throw invalidOption(OWNER, `compression is "${String(compression)}", and must be none, gzip or zstd`);
  checkCanPack(compression);
  return {
    connection: connectionOf(options, OWNER),
    topicOf: typeof topic === 'function' ? topic : undefined,
    topics,
    format,
    key,
    partitioner: options.partitioner,
    headers: options.headers,
    timestamp,
    upsert: upsert !== undefined,
    isDeleted: typeof upsert === 'object' ? upsert.isDeleted : undefined,
    guarantee,
    prefix: transactionalPrefix,
    transactionTimeoutMs: positiveMs(options.transactionTimeout ?? '15 min', OWNER, 'transactionTimeout'),
    restartMs: positiveMs(options.restartTimeout ?? '1 min', OWNER, 'restartTimeout'),
    keepRecords: options.keepRecords ?? true,
    compression,
    batchBytes: positiveWhole(options.batchBytes ?? MIB / 4, OWNER, 'batchBytes'),
    lingerMs: positiveMs(options.linger ?? '5 ms', OWNER, 'linger'),
    bufferBytes: positiveWhole(options.bufferBytes ?? 32 * MIB, OWNER, 'bufferBytes'),
  };
}
