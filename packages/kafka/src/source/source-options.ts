import type { Duration, Format } from '@millrace/core/spi';
import { connectionOf, invalidOption, positiveMs, positiveWhole, type KafkaConnection, type KafkaConnectionOptions } from '../connection.js';
import type { KafkaMessage, MessageFormat } from '../format/message.js';

/** Offsets by topic and partition, e.g. `{ orders: { 0: 1500, 1: 1710 } }`. */
export type KafkaOffsets = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** What holds for a partition that has no offset of its own. */
export type KafkaOtherwise = 'earliest' | 'fail' | 'latest';

/**
 * Where reading starts when there is no checkpoint to go on from: the oldest record, the next new one, the first one of a
 * time (epoch milliseconds), where a group has committed, or given offsets.
 */
export type KafkaStart =
  | 'earliest'
  | 'latest'
  | { readonly timestamp: number }
  | { readonly committed: true; readonly otherwise?: KafkaOtherwise }
  | { readonly offsets: KafkaOffsets; readonly otherwise?: KafkaOtherwise };

/** Where reading ends: at what is the end when the job starts, at a time, where a group has committed, or before given offsets. */
export type KafkaStop = 'latest' | { readonly timestamp: number } | { readonly committed: true } | { readonly offsets: KafkaOffsets };

/** What `kafkaSource()` reads and how. */
export interface KafkaSourceOptions<T> extends KafkaConnectionOptions {
  /** Names of topics, or a pattern; topics that come to match it later are read as well. */
  readonly topics: string | readonly string[] | RegExp;
  /** Only these partitions, by topic, e.g. `{ orders: [0, 1] }`. */
  readonly partitions?: Readonly<Record<string, readonly number[]>>;
  /** How values are decoded, or whole messages (`kafkaMessages()`). */
  readonly format: Format<T> | MessageFormat<T>;
  /** Where to start without a checkpoint; `earliest` unless given. Partitions and topics found later are read from their first record. */
  readonly start?: KafkaStart;
  /** Where to end; without it the source is unbounded. */
  readonly stop?: KafkaStop;
  /** The group whose offsets `committed` means, and to which offsets are committed with each checkpoint, for monitoring. Positions come from the checkpoint, never from the group. */
  readonly group?: string;
  /** Whether records of transactions that are open or aborted are seen; no unless given (`read-committed`). */
  readonly isolation?: 'read-committed' | 'read-uncommitted';
  /** How often to look for new partitions and topics; 30 s unless given, `false` for never. */
  readonly discovery?: Duration | false;
  /** What a record without a value means, where the format decodes values: an error unless given. A function gives a record, or undefined to skip. */
  readonly tombstones?: 'skip' | ((message: KafkaMessage) => T | undefined);
  /** What to do when the offset to go on from is gone: an error unless given. */
  readonly onOffsetLost?: KafkaOtherwise;
  /** Bytes fetched ahead per subtask; 32 MiB unless given. */
  readonly fetchBytes?: number;
  /** Longest value; the limit of the run unless given. A longer one is a decode error. */
  readonly maxRecordBytes?: number;
}

/** The options of a source, checked and complete. */
export interface KafkaReading<T> {
  readonly connection: KafkaConnection;
  readonly topics: readonly string[] | RegExp;
  readonly partitions: Readonly<Record<string, readonly number[]>> | undefined;
  readonly format: Format<T> | MessageFormat<T>;
  readonly start: KafkaStart;
  readonly stop: KafkaStop | undefined;
  readonly group: string | undefined;
  readonly readCommitted: boolean;
  /** Infinity: never. */
  readonly discoveryMs: number;
  readonly tombstones: 'skip' | ((message: KafkaMessage) => T | undefined) | undefined;
  readonly onOffsetLost: KafkaOtherwise;
  readonly fetchBytes: number;
  readonly maxRecordBytes: number | undefined;
}

const OWNER = 'kafkaSource';
const FETCH_BYTES = 32 * 1024 * 1024;

