import type { PollResult, RecordCursor, SourceBatch } from './source.js';

/** `SourceReader.poll` of a reader that has a cursor. */
export function fillBatch<T>(cursor: RecordCursor<T>, batch: SourceBatch<T>): PollResult {
  const found = cursor.begin(batch.capacity - batch.length);
  batch.split = cursor.split;
  let offset = cursor.first;
  for (let left = cursor.length; left > 0; left--) {
    const record = cursor.record(offset);
    batch.values[batch.length] = record;
    batch.timestamps[batch.length] = cursor.timestamp(record, offset);
    batch.offsets[batch.length] = offset;
    batch.length++;
    offset += cursor.step;
  }
  return found;
}
