import { fork } from 'node:child_process';
import { totalmem } from 'node:os';
import { MachineWatch } from '../../lib/machine.mjs';

const MEGABYTE = 1024 * 1024;
/** With ten million events query 20 keeps 5 GB, more than V8 allows by default. */
const HEAP_MB = Math.floor(Math.min(12 * 1024, totalmem() / MEGABYTE / 2));

/** The young generation is as large as in the threads that the command runs jobs in; the heap may grow to half of the machine's memory. */
export const NODE_FLAGS = ['--max-semi-space-size=64', `--max-old-space-size=${HEAP_MB}`];

/** Runs a case in a fresh process and calls `onMessage` with each of its messages and the foreign load until then. */
export function inFreshProcess(script, options, { onMessage = () => {}, flags = [] } = {}) {
  return new Promise((resolve, reject) => {
    const watch = new MachineWatch();
    const child = fork(script, [JSON.stringify(options)], { execArgv: [...NODE_FLAGS, ...flags], stdio: ['ignore', 2, 2, 'ipc'] });
    child.on('message', (message) => onMessage(message, watch));
    child.on('error', reject);
    child.on('exit', (code, signal) => (code === 0 ? resolve() : reject(new Error(`the process of ${options.queries.join(', ')} ended with ${code ?? signal}`))));
  });
}
