import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';

/**
 * Why the dependencies have to be installed, in a few words; undefined when `node_modules` holds exactly what the lock
 * file names. Optional packages may be missing (they are other platforms' binaries).
 */
export function installReason(root = REPOSITORY) {
  if (!existsSync(join(root, 'node_modules'))) return 'node_modules is missing';
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return 'node_modules was not made by npm';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return difference(wanted, present, (path) => existsSync(join(root, path)));
}

/** The first difference between two `packages` tables of a lock file. */
export function difference(wanted, present, exists) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (entry.link) {
      if (!exists(path)) return `${name} is not linked`;
      continue;
    }
    const found = present[path];
    if (found === undefined || !exists(path)) {
      if (entry.optional || entry.devOptional) continue;
      return `${name} is missing`;
    }
    if (found.version !== entry.version) return `${name} is ${found.version}, the lock file says ${entry.version}`;
  }
  return undefined;
}
