/**
 * The built-in triggers (rule 14). A trigger is a frozen object that keeps nothing in itself: what it remembers of a
 * key and window goes through its context, by name, and so into checkpoints.
 */
import { formatDuration, parseDuration, type Duration } from '../base/duration.js';
import type { TimeWindow, Trigger, TriggerContext, TriggerMergeContext, TriggerResult } from './window.js';
import { TriggerInvalid } from './window-errors.js';

/** Fires once the watermark has passed the end of the window, and at once for every late but allowed element. */
export function eventTimeTrigger(): Trigger<unknown> {
  return EVENT_TIME;
}

/** Fires once the machine's clock has passed the end of the window. */
export function processingTimeTrigger(): Trigger<unknown> {
  return PROCESSING_TIME;
}

/** Never fires: for the global window, and windows that are only looked at when they are cleared. */
export function neverTrigger(): Trigger<unknown> {
  return NEVER;
}

/** Fires whenever `count` elements have come since the last time: `countTrigger(100)`. */
export function countTrigger(count: number): CountTrigger {
  return new CountTrigger(count);
}

/** Drops the contents of the window with every firing of `inner`: `purging(countTrigger(100))`. */
export function purging<T>(inner: Trigger<T>): PurgingTrigger<T> {
  return new PurgingTrigger(inner);
}

/** Fires every `interval` of event time, at full multiples of it, and at the end of the window. */
export function continuousEventTimeTrigger(interval: Duration): Trigger<unknown> {
  return new ContinuousEventTimeTrigger(positiveInterval(interval));
}

/** Fires every `interval` of the machine's clock, at full multiples of it. */
export function continuousProcessingTimeTrigger(interval: Duration): Trigger<unknown> {
  return new ContinuousProcessingTimeTrigger(positiveInterval(interval));
}

/**
 * Fires when an element differs from the one of the last firing by more than `threshold`:
 * `deltaTrigger(10, (from, to) => Math.abs(to.speed - from.speed))`.
 */
export function deltaTrigger<T>(threshold: number, delta: (from: T, to: T) => number): Trigger<T> {
  if (typeof threshold !== 'number' || Number.isNaN(threshold)) throw TriggerInvalid.error({ what: `the threshold of a delta trigger is ${String(threshold)}` });
  return new DeltaTrigger(threshold, delta);
}

class EventTimeTrigger implements Trigger<unknown> {
  readonly name = 'eventTime';

  onElement(_value: unknown, _timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    if (window.maxTimestamp <= context.currentWatermark) return 'fire';
    context.registerEventTimeTimer(window.maxTimestamp);
    return 'continue';
  }

  onEventTime(time: number, window: TimeWindow): TriggerResult {
    return time === window.maxTimestamp ? 'fire' : 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  onMerge(window: TimeWindow, context: TriggerMergeContext): void {
    if (window.maxTimestamp > context.currentWatermark) context.registerEventTimeTimer(window.maxTimestamp);
  }

  clear(window: TimeWindow, context: TriggerContext): void {
    context.deleteEventTimeTimer(window.maxTimestamp);
  }
}

class ProcessingTimeTrigger implements Trigger<unknown> {
  readonly name = 'processingTime';

  onElement(_value: unknown, _timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    context.registerProcessingTimeTimer(window.maxTimestamp);
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'fire';
  }

  onMerge(window: TimeWindow, context: TriggerMergeContext): void {
    if (window.maxTimestamp > context.currentProcessingTime()) context.registerProcessingTimeTimer(window.maxTimestamp);
  }

  clear(window: TimeWindow, context: TriggerContext): void {
    context.deleteProcessingTimeTimer(window.maxTimestamp);
  }
}

class NeverTrigger implements Trigger<unknown> {
  readonly name = 'never';

  onElement(): TriggerResult {
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  onMerge(): void {}

  clear(): void {}
}

const EVENT_TIME: Trigger<unknown> = Object.freeze(new EventTimeTrigger());
const PROCESSING_TIME: Trigger<unknown> = Object.freeze(new ProcessingTimeTrigger());
const NEVER: Trigger<unknown> = Object.freeze(new NeverTrigger());

/** The name under which the count trigger keeps its count; the count-window operator reads and writes the same. */
export const COUNT_STATE = 'count';

/** Fires at every `size`-th element. Made by {@link countTrigger}. */
export class CountTrigger implements Trigger<unknown> {
  readonly name: string;
  readonly size: number;

  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1) throw TriggerInvalid.error({ what: `a count trigger was to fire after ${String(size)} elements` });
    this.name = `count(${size})`;
    this.size = size;
    Object.freeze(this);
  }

  onElement(_value: unknown, _timestamp: number, _window: TimeWindow, context: TriggerContext): TriggerResult {
    const count = (context.getNumber(COUNT_STATE) ?? 0) + 1;
    if (count < this.size) {
      context.setNumber(COUNT_STATE, count);
      return 'continue';
    }
    context.setNumber(COUNT_STATE, undefined);
    return 'fire';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  onMerge(_window: TimeWindow, context: TriggerMergeContext): void {
    let count = context.getNumber(COUNT_STATE) ?? 0;
    for (const merged of context.mergedNumbers(COUNT_STATE)) count += merged;
    context.setNumber(COUNT_STATE, count === 0 ? undefined : count);
  }

  clear(_window: TimeWindow, context: TriggerContext): void {
    context.setNumber(COUNT_STATE, undefined);
  }
}

/** Turns every firing of another trigger into fire-and-purge. Made by {@link purging}. */
export class PurgingTrigger<T> implements Trigger<T> {
  readonly name: string;
  readonly inner: Trigger<T>;
  readonly onMerge?: (window: TimeWindow, context: TriggerMergeContext) => void;

