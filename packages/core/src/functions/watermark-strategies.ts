import { type Duration, parseDuration } from '../base/duration.js';
import { WatermarkStrategyInvalid } from './errors.js';
import type { TimestampAssigner, WatermarkAlignment, WatermarkGenerator, WatermarkKind, WatermarkStrategy } from './watermark-strategy.js';

/** What every watermark strategy may be given. */
export interface WatermarkOptions {
  /** A split (or stream) silent for this long no longer holds time back. Never, unless given. */
  readonly idleness?: Duration;
  /** Sources of one group do not run ahead of its slowest by more than the drift. */
  readonly alignment?: { readonly group: string; readonly maxDrift: Duration };
  /** The longest silence between two chances to emit; by default the option `watermark.interval`. */
  readonly interval?: Duration;
}

/**
 * For timestamps that never go back within a split: the watermark is one millisecond behind the highest.
 *
 * ```ts
 * import { elements, monotonousTimestamps, StreamEnvironment } from 'millrace';
 *
 * const env = StreamEnvironment.create();
 * env.fromSource(elements({ id: 'a', timestamp: 1_772_452_800_000 }), { watermarks: monotonousTimestamps((order) => order.timestamp) }).print();
 * await env.execute('orders');
 * ```
 */
export function monotonousTimestamps<T>(timestamp?: TimestampAssigner<T>, options?: WatermarkOptions): WatermarkStrategy<T> {
  return strategy({ kind: 'boundedOutOfOrderness', boundMs: 0 }, timestamp, options);
}

/**
 * For timestamps that come at most `bound` too late: the watermark stays `bound` and one millisecond behind the highest.
 *
 * ```ts
 * import { boundedOutOfOrderness } from 'millrace';
 *
 * boundedOutOfOrderness('10 s', (event: { readonly time: number }) => event.time, { idleness: '1 min' });
 * ```
 */
export function boundedOutOfOrderness<T>(bound: Duration, timestamp?: TimestampAssigner<T>, options?: WatermarkOptions): WatermarkStrategy<T> {
  return strategy({ kind: 'boundedOutOfOrderness', boundMs: parseDuration(bound, 'the bound of out-of-orderness') }, timestamp, options);
}

/** No watermarks at all, for jobs that do not work in event time. Bounded input still ends with the final watermark. */
export function noWatermarks<T>(timestamp?: TimestampAssigner<T>): WatermarkStrategy<T> {
  return strategy({ kind: 'none' }, timestamp, undefined);
}

/**
 * A generator of your own, made once per split: `onEvent` for punctuated watermarks, `onPeriodic` for those at every
 * chance to emit.
 */
export function customWatermarks<T>(
  create: () => WatermarkGenerator<T>,
  timestamp?: TimestampAssigner<T>,
  options?: WatermarkOptions,
): WatermarkStrategy<T> {
  if (typeof create !== 'function') throw invalid(`customWatermarks needs a function that makes a generator, not ${String(create)}`);
  return strategy({ kind: 'custom', create }, timestamp, options);
}

/** The timestamp is the time at which a record was read; it never goes back, and so the watermark is one millisecond behind. */
export function ingestionTime<T>(options?: WatermarkOptions): WatermarkStrategy<T> {
  return strategy({ kind: 'ingestionTime' }, undefined, options);
}

const OPTION_NAMES: readonly string[] = ['idleness', 'alignment', 'interval'];

function strategy<T>(
  watermarks: WatermarkKind<T>,
  timestamp: TimestampAssigner<T> | undefined,
  options: WatermarkOptions | undefined,
): WatermarkStrategy<T> {
  if (timestamp !== undefined && typeof timestamp !== 'function') {
    throw invalid(`the timestamp of a watermark strategy must be a function of the record, not ${typeof timestamp}`);
  }
  return Object.freeze({
    watermarks: Object.freeze(watermarks),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(options === undefined ? {} : parts(options)),
  });
}

function parts(options: WatermarkOptions): Pick<WatermarkStrategy<unknown>, 'alignment' | 'idleAfterMs' | 'intervalMs'> {
  if (typeof options !== 'object' || options === null) throw invalid('the options of a watermark strategy must be an object');
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.includes(name)) throw invalid(`a watermark strategy has no option "${name}"; there are ${OPTION_NAMES.join(', ')}`);
  }
  const { idleness, alignment, interval } = options;
  return {
    ...(idleness === undefined ? {} : { idleAfterMs: positive(idleness, 'the idleness of a watermark strategy') }),
    ...(alignment === undefined ? {} : { alignment: alignmentOf(alignment) }),
    ...(interval === undefined ? {} : { intervalMs: positive(interval, 'the interval of a watermark strategy') }),
  };
}

function alignmentOf(alignment: { readonly group: string; readonly maxDrift: Duration }): WatermarkAlignment {
  if (typeof alignment !== 'object' || alignment === null || typeof alignment.group !== 'string' || alignment.group === '') {
    throw invalid("the alignment of a watermark strategy needs a group name and a drift: { group: 'orders', maxDrift: '30 s' }");
  }
  return Object.freeze({ group: alignment.group, maxDriftMs: parseDuration(alignment.maxDrift, 'the drift of a watermark alignment') });
}

function positive(duration: Duration, name: string): number {
  const milliseconds = parseDuration(duration, name);
  if (milliseconds > 0) return milliseconds;
  throw invalid(`${name} must be longer than 0 ms`);
}

function invalid(what: string): Error {
  return WatermarkStrategyInvalid.error({ what });
}
