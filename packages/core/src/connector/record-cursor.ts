import type { PollResult, SourceBatch } from './source.js';

/**
 * The records of a poll, handed over one by one while they are processed, with no batch in between: for readers that make
 * or look up a record synchronously, by its number. A record then need not be put into an array, where it would grow
 * old, and taken out again.
 *
 * `begin` is to a cursor what `poll` is to a batch: it says how many records there are and moves the position of the split
 * behind the last of them. Then `record` is called once for each number from 0 to `length - 1`, in order, and
 * `timestamp` right behind it. Neither may depend on when it is called, and no other method of the
 * reader that moves positions is called before the last record was handed over.
 */
export interface RecordCursor<T> {
  /** Id of the split these records come from. */
  readonly split: string;
  /** How many records the last `begin` found. */
  readonly length: number;
  /** Finds up to `capacity` records, all of one split. */
  begin(capacity: number): PollResult;
  /** Record number `at` of those that `begin` found. */
  record(at: number): T;
  /** The source's own timestamp of that record, in epoch milliseconds; NaN where it has none. */
  timestamp(record: T, at: number): number;
  /** Where that record stands in its split. */
  offset(at: number): number;
}

/** `SourceReader.poll` of a reader that has a cursor. */
export function fillBatch<T>(cursor: RecordCursor<T>, batch: SourceBatch<T>): PollResult {
  const before = batch.length;
  const found = cursor.begin(batch.capacity - before);
  batch.split = cursor.split;
  for (let at = 0; at < cursor.length; at++) {
    const record = cursor.record(at);
    batch.values[before + at] = record;
    batch.timestamps[before + at] = cursor.timestamp(record, at);
    batch.offsets[before + at] = cursor.offset(at);
    batch.length = before + at + 1;
  }
  return found;
}
