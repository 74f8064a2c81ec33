import { readFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';

/**
 * Watches how long the turns of this thread's event loop take: for so long no record of another batch is worked on. What
 * the collector took and what the thread waited for a core are told apart, since neither is the engine's.
 */
export class PauseWatch {
  #turns = [];
  #pauses = [];
  #running = true;
  #observer;

  constructor() {
    this.#observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#next(performance.now(), waitedMs());
  }

  /** Ends the watch and gives the turns: when they were, in epoch milliseconds, and their own time, the collector's and the wait for a core. */
  async stop() {
    this.#running = false;
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.#observer.disconnect();
    return this.#turns.map(({ from, to, waited }) => {
      const collector = this.#collected(from, to);
      return { from: performance.timeOrigin + from, to: performance.timeOrigin + to, collector, waited, own: Math.max(0, to - from - collector - waited) };
    });
  }

  #next(from, waitedBefore) {
    setImmediate(() => {
      const to = performance.now();
      const waited = waitedMs();
      this.#turns.push({ from, to, waited: waited - waitedBefore });
      if (this.#running) this.#next(performance.now(), waited);
    });
  }

  #collected(from, to) {
    let collected = 0;
    for (const { startTime, duration } of this.#pauses) collected += Math.max(0, Math.min(to, startTime + duration) - Math.max(from, startTime));
    return collected;
  }
}

/** How long this thread has waited for a core so far; 0 where the system does not tell. */
function waitedMs() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
