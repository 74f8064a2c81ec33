import type { Platform, TimerHandle } from '../base/platform.js';
import { WakeUp } from './wake-up.js';

/** What the `available()` of a reader waits on that also looks by itself after a while: the next wake, or a time. */
export class TimedWakeUp {
  readonly #platform: Platform;
  readonly #wakeUp: WakeUp;
  #timer: TimerHandle | undefined;
  #waitMs: number;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#wakeUp = new WakeUp();
    this.#timer = undefined;
    this.#waitMs = 0;
  }

  /** Forgets a remembered wake and what was waited for. Called at the start of a poll. */
  clear(): void {
    this.#wakeUp.clear();
    this.#waitMs = 0;
  }

  /** The poll found nothing: there is so many milliseconds, or (Infinity) a wake to wait for. Gives what the poll returns. */
  nothing(waitMs: number): 'nothing' {
    this.#waitMs = waitMs;
    return 'nothing';
  }

  /** Lets the waiter go on, or the next one at once. */
  wake(): void {
    this.#wakeUp.wake();
  }

  /** Resolves at the next wake, when the time is over, or at once when the last poll left nothing to wait for. */
  wait(): Promise<void> {
    if (this.#waitMs === 0) return Promise.resolve();
    if (this.#waitMs !== Infinity && this.#timer === undefined) {
      this.#timer = this.#platform.timers.setTimer(this.#waitMs, () => {
        this.#timer = undefined;
        this.#wakeUp.wake();
      });
    }
    return this.#wakeUp.wait();
  }

  /** Cancels the time and lets the waiter go on. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wakeUp.wake();
  }
}
