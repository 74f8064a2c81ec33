import { explainUnsupported } from '../../record/value-domain.js';
import { excerpt } from '../../record/excerpt.js';
import type { OperatorInfo } from '../operator-context.js';
import { placeOf } from '../user-failure.js';
import { AccumulatorNotSendable } from './errors.js';
import type { PartialAccumulator } from './pre-reduction.js';

/** The error to throw when a batch of partial accumulators could not be sent to the window `target`: the first that is no value, or what was thrown. */
export function partialsFailure(target: OperatorInfo, partials: readonly PartialAccumulator[], error: unknown): unknown {
  for (const { key, accumulator } of partials) {
    const found = explainUnsupported(accumulator);
    if (found === undefined) continue;
    return AccumulatorNotSendable.error({
      what: `the aggregate of "${target.name}" made an accumulator for the key ${excerpt(key)} that cannot be sent: ${found.what}`,
      where: { ...placeOf(target), key: excerpt(key), ...found.where },
      cause: error,
    });
  }
  return error;
}
