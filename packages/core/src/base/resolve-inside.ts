import { PathOutside } from './base-errors.js';
import { baseName, directoryOf, isAbsolutePath, joinPath, normalizePath } from './paths.js';
import type { Files } from './platform-files.js';

/**
 * The real path of a relative path under a root, for every path that comes from a user or from data. It refuses
 * absolute paths, `..` that leave the root, NUL characters, and symbolic links that lead out of it, dangling ones
 * included (a write would create their target). The path itself and folders on the way need not exist; the root must.
 *
 * It is a check at one moment: where others may change the tree in between, open the result at once.
 */
export function resolveInside(files: Files, root: string, path: string): string {
  const relative = normalizePath(path);
  if (path.includes('\0')) throw outside(root, path, 'it contains a NUL character');
  if (isAbsolutePath(path)) throw outside(root, path, 'it is absolute');
  if (relative === '..' || relative.startsWith('../')) throw outside(root, path, 'it climbs above the directory');
  const realRoot = files.realpath(root);
  const wanted = joinPath(realRoot, relative);
  let existing = wanted;
  let missing = '';
  while (!files.exists(existing)) {
    const parent = directoryOf(existing);
    if (files.exists(parent) && hasName(files, parent, baseName(existing))) {
      throw outside(root, path, 'a symbolic link on it leads nowhere');
    }
    missing = joinPath(baseName(existing), missing);
    existing = parent;
  }
  const real = files.realpath(existing);
  if (real !== realRoot && !real.startsWith(realRoot === '/' ? '/' : `${realRoot}/`)) {
    throw outside(root, path, 'a symbolic link on it leads out of the directory');
  }
  return missing === '' ? real : joinPath(real, missing);
}

function hasName(files: Files, directory: string, name: string): boolean {
  return files.stat(directory).isDirectory && files.readDirectory(directory).some((entry) => entry.name === name);
}

function outside(root: string, path: string, why: string): Error {
  return PathOutside.error({ what: `"${path.replaceAll('\0', '\\0')}" was to be used inside "${root}", but ${why}`, where: { file: path.replaceAll('\0', '\\0') } });
}
