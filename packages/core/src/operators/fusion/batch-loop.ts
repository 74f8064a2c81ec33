import type { RecordBatch } from '../../record/record-batch.js';
import type { PartialReceiver, Receiver } from '../operator.js';
import type { RecordContext } from '../operator-context.js';
import type { StopSignal } from '../source-head.js';
import { type BatchPlace, recordLoopText } from './record-loop.js';
import { isFusible, StageCode } from './stage-code.js';

/** Runs a batch from the place's cursor on into a chain; true when it is through. When a record throws, the cursor is behind it. */
export type BatchLoop = (stop: StopSignal, batch: RecordBatch) => boolean;

/** What a loop over batches works on. */
export interface BatchLoopParts {
  readonly receiver: Receiver;
  readonly record: RecordContext;
  readonly place: BatchPlace;
}

/** Generates the loop with the operators behind it inside: {@link plainBatchLoop} has the same as code. */
export function generateBatchLoop(parts: BatchLoopParts): BatchLoop {
  if (!isFusible(parts.receiver)) return plainBatchLoop(parts);
  const code = new StageCode(parts.record, 'timestamp', true);
  const value = code.variable();
  const place = code.part(parts.place);
  const record = `
${value} = read === undefined ? values[cursor] : read(cursor);
const timestamp = timestamps[cursor++];
${code.part(parts.record)}.timestamp = timestamp;
${code.next(parts.receiver, value)}`;
  const declare = `const { values, timestamps, read, length: end } = batch;\nlet { cursor } = ${place};`;
  return code.build(['stop', 'batch'], recordLoopText(code, { declare, stride: `${place}.stride`, record, leave: `${place}.cursor = cursor;` })) as BatchLoop;
}

/** The loop where no code is generated. */
export function plainBatchLoop({ receiver, record, place }: BatchLoopParts): BatchLoop {
  return plainLoop(record, place, (batch, at) => receiver.process(batch.take(at)));
}

/** The loop over a batch of partial accumulators. */
export function partialLoop(receiver: PartialReceiver, record: RecordContext, place: BatchPlace): BatchLoop {
  return plainLoop(record, place, (batch, at) => {
    const keys = batch.keys as RecordBatch;
    receiver.take(keys.values[at], batch.values[at], keys.timestamps[at] as number);
  });
}

/** A loop that hands the places of a batch to `take`. */
function plainLoop(record: RecordContext, place: BatchPlace, take: (batch: RecordBatch, at: number) => void): BatchLoop {
  return (stop, batch) => {
    const { timestamps, length } = batch;
    let { cursor } = place;
    while (cursor < length) {
      const stride = Math.min(length, cursor + place.stride);
      while (cursor < stride && !stop.stopped) {
        // Moved on before the call: when it throws, the record under way is the one before the cursor.
        place.cursor = cursor + 1;
        record.timestamp = timestamps[cursor] as number;
        take(batch, cursor);
        cursor++;
      }
      if (cursor < length && (stop.stopped || !stop.hasTime())) return false;
    }
    return true;
  };
}
