const atStart = process.hrtime();
const offset = atStart[0] * 1000 + atStart[1] / 1e6 - performance.now();

/** Milliseconds of the machine's monotonic clock: the same in all threads and processes, where `performance.now()` begins anew in each. */
export function monotonicMs() {
  return performance.now() + offset;
}
