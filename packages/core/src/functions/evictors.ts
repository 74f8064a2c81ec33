/**
 * The built-in evictors (rules 13 and 14). A window with an evictor keeps its elements one by one, so nothing is
 * aggregated before the window fires.
 */
import { formatDuration, parseDuration, type Duration } from '../base/duration.js';
import type { Buffered, Evictor, TimeWindow } from './window.js';
import { TriggerInvalid } from './window-errors.js';

/** When an evictor works. */
export interface EvictorOptions {
  /** True to drop elements after the window's function has seen them; before it by default. */
  readonly after?: boolean;
}

type Keep<T> = (elements: readonly Buffered<T>[], window: TimeWindow, currentTime: number) => readonly Buffered<T>[];

/** Keeps the last `count` elements. */
export function countEvictor(count: number, options: EvictorOptions = {}): Evictor<unknown> {
  if (!Number.isSafeInteger(count) || count < 0) throw TriggerInvalid.error({ what: `a count evictor was to keep ${String(count)} elements` });
  return evictor(`count(${count})`, (elements) => (elements.length > count ? elements.slice(elements.length - count) : elements), options);
}

/**
 * Keeps the elements whose timestamp is less than `size` older than the latest one in the window. Elements without
 * timestamps are all kept.
 */
export function timeEvictor(size: Duration, options: EvictorOptions = {}): Evictor<unknown> {
  const sizeMs = parseDuration(size, 'the size of the evictor');
  return evictor(`time(${formatDuration(sizeMs)})`, (elements) => keepYounger(elements, sizeMs), options);
}

/** Drops the elements that differ from the last one by `threshold` or more. */
export function deltaEvictor<T>(threshold: number, delta: (from: T, to: T) => number, options: EvictorOptions = {}): Evictor<T> {
  if (typeof threshold !== 'number' || Number.isNaN(threshold)) throw TriggerInvalid.error({ what: `the threshold of a delta evictor is ${String(threshold)}` });
  return evictor<T>(`delta(${threshold})`, (elements) => keepNearer(elements, threshold, delta), options);
}

function evictor<T>(name: string, keep: Keep<T>, options: EvictorOptions): Evictor<T> {
  return Object.freeze(options.after === true ? { name, evictAfter: keep } : { name, evictBefore: keep });
}

function keepYounger<T>(elements: readonly Buffered<T>[], sizeMs: number): readonly Buffered<T>[] {
  if (elements[0]?.timestamp === undefined) return elements;
  let latest = -Infinity;
  for (const element of elements) if (element.timestamp !== undefined && element.timestamp > latest) latest = element.timestamp;
  const cutoff = latest - sizeMs;
  return elements.filter((element) => element.timestamp === undefined || element.timestamp > cutoff);
}

function keepNearer<T>(elements: readonly Buffered<T>[], threshold: number, delta: (from: T, to: T) => number): readonly Buffered<T>[] {
  const last = elements[elements.length - 1];
  if (last === undefined) return elements;
  return elements.filter((element) => !(delta(element.value, last.value) >= threshold));
}
