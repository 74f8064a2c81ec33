import { PerformanceObserver } from 'node:perf_hooks';
import { quantile } from './statistics.mjs';

/**
 * Watches the event loop: how long each of its turns takes, what the collector stops it for, and how far memory grows.
 * Turns are told apart by immediates, as the engine's own are.
 */
export class TurnWatch {
  #turns = [];
  #pauses = [];
  #highest = 0;
  #running = false;
  #observer;

  start() {
    this.#observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#running = true;
    this.#watch(performance.now());
  }

  /** Ends the watch; the collector's entries come a little later, so this waits for them. */
  async stop() {
    this.#running = false;
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.#observer.disconnect();
    const turns = this.#turns.map(({ from, to }) => to - from - this.#pausedIn(from, to)).sort((left, right) => left - right);
    return {
      turns: turns.length,
      p999Ms: quantile(turns, 0.999),
      worstMs: turns.at(-1),
      worstPauseMs: Math.max(0, ...this.#pauses.map(({ duration }) => duration)),
      highestBytes: this.#highest,
    };
  }

  #watch(from) {
    setImmediate(() => {
      const to = performance.now();
      this.#turns.push({ from, to });
      if (this.#turns.length % 16 === 0) this.#highest = Math.max(this.#highest, process.memoryUsage.rss());
      if (this.#running) this.#watch(to);
    });
  }

  #pausedIn(from, to) {
    let paused = 0;
    for (const { startTime, duration } of this.#pauses) paused += Math.max(0, Math.min(to, startTime + duration) - Math.max(from, startTime));
    return paused;
  }
}
