import { type Format, type ReaderContext, RecordDecoder, type SourceBatch } from '@millrace/core/spi';
import type { EventLog } from './event-log.js';
import type { LogHeaders } from './log-record.js';
import type { LogSplit } from './log-split.js';
import type { PartitionReader } from './partition-reader.js';

/** A decoded record with all that the log knows of it. */
export interface LogEvent<T> {
  readonly value: T;
  readonly key: Uint8Array | undefined;
  /** Event time in epoch milliseconds, NaN when it has none. */
  readonly timestamp: number;
  readonly headers: LogHeaders;
  readonly partition: number;
  readonly offset: number;
}

/** What a poll of a split found. */
export type SplitPoll = 'end' | 'more' | 'waiting';

/** What is known of the entry whose records are being handed over. */
interface Entry {
  readonly key: Uint8Array | undefined;
  readonly timestamp: number;
  readonly headers: LogHeaders;
  readonly offset: number;
}

/** Reads one partition and decodes its records. */
export class LogSplitReader<T> {
  readonly split: LogSplit;
  paused: boolean;
  /** What the format checks or fetches before the next record can be decoded; nothing is handed over until it is there. */
  preparing: Promise<void> | undefined;
  readonly #reader: PartitionReader;
  readonly #records: RecordDecoder<T>;
  readonly #withMetadata: boolean;
  #next: number;
  #entry: Entry | undefined;
  #entryTimestamp: number;
  /** The cursor stands on a record that waits for what its format fetches. */
  #held: boolean;

  constructor(log: EventLog, split: LogSplit, format: Format<T>, withMetadata: boolean, context: ReaderContext) {
    this.split = split;
    this.paused = false;
    this.#held = false;
    this.#reader = log.reader(split.partition, { offset: split.next });
    this.#records = new RecordDecoder(format, context, split.id);
    this.preparing = this.#records.start();
    if (split.decoder !== undefined) this.#records.decoder.restore?.(split.decoder);
    if (split.skip > 0) this.#records.leaveOut(split.skip, split.next);
    this.#withMetadata = withMetadata;
    this.#next = split.next;
    this.#entry = undefined;
    this.#entryTimestamp = Number.NaN;
  }

  /** Hands records over until the batch has `limit`. */
  poll(batch: SourceBatch<T>, limit: number): SplitPoll {
    const records = this.#records;
    const { stop } = this.split;
    const reader = this.#reader;
    const { cursor } = reader;
    let from = batch.length;
    records.into(batch, limit);
    this.#stamp(batch, from);
    while (batch.length < limit && !records.hasWaiting) {
      if (stop >= 0 && this.#next >= stop) return 'end';
      if (!this.#held && !reader.next()) {
        this.#next = reader.nextOffset;
        return stop >= 0 && this.#next >= stop ? 'end' : 'waiting';
      }
      if (stop >= 0 && cursor.offset >= stop) {
        this.#next = stop;
        return 'end';
      }
      if (this.#mustPrepare()) return 'waiting';
      this.#next = reader.nextOffset;
      if (cursor.valueLength < 0) continue;
      from = batch.length;
      this.#entryTimestamp = cursor.timestamp;
      if (this.#withMetadata) this.#entry = { key: cursor.key()?.slice(), timestamp: cursor.timestamp, headers: copied(cursor.headers()), offset: cursor.offset };
      records.decode(cursor.bytes, cursor.valueStart, cursor.valueStart + cursor.valueLength, cursor.offset);
      this.#stamp(batch, from);
    }
    return 'more';
  }

  /** Asks the format whether it can decode the record at hand. If not, the record stays there, and the position before it. */
  #mustPrepare(): boolean {
    const { decoder } = this.#records;
    this.#held = false;
    if (decoder.prepare === undefined) return false;
    const { bytes, valueStart, valueLength } = this.#reader.cursor;
    if (valueLength < 0) return false;
    this.preparing = decoder.prepare(bytes, valueStart, valueStart + valueLength);
    this.#held = this.preparing !== undefined;
    return this.#held;
  }

  /** The split with its position behind the last record that was handed over. */
  snapshot(): LogSplit {
    const decoder = this.#records.decoder.snapshot?.();
    const { skip } = this.#records;
    const { id, partition, stop } = this.split;
    return { id, partition, stop, skip, next: skip > 0 ? this.#records.frameOffset : this.#next, ...(decoder === undefined ? {} : { decoder }) };
  }

  close(): void {
    this.#reader.close();
  }

  /** Gives records that were added the time of their entry, where the format has none, and what the log knows of it. */
  #stamp(batch: SourceBatch<T>, from: number): void {
    for (let at = from; at < batch.length; at++) {
      const own = batch.timestamps[at]!;
      if (own !== own) batch.timestamps[at] = this.#entryTimestamp;
      if (this.#withMetadata) batch.values[at] = { value: batch.values[at], partition: this.split.partition, ...this.#entry! } as T;
    }
  }
}

function copied(headers: LogHeaders): LogHeaders {
  return headers.map(([name, value]) => [name, value.slice()] as const);
}
