import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { JobDoesNotCompile } from './errors.js';

/** Bundles that nobody has made for so long are removed when another one is written. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Writes a bundle, named after its contents, into the cache folder of the job's `node_modules`, or into a temporary
 * folder where that cannot be written. It appears whole or not at all: other processes may be writing the same one.
 */
export function keepBundle(source: string, name: string, code: string): string {
  const problems: string[] = [];
  for (const folderOf of [() => cacheFolder(source), temporaryFolder]) {
    try {
      const folder = folderOf();
      if (folder !== undefined) return write(folder, name, code);
    } catch (error) {
      // The next place; the reason matters only when there is none.
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw JobDoesNotCompile.error({
    what: `the bundle of ${source} cannot be written anywhere: ${problems.join('; ')}`,
    where: { file: source },
    remedy: 'Make the temporary folder (TMPDIR) or the node_modules of the job writable.',
  });
}

function write(folder: string, name: string, code: string): string {
  const target = join(folder, name);
  if (existsSync(target)) return target;
  mkdirSync(folder, { recursive: true });
  const temporary = `${target}.${process.pid}.tmp`;
  writeFileSync(temporary, code, { mode: 0o600 });
  renameSync(temporary, target);
  removeOld(folder);
  return target;
}

function removeOld(folder: string): void {
  const before = Date.now() - KEPT_MS;
  for (const name of readdirSync(folder)) {
    try {
      if (statSync(join(folder, name)).mtimeMs < before) rmSync(join(folder, name), { force: true });
    } catch {
      // Somebody else was faster.
    }
  }
}

/** The cache folder of the nearest `node_modules` above the job. */
function cacheFolder(source: string): string | undefined {
  for (let folder = dirname(source); ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) return join(modules, '.cache', 'millrace');
    if (dirname(folder) === folder) return undefined;
  }
}

/** A folder of this user alone: what lies there is run, so nobody else may write into it. */
function temporaryFolder(): string {
  const user = process.getuid?.();
  const folder = join(tmpdir(), `millrace-${user ?? 'user'}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const state = lstatSync(folder);
  const ours = state.isDirectory() && (user === undefined || (state.uid === user && (state.mode & 0o022) === 0));
  return ours ? folder : mkdtempSync(join(tmpdir(), 'millrace-'));
}