  constructor(inner: Trigger<T>) {
    this.name = `purging(${inner.name})`;
    this.inner = inner;
    if (inner.onMerge !== undefined) this.onMerge = (window, context) => inner.onMerge!(window, context);
    Object.freeze(this);
  }

  onElement(value: T, timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    return purge(this.inner.onElement(value, timestamp, window, context));
  }

  onEventTime(time: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    return purge(this.inner.onEventTime(time, window, context));
  }

  onProcessingTime(time: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    return purge(this.inner.onProcessingTime(time, window, context));
  }

  clear(window: TimeWindow, context: TriggerContext): void {
    this.inner.clear(window, context);
  }
}

function purge(result: TriggerResult): TriggerResult {
  return result === 'fire' ? 'fireAndPurge' : result;
}

const NEXT_FIRE = 'nextFire';

class ContinuousEventTimeTrigger implements Trigger<unknown> {
  readonly name: string;
  readonly #intervalMs: number;

  constructor(intervalMs: number) {
    this.name = `continuousEventTime(${formatDuration(intervalMs)})`;
    this.#intervalMs = intervalMs;
    Object.freeze(this);
  }

  onElement(_value: unknown, timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    if (window.maxTimestamp <= context.currentWatermark) return 'fire';
    context.registerEventTimeTimer(window.maxTimestamp);
    if (context.getNumber(NEXT_FIRE) === undefined) this.#registerNext(timestamp - (timestamp % this.#intervalMs), window, context);
    return 'continue';
  }

  onEventTime(time: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    if (time === window.maxTimestamp) return 'fire';
    if (context.getNumber(NEXT_FIRE) !== time) return 'continue';
    this.#registerNext(time, window, context);
    return 'fire';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  onMerge(_window: TimeWindow, context: TriggerMergeContext): void {
    const next = earliest(context);
    if (next !== undefined) context.registerEventTimeTimer(next);
  }

  clear(window: TimeWindow, context: TriggerContext): void {
    context.deleteEventTimeTimer(window.maxTimestamp);
    const next = context.getNumber(NEXT_FIRE);
    if (next === undefined) return;
    context.deleteEventTimeTimer(next);
    context.setNumber(NEXT_FIRE, undefined);
  }

  #registerNext(time: number, window: TimeWindow, context: TriggerContext): void {
    const next = Math.min(time + this.#intervalMs, window.maxTimestamp);
    context.setNumber(NEXT_FIRE, next);
    context.registerEventTimeTimer(next);
  }
}

class ContinuousProcessingTimeTrigger implements Trigger<unknown> {
  readonly name: string;
  readonly #intervalMs: number;

  constructor(intervalMs: number) {
    this.name = `continuousProcessingTime(${formatDuration(intervalMs)})`;
    this.#intervalMs = intervalMs;
    Object.freeze(this);
  }

  onElement(_value: unknown, _timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    if (context.getNumber(NEXT_FIRE) === undefined) {
      const now = context.currentProcessingTime();
      this.#registerNext(now - (now % this.#intervalMs), window, context);
    }
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(time: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    if (context.getNumber(NEXT_FIRE) !== time) return 'continue';
    context.setNumber(NEXT_FIRE, undefined);
    // At the end of the window there is no next time; registering the same one again would fire it for ever.
    if (time < window.maxTimestamp) this.#registerNext(time, window, context);
    return 'fire';
  }

  onMerge(_window: TimeWindow, context: TriggerMergeContext): void {
    const next = earliest(context);
    if (next !== undefined) context.registerProcessingTimeTimer(next);
  }

  clear(_window: TimeWindow, context: TriggerContext): void {
    const next = context.getNumber(NEXT_FIRE);
    if (next === undefined) return;
    context.deleteProcessingTimeTimer(next);
    context.setNumber(NEXT_FIRE, undefined);
  }

  #registerNext(time: number, window: TimeWindow, context: TriggerContext): void {
    const next = Math.min(time + this.#intervalMs, window.maxTimestamp);
    context.setNumber(NEXT_FIRE, next);
    context.registerProcessingTimeTimer(next);
  }
}

/** Makes the earliest of the next times of merged windows the result's own. */
function earliest(context: TriggerMergeContext): number | undefined {
  let next = context.getNumber(NEXT_FIRE);
  for (const merged of context.mergedNumbers(NEXT_FIRE)) if (next === undefined || merged < next) next = merged;
  context.setNumber(NEXT_FIRE, next);
  return next;
}

const LAST = 'last';

class DeltaTrigger<T> implements Trigger<T> {
  readonly name: string;
  readonly #threshold: number;
  readonly #delta: (from: T, to: T) => number;

  constructor(threshold: number, delta: (from: T, to: T) => number) {
    this.name = `delta(${threshold})`;
    this.#threshold = threshold;
    this.#delta = delta;
    Object.freeze(this);
  }

  onElement(value: T, _timestamp: number, _window: TimeWindow, context: TriggerContext): TriggerResult {
    const last = context.getValue(LAST) as T | undefined;
    if (last === undefined) {
      context.setValue(LAST, value);
      return 'continue';
    }
    if (!(this.#delta(last, value) > this.#threshold)) return 'continue';
    context.setValue(LAST, value);
    return 'fire';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  clear(_window: TimeWindow, context: TriggerContext): void {
    context.setValue(LAST, undefined);
  }
}

function positiveInterval(interval: Duration): number {
  const milliseconds = parseDuration(interval, 'the interval of the trigger');
  if (milliseconds > 0) return milliseconds;
  throw TriggerInvalid.error({ what: 'the interval of a trigger is 0 ms' });
}
