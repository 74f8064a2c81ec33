import { EXIT } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/**
 * Does something that Ctrl-C, SIGTERM and a closed pipe give up, and gives the exit code. `work` hears of it by the signal;
 * `givenUp` is said to people then. A second signal ends the process.
 */
export async function interruptible(terminal: Terminal, givenUp: string, work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  let isInterrupted = false;
  const interrupt = (): void => {
    if (isInterrupted) process.exit(EXIT.interrupted);
    isInterrupted = true;
    abort.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  terminal.onClosed(() => abort.abort(new Error('nobody reads')));
  try {
    return await work(abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    terminal.endProgress();
    if (isInterrupted && givenUp !== '') terminal.note(givenUp);
    return isInterrupted ? EXIT.interrupted : EXIT.finished;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
