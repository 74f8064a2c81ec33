import type { Namespace, TimerHandler, Timers } from '../backend.js';
import type { CurrentKey } from '../backends/heap/current-key.js';
import { TimerTimeInvalid } from '../errors.js';
import type { FiredTimer, TimerDomain } from './timer-domain.js';

/** The timers of an operator on the heap, in both time domains. */
export class HeapTimers implements Timers {
  readonly #name: string;
  readonly #current: CurrentKey;
  readonly #event: TimerDomain;
  readonly #processing: TimerDomain;
  readonly #fireEvent: FiredTimer;
  readonly #fireProcessing: FiredTimer;

  constructor(name: string, domains: { readonly event: TimerDomain; readonly processing: TimerDomain }, current: CurrentKey, handler: TimerHandler, beforeKey: () => void) {
    this.#name = name;
    this.#current = current;
    this.#event = domains.event;
    this.#processing = domains.processing;
    const fire = (domain: 'event' | 'processing', key: unknown, place: number, time: number, namespace: Namespace | null): void => {
      beforeKey();
      current.setAt(key, place);
      current.setNamespace(namespace);
      handler(domain, time, namespace);
    };
    this.#fireEvent = (key, place, time, namespace) => fire('event', key, place, time, namespace);
    this.#fireProcessing = (key, place, time, namespace) => fire('processing', key, place, time, namespace);
  }

  registerEventTime(time: number, namespace: Namespace | null): void {
    this.#require();
    this.#register(this.#event, time, namespace);
  }

  deleteEventTime(time: number, namespace: Namespace | null): void {
    this.#require();
    this.#delete(this.#event, time, namespace);
  }

  registerProcessingTime(time: number, namespace: Namespace | null): void {
    this.#require();
    this.#register(this.#processing, time, namespace);
  }

  deleteProcessingTime(time: number, namespace: Namespace | null): void {
    this.#require();
    this.#delete(this.#processing, time, namespace);
  }

  fireEventTime(watermark: number, mayContinue: () => boolean): 'done' | 'more' {
    return this.#event.fire(watermark, mayContinue, this.#fireEvent);
  }

  fireProcessingTime(now: number, mayContinue: () => boolean): 'done' | 'more' {
    return this.#processing.fire(now, mayContinue, this.#fireProcessing);
  }

  get nextProcessingTime(): number {
    return this.#processing.earliest;
  }

  get eventTimeCount(): number {
    return this.#event.size;
  }

  get processingTimeCount(): number {
    return this.#processing.size;
  }

  #register(domain: TimerDomain, time: number, namespace: Namespace | null): void {
    const whole = timerTime(time);
    const place = this.#current.takePlace();
    this.#current.keep();
    domain.register(place, whole, namespace);
  }

  #delete(domain: TimerDomain, time: number, namespace: Namespace | null): void {
    const whole = timerTime(time);
    const { place } = this.#current;
    if (place < 0) return;
    domain.delete(place, whole, namespace);
    this.#current.forgetPlace();
  }

  #require(): void {
    if (this.#current.version === 0) this.#current.require(`the timers "${this.#name}"`);
  }
}

/** Whole milliseconds; what lies beyond the safe integers is "never", which the final watermark still reaches. */
function timerTime(time: number): number {
  if (typeof time !== 'number' || Number.isNaN(time) || time === -Infinity) {
    throw TimerTimeInvalid.error({ what: `a timer was registered for ${typeof time === 'number' ? String(time) : `a ${time === null ? 'null' : typeof time}`}` });
  }
  const whole = Math.floor(time) + 0;
  if (whole > Number.MAX_SAFE_INTEGER) return Infinity;
  return whole < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : whole;
}
