import { rmSync } from 'node:fs';

/** @type {Map<import('node:child_process').ChildProcess, string | undefined>} */
const running = new Map();

/** Has a child process and its folder end with this process, also when that is interrupted. Gives the child. */
export function untilEnd(child, folder) {
  if (running.size === 0) for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, endAll);
  running.set(child, folder);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, endAll);
  });
  return child;
}

function endAll(signal) {
  for (const [child, folder] of running) {
    child.kill('SIGKILL');
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  process.stderr.write(`ended by ${signal}\n`);
  process.exit(signal === 'SIGINT' ? 130 : 143);
}
