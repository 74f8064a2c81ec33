import type { TimerHandle, Timers } from '../../base/platform.js';

/** The waits of something that may be told to go on, or to wait no more. One at a time. */
export class Pause {
  readonly #timers: Timers;
  #waiting: { readonly timer: TimerHandle; readonly resolve: () => void } | undefined;
  #isOver: boolean;

  constructor(timers: Timers) {
    this.#timers = timers;
    this.#waiting = undefined;
    this.#isOver = false;
  }

  /** Resolves after so many milliseconds, or as soon as the wait is cut short; after `end` at once. The process lives on meanwhile. */
  wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { resolve, timer: this.#timers.setTimer(ms, resolve) };
    });
  }

  /** Cuts the wait under way short. The next is as long as it is. */
  cut(): void {
    this.#waiting?.timer.cancel();
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Cuts the wait under way short, and all that come. No timer is left. */
  end(): void {
    this.#isOver = true;
    this.cut();
  }
}
