import { performance as monotonic } from 'node:perf_hooks';
import { assert } from '../../base/assert.js';
import type { Clock, TimerHandle, TimerOptions, Timers } from '../../base/platform.js';

/** A native timer above this fires after 1 ms. */
const LONGEST_NATIVE_DELAY = 2 ** 31 - 1;

/** The clocks of the runtime. The global `performance`, the same clock, is found by a getter, which costs as much as the look itself. */
export const nodeClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonicMs: () => monotonic.now(),
});

/** The timers of the runtime, clamped: a long delay is waited for in pieces. */
export const nodeTimers: Timers = Object.freeze({
  setTimer: (delayMs: number, callback: () => void, options?: TimerOptions) => new NodeTimer(delayMs, callback, options?.keepsAlive ?? true),
  immediate: (callback: () => void) => {
    setImmediate(callback);
  },
});

class NodeTimer implements TimerHandle {
  readonly #dueMs: number;
  readonly #callback: () => void;
  readonly #keepsAlive: boolean;
  #native: NodeJS.Timeout | undefined;

  constructor(delayMs: number, callback: () => void, keepsAlive: boolean) {
    assert(!Number.isNaN(delayMs), 'the delay of a timer is a number');
    this.#dueMs = performance.now() + Math.max(0, delayMs);
    this.#callback = callback;
    this.#keepsAlive = keepsAlive;
    if (delayMs !== Infinity) this.#arm(Math.max(0, delayMs));
  }

  cancel(): void {
    clearTimeout(this.#native);
    this.#native = undefined;
  }

  #arm(leftMs: number): void {
    this.#native = setTimeout(() => this.#wake(), Math.min(LONGEST_NATIVE_DELAY, Math.ceil(leftMs)));
    if (!this.#keepsAlive) this.#native.unref();
  }

  /** A native timer may be up to a millisecond early; "at least" is the contract. */
  #wake(): void {
    const leftMs = this.#dueMs - performance.now();
    if (leftMs > 0) return this.#arm(leftMs);
    this.#native = undefined;
    this.#callback();
  }
}
