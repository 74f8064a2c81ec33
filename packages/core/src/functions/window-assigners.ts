/**
 * The built-in window assigners: plain data that the planner reads, so that it can take a specialised operator.
 *
 * ```ts
 * orders.keyBy('userId').window(slidingEventTime('1 min', '10 s', { offset: '2 s' }))
 * ```
 */
import { parseDuration, type Duration } from '../base/duration.js';
import { GLOBAL_WINDOW, timeWindow, windowStart } from './time-window.js';
import type { AssignerContext, TimeDomain, TimeWindow, Trigger, WindowAssigner } from './window.js';
import { eventTimeTrigger, neverTrigger, processingTimeTrigger } from './triggers.js';
import { AssignedWindowInvalid, SessionGapInvalid, WindowInvalid } from './window-errors.js';

/** Where windows begin, relative to the epoch. */
export interface WindowOffset {
  /** Moves the start of every window, e.g. `'-8 h'` for days in UTC+8. Smaller than the size (or slide). */
  readonly offset?: Duration;
}

/** Windows of one size, one after the other, by event time: `tumblingEventTime('10 min')`. */
export function tumblingEventTime(size: Duration, options: WindowOffset = {}): WindowAssigner<unknown> {
  return tumbling('event', size, options);
}

/** Windows of one size, one after the other, by the machine's clock. */
export function tumblingProcessingTime(size: Duration, options: WindowOffset = {}): WindowAssigner<unknown> {
  return tumbling('processing', size, options);
}

/** Windows of one size that begin every `slide`, by event time: `slidingEventTime('1 h', '5 min')`. */
export function slidingEventTime(size: Duration, slide: Duration, options: WindowOffset = {}): WindowAssigner<unknown> {
  return sliding('event', size, slide, options);
}

/** Windows of one size that begin every `slide`, by the machine's clock. */
export function slidingProcessingTime(size: Duration, slide: Duration, options: WindowOffset = {}): WindowAssigner<unknown> {
  return sliding('processing', size, slide, options);
}

/** Windows that grow from a common start by `step` until they have `size`: a day's totals, every hour. By event time. */
export function cumulativeEventTime(size: Duration, step: Duration, options: WindowOffset = {}): WindowAssigner<unknown> {
  return cumulative('event', size, step, options);
}

/** Windows that grow from a common start by `step` until they have `size`, by the machine's clock. */
export function cumulativeProcessingTime(size: Duration, step: Duration, options: WindowOffset = {}): WindowAssigner<unknown> {
  return cumulative('processing', size, step, options);
}

/** Windows of activity per key, ended by `gap` without an element, by event time: `sessionEventTime('30 min')`. */
export function sessionEventTime(gap: Duration): WindowAssigner<unknown> {
  return Object.freeze({ kind: 'session', domain: 'event', gapMs: positive(gap, 'the gap of the session') });
}

/** Windows of activity per key, ended by `gap` without an element, by the machine's clock. */
export function sessionProcessingTime(gap: Duration): WindowAssigner<unknown> {
  return Object.freeze({ kind: 'session', domain: 'processing', gapMs: positive(gap, 'the gap of the session') });
}

/** Sessions whose gap, in milliseconds, each element decides, by event time. */
export function dynamicSessionEventTime<T>(gapOf: (value: T) => number): WindowAssigner<T> {
  return Object.freeze({ kind: 'dynamicSession', domain: 'event', gapOf });
}

/** Sessions whose gap, in milliseconds, each element decides, by the machine's clock. */
export function dynamicSessionProcessingTime<T>(gapOf: (value: T) => number): WindowAssigner<T> {
  return Object.freeze({ kind: 'dynamicSession', domain: 'processing', gapOf });
}

const GLOBAL: WindowAssigner<unknown> = Object.freeze({ kind: 'global' });

/** One window per key that never ends; it needs a trigger, or nothing is ever emitted. */
export function globalWindows(): WindowAssigner<unknown> {
  return GLOBAL;
}

/** The clock an assigner follows; the global window follows none. */
export function domainOf(assigner: WindowAssigner<never>): TimeDomain | undefined {
  return assigner.kind === 'global' ? undefined : assigner.domain;
}

/** True when windows of one key may grow together. */
export function isMerging(assigner: WindowAssigner<never>): boolean {
  return assigner.kind === 'session' || assigner.kind === 'dynamicSession' || (assigner.kind === 'custom' && assigner.merging === true);
}

/** The trigger of an assigner, where the user names none. */
export function defaultTrigger<T>(assigner: WindowAssigner<T>): Trigger<T> {
  if (assigner.kind === 'global') return neverTrigger();
  if (assigner.kind === 'custom' && assigner.defaultTrigger !== undefined) return assigner.defaultTrigger();
  return assigner.domain === 'event' ? eventTimeTrigger() : processingTimeTrigger();
}

/** The assigner in words, for names and plans: `tumbling(10000 ms)`. */
export function describeAssigner(assigner: WindowAssigner<never>): string {
  switch (assigner.kind) {
    case 'tumbling':
      return `tumbling(${assigner.sizeMs} ms)`;
    case 'sliding':
      return `sliding(${assigner.sizeMs} ms, ${assigner.slideMs} ms)`;
    case 'cumulative':
      return `cumulative(${assigner.sizeMs} ms, ${assigner.stepMs} ms)`;
    case 'session':
      return `session(${assigner.gapMs} ms)`;
    default:
      return assigner.kind;
  }
}

