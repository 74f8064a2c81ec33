import { explainUnsupported } from '../../record/value-domain.js';
import { excerpt } from '../../record/excerpt.js';
import type { RecordBatch } from '../../record/record-batch.js';
import type { OperatorInfo } from '../operator-context.js';
import { placeOf } from '../user-failure.js';
import { AccumulatorNotSendable } from './errors.js';

/** The error to throw when a batch of partial accumulators could not be sent to the window `target`: the first that is no value, or what was thrown. */
export function partialsFailure(target: OperatorInfo, batch: RecordBatch, error: unknown): unknown {
  for (let at = 0; at < batch.length; at++) {
    const found = explainUnsupported(batch.values[at]);
    if (found === undefined) continue;
    const key = batch.keys?.values[at];
    return AccumulatorNotSendable.error({
      what: `the aggregate of "${target.name}" made an accumulator for the key ${excerpt(key)} that cannot be sent: ${found.what}`,
      where: { ...placeOf(target), key: excerpt(key), ...found.where },
      cause: error,
    });
  }
  return error;
}
