/** Disks that do not do what is asked of them: canaries of the commit protocol of files. */
import { directoryOf, baseName, joinPath } from '../../base/paths.js';
import type { SimulatedPlatform } from '../simulation/simulated-platform.js';
import { withFiles, withHandle } from './tampered-platform.js';

/** What is late comes so late. */
const LATE_MS = 8;

/** No file is ever forced to the disk. */
export function withoutSync(platform: SimulatedPlatform): SimulatedPlatform {
  return withFiles(platform, (files) => ({
    open: (path, mode) => withHandle(files.open(path, mode), { sync: () => {} }),
    writeFile: (path, content, options) => files.writeFile(path, content, { ...options, sync: false }),
  }));
}

/** No directory is ever forced to the disk. */
export function withoutDirectorySync(platform: SimulatedPlatform): SimulatedPlatform {
  return withFiles(platform, () => ({ syncDirectory: () => {} }));
}

/** A failed sync is taken for a good one. */
export function withTrustedSync(platform: SimulatedPlatform): SimulatedPlatform {
  return withFiles(platform, (files) => ({
    open: (path, mode) => {
      const handle = files.open(path, mode);
      return withHandle(handle, { sync: () => quietly(() => handle.sync()) });
    },
    writeFile: (path, content, options) => {
      files.writeFile(path, content, { ...options, sync: false });
      if (options?.sync !== true) return;
      const handle = files.open(path, 'readWrite');
      quietly(() => handle.sync());
      handle.close();
    },
  }));
}

/** The bytes of state files are written some time after everybody was told that they are there. */
export function withLateUploads(platform: SimulatedPlatform): SimulatedPlatform {
  return withFiles(platform, (files) => ({
    open: (path, mode) => {
      const handle = files.open(path, mode);
      if (!/\.state-.*\.tmp$/.test(path) || mode === 'read') return handle;
      const late: (readonly [bytes: Uint8Array, position: number])[] = [];
      let end = 0;
      return withHandle(handle, {
        write: (bytes, position = end) => {
          late.push([bytes.slice(), position]);
          end = position + bytes.length;
        },
        sync: () => {},
        size: () => end,
        close: () => {
          handle.close();
          const final = joinPath(directoryOf(path), baseName(path).slice(1).replace(/\.tmp$/, ''));
          platform.timers.setTimer(LATE_MS, () => {
            if (!files.exists(final)) return;
            const again = files.open(final, 'readWrite');
            for (const [bytes, position] of late) again.write(bytes, position);
            again.sync();
            again.close();
          });
        },
      });
    },
  }));
}

/** The marks that say that sinks may have committed vanish. */
export function withoutCommitMarks(platform: SimulatedPlatform): SimulatedPlatform {
  return withFiles(platform, (files) => ({ rename: (from, to) => (to.endsWith('.committing') ? files.unlink(from) : files.rename(from, to)) }));
}

/** A run does not see that newer ones have come. */
export function withoutFencing(platform: SimulatedPlatform): SimulatedPlatform {
  let own = Infinity;
  return withFiles(platform, (files) => ({
    writeFile: (path, content, options) => {
      files.writeFile(path, content, options);
      const epoch = /\/run-(\d+)\.json$/.exec(path);
      if (options?.createNew === true && epoch !== null) own = Number(epoch[1]);
    },
    readDirectory: (path) => files.readDirectory(path).filter(({ name }) => !(Number(/^run-(\d+)\.json$/.exec(name)?.[1] ?? 0) > own)),
  }));
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // As if it had gone well.
  }
}
