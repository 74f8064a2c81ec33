import type { Source } from '../../connector/source.js';
import { t } from '../../record/types/t.js';
import { ConnectorOptionInvalid } from '../errors.js';
import { FixedSplits } from '../../connector/fixed-splits.js';
import { PositionReader, type PositionSplit, stridedSplits } from '../../connector/position-reader.js';

/** How a sequence is read. */
export interface SequenceOptions {
  /** Numbers per second over all subtasks; no limit unless given. */
  readonly rate?: number;
}

/**
 * The whole numbers from `from` to `to`, both included. Subtask i of n gives `from + i`, `from + i + n` and so on, each in
 * ascending order. The position is the next number, so it can be read again and at another parallelism.
 */
export function sequence(from: number, to: number, options: SequenceOptions = {}): Source<number, PositionSplit> {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || !Number.isSafeInteger(to - from + 1)) {
    throw ConnectorOptionInvalid.error({ what: `sequence: ${String(from)} to ${String(to)} are not the ends of a range of safe integers` });
  }
  return {
    kind: 'sequence',
    bounded: true,
    replayable: true,
    type: t.number,
    createEnumerator: (context, restored) =>
      new FixedSplits<PositionSplit>(context, restored, () => stridedSplits('sequence', from, to + 1, context.parallelism)),
    createReader: (context) => new PositionReader({ recordAt: (position) => position }, context, options.rate),
  };
}
