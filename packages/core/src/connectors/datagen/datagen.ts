import { checkedRate } from '../../connector/pacer.js';
import type { ReaderContext, Source, SourceReader } from '../../connector/source.js';
import { normaliseTimestamp } from '../../record/timestamps.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { ConnectorFunctionFailed, ConnectorOptionInvalid } from '../errors.js';
import { FixedSplits } from '../../connector/fixed-splits.js';
import { PositionReader, type PositionSplit, stridedSplits } from '../../connector/position-reader.js';
import type { Generated, Generator } from './generators.js';
import { PositionalRandom } from './positional-random.js';

/** What every generated stream is told. */
export interface DatagenSettings<T> {
  /** The same seed gives the same records; 0 unless given. */
  readonly seed?: number;
  /** How many records in all; endless unless given. */
  readonly count?: number;
  /** Records per second over all subtasks; no limit unless given. */
  readonly rate?: number;
  readonly type?: TypeInfo<T>;
  /** The event time of a record in epoch milliseconds; without it the source has none. */
  readonly timestamp?: (value: T, index: number) => number;
}

/** The options as the implementation sees them: the type of the records is the caller's. */
interface AnyDatagen extends Omit<DatagenSettings<unknown>, 'timestamp'> {
  readonly fields: Generator<unknown> | Readonly<Record<string, Generator<unknown>>>;
  readonly timestamp?: (value: never, index: number) => number;
}

/**
 * Generates records, from a generator per field or with a function of index and chance. Record i is a function of the seed
 * and i alone: the stream can be read again, and its records are the same whatever the parallelism.
 */
export function datagen<F extends Readonly<Record<string, Generator<unknown>>>>(options: { readonly fields: F } & DatagenSettings<Generated<F>>): Source<Generated<F>, PositionSplit>;
export function datagen<T>(options: { readonly fields: Generator<T> } & DatagenSettings<T>): Source<T, PositionSplit>;
export function datagen(options: AnyDatagen): Source<unknown, PositionSplit> {
  const { seed = 0, count = Infinity, rate, timestamp } = options;
  if (!Number.isSafeInteger(seed)) throw ConnectorOptionInvalid.error({ what: `datagen: seed is ${String(seed)}, and must be a whole number` });
  if (!(count === Infinity || (Number.isSafeInteger(count) && count >= 0))) throw ConnectorOptionInvalid.error({ what: `datagen: count is ${String(count)}, and must be a whole number` });
  if (rate !== undefined) checkedRate(rate);
  const make = recordMaker(options.fields);
  return {
    kind: 'datagen',
    bounded: count !== Infinity,
    replayable: true,
    type: options.type ?? t.dynamic,
    createEnumerator: (context, restored) => new FixedSplits<PositionSplit>(context, restored, () => stridedSplits('datagen', 0, count, context.parallelism)),
    createReader: (context) => reader(make, seed, timestamp as DatagenSettings<unknown>['timestamp'], rate, context),
  };
}

function reader(make: Generator<unknown>, seed: number, timestamp: DatagenSettings<unknown>['timestamp'], rate: number | undefined, context: ReaderContext): SourceReader<unknown, PositionSplit> {
  const random = new PositionalRandom();
  const recordAt = (position: number): unknown => {
    random.begin(seed, position);
    return generated(make, position, random);
  };
  const timestampAt = timestamp === undefined ? undefined : (value: unknown, position: number): number => normaliseTimestamp(timestamp(value, position));
  return new PositionReader({ recordAt, timestampAt }, context, rate);
}

function generated(make: Generator<unknown>, position: number, random: PositionalRandom): unknown {
  try {
    return make(position, random);
  } catch (error) {
    throw ConnectorFunctionFailed.error({ what: `datagen: the generator failed for record ${position}: ${error instanceof Error ? error.message : String(error)}`, cause: error });
  }
}

function recordMaker(fields: Generator<unknown> | Readonly<Record<string, Generator<unknown>>>): Generator<unknown> {
  if (typeof fields === 'function') return fields;
  if (typeof fields !== 'object' || fields === null) throw ConnectorOptionInvalid.error({ what: 'datagen: fields is neither a function nor an object of generators' });
  const entries = Object.entries(fields);
  for (const [name, generator] of entries) {
    if (typeof generator !== 'function') throw ConnectorOptionInvalid.error({ what: `datagen: the field "${name}" has no generator`, remedy: 'Give each field one, e.g. gen.integer(0, 9).' });
  }
  return (index, random) => {
    const record: Record<string, unknown> = {};
    for (const [name, generator] of entries) record[name] = generator(index, random);
    return record;
  };
}
