import { readFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';

/**
 * Watches how long the turns of this thread's event loop take: for so long no record of another batch is worked on. What
 * the collector took and what the thread waited for a core are told apart, since neither is the engine's; so is what a hypervisor took from the cores meanwhile,
 * which looks as if the thread had been on a core or blocked.
 */
export class PauseWatch {
  #turns = [];
  #pauses = [];
  #running = true;
  #observer;

  constructor() {
    this.#observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#next(performance.now(), threadMs());
  }

  /** Ends the watch and gives the turns: when they were, in epoch milliseconds, and their own time, the collector's, the wait for a core, what of its own it was on a core, and what was stolen from any core (told by 10 ms, so that less may be 0). */
  async stop() {
    this.#running = false;
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.#observer.disconnect();
    return this.#turns.map(({ from, to, waited, cpu, stolen }) => {
      const collector = this.#collected(from, to);
      return { from: performance.timeOrigin + from, to: performance.timeOrigin + to, collector, waited, stolen, cpu: Math.max(0, cpu - collector), own: Math.max(0, to - from - collector - waited) };
    });
  }

  #next(from, before) {
    setImmediate(() => {
      const to = performance.now();
      const now = threadMs();
      this.#turns.push({ from, to, waited: now.waited - before.waited, cpu: now.cpu - before.cpu, stolen: now.stolen - before.stolen });
      if (this.#running) this.#next(performance.now(), now);
    });
  }

  #collected(from, to) {
    let collected = 0;
    for (const { startTime, duration } of this.#pauses) collected += Math.max(0, Math.min(to, startTime + duration) - Math.max(from, startTime));
    return collected;
  }
}

/** How long this thread has been on a core, and has waited for one, and how much was stolen from all cores, so far; 0 where the system does not tell. */
function threadMs() {
  // Makes the system add up what it otherwise adds up at its next tick.
  process.cpuUsage();
  try {
    const [cpu, waited] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
    // Of the line of all cores: user, nice, system, idle, waiting for disks, interrupts, soft interrupts, stolen; in hundredths of a second.
    const stolen = readFileSync('/proc/stat', 'utf8').split(/\s+/, 9)[8];
    return { cpu: Number(cpu) / 1e6, waited: Number(waited) / 1e6, stolen: Number(stolen) * 10 };
  } catch {
    return { cpu: 0, waited: 0, stolen: 0 };
  }
}
