import { BlockQueue } from './block-queue.js';
import { fillBatch } from './fill-batch.js';
import type { PositionSplit } from './position-reader.js';
import type { PollResult, ReaderContext, RecordCursor, SourceReader } from './source.js';
import { TimedWakeUp } from './timed-wake-up.js';

/** The plainest reader of blocks: each position has the record that `record` makes of it. */
export function blockReader<T>(context: ReaderContext, record: (position: number) => T): SourceReader<T, PositionSplit> {
  const queue = new BlockQueue((finished) => context.requestSplit(finished));
  const wakeUp = new TimedWakeUp(context.platform);
  const cursor = {
    split: '',
    length: 0,
    first: 0,
    step: 1,
    begin(capacity: number): PollResult {
      wakeUp.clear();
      const block = queue.current();
      cursor.length = 0;
      if (block === undefined) return queue.noMore ? 'end' : wakeUp.nothing(Infinity);
      cursor.split = block.id;
      cursor.first = block.position;
      cursor.length = Math.min(capacity, block.end - block.position);
      queue.advance(block.position + cursor.length);
      return 'more';
    },
    record,
    timestamp: () => Number.NaN,
  } satisfies RecordCursor<T>;
  return {
    cursor,
    start() {},
    addSplits(splits) {
      queue.add(splits);
      wakeUp.wake();
    },
    noMoreSplits() {
      queue.noMore = true;
      wakeUp.wake();
    },
    poll: (batch) => fillBatch(cursor, batch),
    available: () => wakeUp.wait(),
    snapshot: () => queue.snapshot(),
    activeSplits: () => queue.active,
    close: () => wakeUp.close(),
  };
}
