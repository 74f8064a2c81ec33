import type { DiskOperation } from '../simulation/disk-faults.js';
import type { SimulatedPlatform } from '../simulation/simulated-platform.js';
import type { Fault } from './scenario.js';
import type { Trace } from './trace.js';

/** How long one operation of a slow disk takes. */
const SLOW_MS = 1000;

const OPERATIONS: Readonly<Record<Exclude<Extract<Fault, { readonly operation: unknown }>['operation'], 'all'>, DiskOperation>> = { open: 'open', rename: 'rename', sync: 'sync', syncDirectory: 'syncDirectory', write: 'write' };

/** Lets what is planned for a life go wrong; gives what takes the faults away again. */
export function layFaults(platform: SimulatedPlatform, faults: readonly Fault[], trace: Trace): () => void {
  const { time, files } = platform;
  const outside = { killed: false };
  const pending: { cancel(): void }[] = [];
  const later = (afterMs: number, run: () => void): void => void pending.push(time.at(time.elapsedMs + afterMs, outside, run, false));
  for (const fault of faults) {
    switch (fault.kind) {
      case 'clockJump':
        later(fault.afterMs, () => {
          trace.add(`the clock jumps by ${fault.byMs} ms`);
          time.jumpWallClock(fault.byMs);
        });
        break;
      case 'sleep':
        later(fault.afterMs, () => {
          trace.add(`the machine sleeps for ${fault.forMs} ms`);
          time.block(fault.forMs);
        });
        break;
      case 'slowDisk':
        files.faults.inject({ kind: 'slow', delayMs: SLOW_MS, operations: ['write'], times: fault.times });
        break;
      default:
        files.faults.inject({ kind: fault.kind, after: fault.after, times: fault.times, ...(fault.operation === 'all' ? {} : { operations: [OPERATIONS[fault.operation]] }) });
    }
  }
  return () => {
    files.faults.clear();
    for (const event of pending) event.cancel();
  };
}
