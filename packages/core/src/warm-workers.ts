import { WarmThreads } from './platform/node/warm-threads.js';
import { workerLimits } from './runtime/job/worker-limits.js';

/** URL of the entry module of a thread that hosts subtasks. */
export const WORKER_ENTRY: string = new URL('./worker-main.js', import.meta.url).href;

/**
 * Starts worker threads ahead of time, with the usual limits: they load the engine and wait for a job. Given to
 * `runInWorkers`, which takes from them what the job needs; the rest is ended by `dismiss()`.
 */
export function warmWorkers(count: number): WarmThreads {
  return new WarmThreads(WORKER_ENTRY, count, workerLimits());
}
