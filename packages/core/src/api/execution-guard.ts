import { ExecuteInWorker } from './errors.js';

// A bundled job may bring its own copy of this module, so the mark is on the global object, under a shared name.
const FORBIDDEN: unique symbol = Symbol.for('millrace.execution-forbidden/1');
type Marked = { [FORBIDDEN]?: boolean };

/** Called by a worker before it imports a job's module: from then on `execute()` in this thread is a coded error. */
export function forbidExecution(): void {
  (globalThis as Marked)[FORBIDDEN] = true;
}

/** Takes {@link forbidExecution} back. */
export function allowExecution(): void {
  delete (globalThis as Marked)[FORBIDDEN];
}

/** Throws where the job must not be started from. */
export function assertMayExecute(job: string): void {
  if ((globalThis as Marked)[FORBIDDEN] !== true) return;
  throw ExecuteInWorker.error({ what: `job "${job}" was to be executed by a worker that only takes part in it`, where: { job } });
}
