import type { Source } from '../../connector/source.js';
import { normaliseTimestamp } from '../../record/timestamps.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { ConnectorOptionInvalid } from '../errors.js';
import { FixedSplits } from '../../connector/fixed-splits.js';
import { PositionReader, type PositionSplit } from '../../connector/position-reader.js';

/** How a collection is read. */
export interface CollectionOptions<T> {
  /** The type of the records; dynamic unless given. */
  readonly type?: TypeInfo<T>;
  /** The event time of a record in epoch milliseconds; without it the source has none. */
  readonly timestamp?: (value: T, index: number) => number;
}

/** Reads the given values, in their order, in one subtask. */
export function elements<T>(...values: readonly T[]): Source<T, PositionSplit> {
  return collection(values);
}

/**
 * Reads the values of an array or another iterable, in their order, in one subtask. An iterable is read out when the
 * source is made; every thread that builds the job makes its own, so it must give the same values each time. The position
 * is the index.
 */
export function collection<T>(values: Iterable<T>, options: CollectionOptions<T> = {}): Source<T, PositionSplit> {
  if (typeof (values as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function') {
    throw ConnectorOptionInvalid.error({ what: 'collection: the values are not iterable', remedy: 'Give an array or another iterable; for an async iterable use asyncIterable().' });
  }
  const all: readonly T[] = [...values];
  const { timestamp } = options;
  return {
    kind: 'collection',
    bounded: true,
    replayable: true,
    type: options.type ?? (t.dynamic as TypeInfo<T>),
    createEnumerator: (context, restored) => new FixedSplits<PositionSplit>(context, restored, () => [{ id: 'collection', position: 0, end: all.length, step: 1 }]),
    createReader: (context) =>
      new PositionReader(
        {
          recordAt: (position) => all[position] as T,
          timestampAt: timestamp === undefined ? undefined : (value, position) => normaliseTimestamp(timestamp(value, position)),
        },
        context,
      ),
  };
}
