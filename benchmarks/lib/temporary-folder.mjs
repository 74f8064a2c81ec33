import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIGNALS = process.send === undefined ? ['SIGINT', 'SIGTERM'] : [];

/**
 * Gives `use` a folder that is gone afterwards, in the process that was started by hand after Ctrl-C as well. A child of it computes for
 * long without a turn of its loop, in which it would not hear of the signal: it is ended at once, and its folder stays.
 */
export async function withTemporaryFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // Nothing else listens, so that the second signal ends the process as the first would have.
  const end = (signal) => {
    remove();
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    return await use(folder);
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    remove();
  }
}