/**
 * The windows of an element, straight from the rules 1, 3, 9 and 15: what the generic operator asks, and what the
 * specialised ones are tested against. `time` is the element's timestamp, or the processing time by the domain.
 */
export function assignWindows<T>(assigner: WindowAssigner<T>, value: T, time: number, context: AssignerContext): readonly TimeWindow[] {
  switch (assigner.kind) {
    case 'tumbling': {
      const start = windowStart(time, assigner.offsetMs, assigner.sizeMs);
      return [timeWindow(start, start + assigner.sizeMs)];
    }
    case 'sliding':
      return slidingWindows(time, assigner.sizeMs, assigner.slideMs, assigner.offsetMs);
    case 'cumulative':
      return cumulativeWindows(time, assigner.sizeMs, assigner.stepMs, assigner.offsetMs);
    case 'session':
      return [timeWindow(time, time + assigner.gapMs)];
    case 'dynamicSession':
      return [timeWindow(time, time + checkedGap(assigner.gapOf(value)))];
    case 'global':
      return [GLOBAL_WINDOW];
    case 'custom':
      return checkedWindows(assigner.assign(value, time, context));
  }
}

/** The gap that a user's function gave, in whole milliseconds; a coded error unless it is above zero (rule 9). */
export function checkedGap(gap: unknown): number {
  if (typeof gap === 'number' && Number.isSafeInteger(Math.floor(gap)) && gap >= 1) return Math.floor(gap);
  throw SessionGapInvalid.error({ what: `the function for the session gap returned ${describeValue(gap)}` });
}

function tumbling(domain: TimeDomain, size: Duration, options: WindowOffset): WindowAssigner<unknown> {
  const sizeMs = positive(size, 'the size of the window');
  return Object.freeze({ kind: 'tumbling', domain, sizeMs, offsetMs: offsetWithin(options.offset, sizeMs, 'size') });
}

function sliding(domain: TimeDomain, size: Duration, slide: Duration, options: WindowOffset): WindowAssigner<unknown> {
  const sizeMs = positive(size, 'the size of the window');
  const slideMs = positive(slide, 'the slide of the window');
  return Object.freeze({ kind: 'sliding', domain, sizeMs, slideMs, offsetMs: offsetWithin(options.offset, slideMs, 'slide') });
}

function cumulative(domain: TimeDomain, size: Duration, step: Duration, options: WindowOffset): WindowAssigner<unknown> {
  const sizeMs = positive(size, 'the size of the window');
  const stepMs = positive(step, 'the step of the window');
  if (sizeMs % stepMs !== 0) {
    throw WindowInvalid.error({ what: `a step of ${stepMs} ms does not divide the size of ${sizeMs} ms`, remedy: 'Choose a step that divides the size, so that the last step ends with the window.' });
  }
  return Object.freeze({ kind: 'cumulative', domain, sizeMs, stepMs, offsetMs: offsetWithin(options.offset, sizeMs, 'size') });
}

function positive(duration: Duration, name: string): number {
  const milliseconds = parseDuration(duration, name);
  if (milliseconds > 0) return milliseconds;
  throw WindowInvalid.error({ what: `${name} is ${milliseconds} ms` });
}

function offsetWithin(offset: Duration | undefined, limit: number, of: string): number {
  if (offset === undefined) return 0;
  const milliseconds = signedDuration(offset);
  if (Math.abs(milliseconds) < limit) return milliseconds;
  throw WindowInvalid.error({ what: `the offset of ${milliseconds} ms is not smaller than the ${of} of ${limit} ms` });
}

/** A duration that may be negative: days of a time zone east of Greenwich begin before those of UTC. */
function signedDuration(offset: Duration): number {
  if (typeof offset === 'number' && offset < 0) return -parseDuration(-offset, 'the offset of the window');
  const text = typeof offset === 'string' ? offset.trim() : '';
  if (text.startsWith('-')) return -parseDuration(text.slice(1), 'the offset of the window');
  return parseDuration(offset, 'the offset of the window');
}

function slidingWindows(time: number, sizeMs: number, slideMs: number, offsetMs: number): TimeWindow[] {
  const windows: TimeWindow[] = [];
  for (let start = windowStart(time, offsetMs, slideMs); start > time - sizeMs; start -= slideMs) windows.push(timeWindow(start, start + sizeMs));
  return windows;
}

function cumulativeWindows(time: number, sizeMs: number, stepMs: number, offsetMs: number): TimeWindow[] {
  const windows: TimeWindow[] = [];
  const start = windowStart(time, offsetMs, sizeMs);
  for (let end = windowStart(time, start, stepMs) + stepMs; end <= start + sizeMs; end += stepMs) windows.push(timeWindow(start, end));
  return windows;
}

function checkedWindows(windows: readonly { readonly start: number; readonly end: number }[]): readonly TimeWindow[] {
  if (!Array.isArray(windows)) throw AssignedWindowInvalid.error({ what: `a custom window assigner returned ${describeValue(windows)} where a list of windows is expected` });
  return windows.map((window: { readonly start: number; readonly end: number }) => {
    if (window.start < window.end) return timeWindow(window.start, window.end);
    throw AssignedWindowInvalid.error({ what: `a custom window assigner returned a window from ${String(window.start)} to ${String(window.end)}` });
  });
}

function describeValue(value: unknown): string {
  return typeof value === 'number' || value === undefined || value === null ? String(value) : `a ${typeof value}`;
}
