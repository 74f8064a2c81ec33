import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Above this many foreign cores' worth of work a run does not count. */
export const FOREIGN_LIMIT = 0.5;

/** Watches how busy the machine is with other things while a benchmark runs. */
export class MachineWatch {
  #startedAt = performance.now();
  #busy = busySeconds();
  #own = ownSeconds();

  /**
   * Cores that others kept busy since the watch was made, on average, with what a hypervisor took from this machine; undefined where the system does not tell.
   * `childSeconds` is the processor time of child processes that belong to the benchmark.
   */
  foreignLoad(childSeconds = 0) {
    const busy = busySeconds();
    if (busy === undefined || this.#busy === undefined) return undefined;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return Math.max(0, (busy - this.#busy - (ownSeconds() - this.#own) - childSeconds) / seconds);
  }
}

/** One line on what the figures were taken on. */
export function machineLine() {
  const [cpu, ...others] = cpus();
  return `Node ${process.version}, ${others.length + 1} × ${cpu?.model.trim() ?? 'unknown processor'}, ${process.platform}`;
}

/** Whether figures taken under such a load count. */
export function counts(foreignLoad) {
  return foreignLoad !== undefined && foreignLoad <= FOREIGN_LIMIT;
}

function ownSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds that all cores together were busy, or were taken away by a hypervisor, since the start of the machine; Linux counts in hundredths. */
function busySeconds() {
  try {
    const [user, nice, system, , , irq, softirq, stolen = 0] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).slice(1).map(Number);
    return (user + nice + system + irq + softirq + stolen) / 100;
  } catch {
    return undefined;
  }
}
