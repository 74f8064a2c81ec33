import type { PollResult, RecordCursor, SourceBatch } from './source.js';

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
