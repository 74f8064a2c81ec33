import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { REPOSITORY } from './paths.mjs';
import { parseSource } from './source.mjs';

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', '.git', '.cache', 'coverage', 'out', 'target']);

/**
 * What a check sees of a repository: its files by path (relative, with `/`), their text and their syntax tree, each
 * read once. It walks the folder itself, so it also works in an unpacked archive and in the made-up folders of tests.
 */
export function openRepo(root = REPOSITORY) {
  const files = walk(root, root).sort();
  const known = new Set(files);
  const texts = new Map();
  const sources = new Map();
  const read = (path) => {
    if (!texts.has(path)) texts.set(path, readFileSync(join(root, path), 'utf8'));
    return texts.get(path);
  };
  return {
    root,
    files,
    read,
    has: (path) => known.has(path),
    hasFolder: (path) => existsSync(join(root, path)),
    json: (path) => JSON.parse(read(path)),
    /** The parsed file (`source.mjs`). */
    source(path) {
      if (!sources.has(path)) sources.set(path, parseSource(path, read(path)));
      return sources.get(path);
    },
  };
}

function walk(root, folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // In a further working tree `.git` is a file.
    if (SKIPPED_FOLDERS.has(entry.name)) continue;
    if (entry.isDirectory()) found.push(...walk(root, path));
    else if (entry.isFile()) found.push(relative(root, path).split(sep).join('/'));
  }
  return found;
}

/** True for a test file, which lies beside the file it tests, and for what only tests import: `x.test-values.ts`. Neither ships. */
export const isTest = (path) => /\.test(-[a-z-]+)?\.(ts|mjs|js)$/.test(path);

/** The sources of the packages that ship: TypeScript under `packages/<name>/src`, without tests. */
export const shippedSources = (repo) => repo.files.filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && !isTest(path));
