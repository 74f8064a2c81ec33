import { joinPath, pathOfFileUrl, resolvePath } from '../../base/paths.js';
import { FileNotFound } from '../../base/platform-errors.js';
import type { Files } from '../../base/platform-files.js';
import type { Platform } from '../../base/platform.js';
import { isPattern, matchesPattern, patternRoot } from './path-pattern.js';

/** Deeper folders are not searched: symbolic links may run in a circle. */
const DEEPEST_FOLDER = 32;

/** An input file as it was found. */
export interface FoundFile {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** The absolute form of what a user gave: a path, a pattern or a `file:` URL. */
export function absoluteInput(platform: Platform, path: string): string {
  return resolvePath(platform.process.cwd(), path.startsWith('file:') ? pathOfFileUrl(path) : path);
}

/**
 * The files behind paths, patterns and directories (with all folders in them), in order of their paths, each once. Of a
 * directory, names that begin with a dot or an underscore are left out: they are hidden, unfinished or markers. What is
 * not there is left out, too.
 */
export function listInputs(files: Files, inputs: readonly string[]): readonly FoundFile[] {
  const found = new Map<string, FoundFile>();
  for (const input of inputs) {
    const add = (path: string): void => {
      const status = statusOf(files, path);
      if (status?.isFile === true) found.set(path, { path, size: status.size, mtimeMs: status.mtimeMs });
    };
    const status = statusOf(files, input);
    if (status?.isDirectory === true) walk(files, input, 0, (name) => !/^[._]/.test(name), add);
    else if (status !== undefined) add(input);
    else if (isPattern(input)) walk(files, patternRoot(input), 0, () => true, (path) => void (matchesPattern(path, input) && add(path)));
  }
  return [...found.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}

function walk(files: Files, directory: string, depth: number, wanted: (name: string) => boolean, add: (path: string) => void): void {
  if (depth > DEEPEST_FOLDER) return;
  for (const entry of entriesOf(files, directory)) {
    if (!wanted(entry)) continue;
    const path = joinPath(directory, entry);
    // Looked at again, since an entry may be a symbolic link.
    if (statusOf(files, path)?.isDirectory === true) walk(files, path, depth + 1, wanted, add);
    else add(path);
  }
}

/** A folder that went away meanwhile has no entries; one that may not be read is an error. */
function entriesOf(files: Files, directory: string): readonly string[] {
  try {
    return files.readDirectory(directory).map(({ name }) => name);
  } catch (error) {
    if (FileNotFound.is(error)) return [];
    throw error;
  }
}

function statusOf(files: Files, path: string): ReturnType<Files['stat']> | undefined {
  try {
    return files.stat(path);
  } catch (error) {
    if (FileNotFound.is(error)) return undefined;
    throw error;
  }
}
