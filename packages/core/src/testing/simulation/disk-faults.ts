import type { ErrorKind } from '../../base/errors.js';
import { DiskFull, FileAccessDenied, FileInputOutputFailed, FileSystemReadOnly } from '../../base/platform-errors.js';
import type { VirtualTime } from './virtual-time.js';

/** The operations that a fault can be laid on. */
export type DiskOperation = 'link' | 'makeDirectory' | 'open' | 'read' | 'remove' | 'rename' | 'sync' | 'syncDirectory' | 'write';

/** One fault of the simulated disk. */
export interface DiskFault {
  /** Which operations; all unless given. `readOnly` meets only those that change something. */
  readonly operations?: readonly DiskOperation[];
  /** Only paths that contain this text. */
  readonly path?: string;
  /** How many matching operations go well first; 0 unless given. */
  readonly after?: number;
  /** How many then fail; without end unless given. */
  readonly times?: number;
  /**
   * `diskFull` writes half of the bytes first; `slow` blocks for `delayMs` of virtual time; `call` runs the function
   * before the operation (to kill a process at this point, say).
   */
  readonly kind: 'accessDenied' | 'call' | 'diskFull' | 'inputOutput' | 'readOnly' | 'slow';
  readonly delayMs?: number;
  readonly call?: () => void;
}

const KINDS: Readonly<Record<Exclude<DiskFault['kind'], 'call' | 'slow'>, ErrorKind>> = {
  accessDenied: FileAccessDenied,
  diskFull: DiskFull,
  inputOutput: FileInputOutputFailed,
  readOnly: FileSystemReadOnly,
};

/** The faults in force, and a count of what was done, to place them. */
export class DiskFaults {
  /** How often each operation was tried so far. */
  readonly counts: Record<DiskOperation, number>;
  readonly #time: VirtualTime;
  readonly #active: { readonly fault: DiskFault; seen: number }[];

  constructor(time: VirtualTime) {
    this.counts = { link: 0, makeDirectory: 0, open: 0, read: 0, remove: 0, rename: 0, sync: 0, syncDirectory: 0, write: 0 };
    this.#time = time;
    this.#active = [];
  }

  /** Lays a fault; it stays until removed or used up. */
  inject(fault: DiskFault): { remove(): void } {
    const active = { fault, seen: 0 };
    this.#active.push(active);
    return {
      remove: () => {
        const index = this.#active.indexOf(active);
        if (index >= 0) this.#active.splice(index, 1);
      },
    };
  }

  /** Removes all faults. */
  clear(): void {
    this.#active.length = 0;
  }

  /** Called before an operation: throws what the disk would; `onFull` writes what still fits. */
  before(operation: DiskOperation, path: string, onFull?: () => void): void {
    this.counts[operation]++;
    for (const active of [...this.#active]) {
      const { fault } = active;
      if (!matches(fault, operation, path)) continue;
      const index = active.seen++;
      const after = fault.after ?? 0;
      if (index < after || index >= after + (fault.times ?? Infinity)) continue;
      if (fault.kind === 'slow') {
        this.#time.block(fault.delayMs ?? 0);
      } else if (fault.kind === 'call') {
        fault.call?.();
      } else {
        if (fault.kind === 'diskFull') onFull?.();
        throw KINDS[fault.kind].error({ what: `${operation} on "${path}" failed (simulated)`, where: { file: path } });
      }
    }
  }
}

function matches(fault: DiskFault, operation: DiskOperation, path: string): boolean {
  if (fault.kind === 'readOnly' && (operation === 'read' || operation === 'sync' || operation === 'syncDirectory')) return false;
  if (fault.operations !== undefined && !fault.operations.includes(operation)) return false;
  return fault.path === undefined || path.includes(fault.path);
}
