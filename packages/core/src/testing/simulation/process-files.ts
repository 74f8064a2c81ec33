import { FileInputOutputFailed } from '../../base/platform-errors.js';
import type { FileHandle } from '../../base/platform-files.js';
import { ProcessEnded } from './errors.js';
import type { MemoryFiles } from './memory-files.js';
import type { SimulatedProcess } from './simulated-process.js';

/**
 * The disk of a machine as one process sees it. Killed, the process changes nothing there any more, even if a piece of
 * its code still runs to its end in the simulator: what it tries then throws.
 */
export function filesOfProcess(files: MemoryFiles, process: SimulatedProcess): MemoryFiles {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(files, {
    get(target, name) {
      const known = methods.get(name);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = (...given: unknown[]): unknown => {
        assertAlive(process);
        const result: unknown = Reflect.apply(value, target, given);
        return name === 'open' ? handleOf(result as FileHandle, process) : result;
      };
      methods.set(name, method);
      return method;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

function handleOf(handle: FileHandle, process: SimulatedProcess): FileHandle {
  const alive = (): FileHandle => {
    if (process.killed) throw FileInputOutputFailed.error({ what: `"${handle.path}" was open when its process was killed`, where: { file: handle.path } });
    return handle;
  };
  return {
    path: handle.path,
    read: (into, position) => alive().read(into, position),
    write: (bytes, position) => alive().write(bytes, position),
    sync: () => alive().sync(),
    truncate: (size) => alive().truncate(size),
    size: () => handle.size(),
    close: () => handle.close(),
  };
}

function assertAlive(process: SimulatedProcess): void {
  if (process.killed) throw ProcessEnded.error({ what: `the simulated process "${process.name}" was killed and uses the disk` });
}
