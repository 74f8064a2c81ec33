import { appendFileSync } from 'node:fs';

/** Sends the process the plan's signal when the plan's point is reached for the n-th time in this thread. */
export function killingPoints({ point, nth, signal = 'SIGKILL', log }) {
  let left = nth;
  return {
    reach(name) {
      if (name !== point || --left !== 0) return;
      appendFileSync(log, `${process.pid} reached ${name}\n`);
      process.kill(process.pid, signal);
      // The signal comes a moment later; what stands behind the point must not happen before.
      const until = Date.now() + 1000;
      while (Date.now() < until);
    },
  };
}
