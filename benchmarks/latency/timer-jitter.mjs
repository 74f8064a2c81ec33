import { LogHistogram } from '../lib/log-histogram.mjs';

/** How late a timer of a millisecond comes that is set again and again, in microseconds. */
export class TimerJitter {
  microseconds = new LogHistogram();
  #stopped = false;

  start() {
    const setAt = performance.now();
    setTimeout(() => {
      this.microseconds.record((performance.now() - setAt - 1) * 1000);
      if (!this.#stopped) this.start();
    }, 1);
  }

  stop() {
    this.#stopped = true;
    return this.microseconds;
  }
}
