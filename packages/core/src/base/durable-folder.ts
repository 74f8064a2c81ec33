import { directoryOf } from './paths.js';
import type { Files } from './platform-files.js';

/** Makes a folder and those above it that are missing, so that their names outlive a crash. */
export function makeDurableFolder(files: Files, path: string): void {
  if (files.exists(path)) return files.makeDirectory(path);
  const parent = directoryOf(path);
  makeDurableFolder(files, parent);
  files.makeDirectory(path);
  files.syncDirectory(parent);
}