/** Checks the options of a source. */
export function checkedReading<T>(options: KafkaSourceOptions<T>): KafkaReading<T> {
  const { format, start = 'earliest', stop, group, isolation = 'read-committed', discovery = '30 s', tombstones, onOffsetLost = 'fail', partitions } = options;
  const topics = options.topics instanceof RegExp ? options.topics : typeof options.topics === 'string' ? [options.topics] : [...(options.topics ?? [])];
  if (Array.isArray(topics) && (topics.length === 0 || topics.some((topic) => typeof topic !== 'string' || topic === ''))) throw invalidOption(OWNER, 'topics is missing or empty');
  if (typeof format?.createDecoder !== 'function') throw invalidOption(OWNER, 'format is missing', 'Give the source a format, e.g. format: json(Order).');
  if (!['read-committed', 'read-uncommitted'].includes(isolation)) throw invalidOption(OWNER, `isolation is "${String(isolation)}", and must be read-committed or read-uncommitted`);
  if (!['earliest', 'fail', 'latest'].includes(onOffsetLost)) throw invalidOption(OWNER, `onOffsetLost is "${String(onOffsetLost)}", and must be fail, earliest or latest`);
  if (group !== undefined && (typeof group !== 'string' || group === '')) throw invalidOption(OWNER, 'group is empty');
  checkPlace(start, 'start', ['earliest', 'latest']);
  if (stop !== undefined) checkPlace(stop, 'stop', ['latest']);
  for (const place of [start, stop]) if (typeof place === 'object' && 'committed' in place && group === undefined) throw invalidOption(OWNER, 'committed offsets need a group');
  if (partitions !== undefined && Array.isArray(topics)) {
    const stray = Object.keys(partitions).find((topic) => !topics.includes(topic));
    if (stray !== undefined) throw invalidOption(OWNER, `partitions names "${stray}", which is not among topics`);
  }
  return {
    connection: connectionOf(options, OWNER),
    topics,
    partitions,
    format,
    start,
    stop,
    group,
    readCommitted: isolation === 'read-committed',
    discoveryMs: discovery === false || stop !== undefined ? Infinity : positiveMs(discovery, OWNER, 'discovery'),
    tombstones,
    onOffsetLost,
    fetchBytes: positiveWhole(options.fetchBytes ?? FETCH_BYTES, OWNER, 'fetchBytes'),
    maxRecordBytes: options.maxRecordBytes === undefined ? undefined : positiveWhole(options.maxRecordBytes, OWNER, 'maxRecordBytes'),
  };
}

function checkPlace(place: KafkaStart | KafkaStop, name: string, words: readonly string[]): void {
  if (typeof place === 'string') {
    if (!words.includes(place)) throw invalidOption(OWNER, `${name} is "${place}", and must be ${words.join(', ')}, { timestamp }, { committed: true } or { offsets }`);
  } else if ('timestamp' in place) {
    if (!Number.isSafeInteger(place.timestamp) || place.timestamp < 0) throw invalidOption(OWNER, `${name}.timestamp is ${String(place.timestamp)}, and must be epoch milliseconds`);
  } else if ('offsets' in place) {
    const wrong = Object.values(place.offsets).flatMap((partitions) => Object.values(partitions)).find((offset) => !Number.isSafeInteger(offset) || offset < 0);
    if (wrong !== undefined) throw invalidOption(OWNER, `${name}.offsets has ${String(wrong)}, and offsets are whole numbers from 0`);
  } else if (place.committed !== true) {
    throw invalidOption(OWNER, `${name} has none of timestamp, committed and offsets`);
  }
}

/** Whether a partition belongs to what the source reads. */
export function subscribed<T>({ topics, partitions }: KafkaReading<T>, topic: string, partition: number): boolean {
  const matches = topics instanceof RegExp ? matchesPattern(topics, topic) : topics.includes(topic);
  return matches && (partitions?.[topic] === undefined ? true : partitions[topic].includes(partition));
}

/** A pattern is meant for whole names, and a flag must not make it remember where it was. */
export function matchesPattern(pattern: RegExp, topic: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(topic);
}

