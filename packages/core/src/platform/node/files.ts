import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assert } from '../../base/assert.js';
import type { DirectoryEntry, FileHandle, Files, FileStatus, FileWatch, OpenMode, WriteFileOptions } from '../../base/platform-files.js';
import { fileError, systemCode } from './file-errors.js';
import { createUncached } from './uncached-file.js';

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC,
  createNew: fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL,
  append: fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_APPEND,
  readWrite: fs.constants.O_RDWR,
  readWriteCreate: fs.constants.O_RDWR | fs.constants.O_CREAT,
};

/** Runs one operation on a path; what the system throws comes out coded. */
function onPath<T>(doing: string, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw fileError(error, doing, path);
  }
}

/** The file system of the machine. */
export const nodeFiles: Files = Object.freeze({
  open: (path: string, mode: OpenMode): FileHandle => new NodeFileHandle(path, mode),
  createUncached,
  stat: (path: string): FileStatus => onPath('looking at', path, () => statusOf(fs.statSync(path))),
  exists: (path: string): boolean => fs.existsSync(path),
  readFile: (path: string): Uint8Array => onPath('reading', path, () => plain(fs.readFileSync(path))),
  writeFile: (path: string, content: Uint8Array | string, options: WriteFileOptions = {}): void =>
    onPath('writing', path, () =>
      fs.writeFileSync(path, content, { flag: options.createNew === true ? 'wx' : 'w', mode: options.permissions ?? 0o666, flush: options.sync ?? false }),
    ),
  makeDirectory: (path: string, options?: { readonly permissions?: number }): void =>
    onPath('making the directory', path, () => makeDirectories(path, options?.permissions ?? 0o777)),
  makePrivateDirectory: (path: string): void => onPath('making the private directory', path, () => makePrivateDirectory(path)),
  readDirectory: (path: string): readonly DirectoryEntry[] => onPath('listing', path, () => entriesOf(path)),
  rename: (from: string, to: string): void => onPath(`renaming to "${to}" the file`, from, () => fs.renameSync(from, to)),
  link: (existing: string, newPath: string): void => onPath(`linking "${existing}" as`, newPath, () => fs.linkSync(existing, newPath)),
  unlink: (path: string): void => onPath('removing', path, () => fs.unlinkSync(path)),
  removeTree: (path: string): void => onPath('removing', path, () => fs.rmSync(path, { recursive: true, force: true })),
  realpath: (path: string): string => onPath('resolving', path, () => fs.realpathSync.native(path)),
  syncDirectory: (path: string): void => onPath('syncing the directory', path, () => syncDirectory(path)),
  setPermissions: (path: string, permissions: number): void => onPath('setting the permissions of', path, () => fs.chmodSync(path, permissions)),
  temporaryDirectory: (): string => fs.realpathSync.native(tmpdir()),
  makeTemporaryDirectory: (prefix: string): string => {
    const start = join(fs.realpathSync.native(tmpdir()), prefix);
    return onPath('making a directory like', start, () => fs.mkdtempSync(start));
  },
  watch: (path: string, callback: () => void): FileWatch => onPath('watching', path, () => watch(path, callback)),
});

/**
 * Makes a directory and those above it, and leaves an existing one alone. Node's own way (`recursive`) never returns where a
 * file system refuses a new entry with ENOENT although the directory above exists, as /proc does.
 */
function makeDirectories(path: string, mode: number): void {
  if (makeOne(path, mode)) return;
  const parent = dirname(path);
  // With the directory above in place the system says itself what is wrong.
  if (parent !== path) makeDirectories(parent, mode);
  fs.mkdirSync(path, { mode });
}

/** False where the directory above is missing. */
function makeOne(path: string, mode: number): boolean {
  try {
    fs.mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    if (systemCode(error) !== 'ENOENT') throw error;
    return false;
  }
}

function makePrivateDirectory(path: string): void {
  makeDirectories(path, 0o700);
  const state = fs.lstatSync(path);
  const user = process.getuid?.();
  // Windows has other permissions; its folder of temporary files belongs to the user.
  if (user === undefined || (state.isDirectory() && state.uid === user && (state.mode & 0o077) === 0)) return;
  throw Object.assign(new Error('it is a link, belongs to another user, or is open to others'), { code: 'EPERM' });
}

class NodeFileHandle implements FileHandle {
  readonly path: string;
  readonly #appends: boolean;
  #descriptor: number;
  #next: number;

  constructor(path: string, mode: OpenMode) {
    this.path = path;
    this.#appends = mode === 'append';
    this.#next = 0;
    this.#descriptor = onPath('opening', path, () => {
      const descriptor = fs.openSync(path, FLAGS[mode], 0o666);
      // Reading a directory would fail only at the first read, with a less helpful place.
      if (mode === 'read' && fs.fstatSync(descriptor).isDirectory()) {
        fs.closeSync(descriptor);
        throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
      }
      return descriptor;
    });
  }

  read(into: Uint8Array, position: number): number {
    return onPath('reading', this.path, () => fs.readSync(this.#open(), into, 0, into.length, position));
  }

  write(bytes: Uint8Array, position?: number): void {
    assert(position === undefined || !this.#appends, 'a file opened for append is written at its end');
    let at = position ?? this.#next;
    let done = 0;
    onPath('writing', this.path, () => {
      while (done < bytes.length) {
        const written = fs.writeSync(this.#open(), bytes, done, bytes.length - done, this.#appends ? null : at);
        done += written;
        at += written;
      }
    });
    this.#next = at;
  }

  sync(): void {
    onPath('syncing', this.path, () => fs.fsyncSync(this.#open()));
  }

  truncate(size: number): void {
    onPath('truncating', this.path, () => fs.ftruncateSync(this.#open(), size));
  }

  size(): number {
    return onPath('looking at', this.path, () => fs.fstatSync(this.#open()).size);
  }

  close(): void {
    if (this.#descriptor < 0) return;
    const descriptor = this.#descriptor;
    this.#descriptor = -1;
    onPath('closing', this.path, () => fs.closeSync(descriptor));
  }

  #open(): number {
    assert(this.#descriptor >= 0, `the file ${this.path} is used while open`);
    return this.#descriptor;
  }
}

/** A view that is no `Buffer`: its methods differ from those of the type it claims to be. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function statusOf(stats: fs.Stats): FileStatus {
  return {
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    isDirectory: stats.isDirectory(),
    isFile: stats.isFile(),
    inode: stats.ino,
    permissions: stats.mode & 0o777,
  };
}

function entriesOf(path: string): readonly DirectoryEntry[] {
  const entries = fs.readdirSync(path, { withFileTypes: true }).map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory(), isFile: entry.isFile() }));
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function syncDirectory(path: string): void {
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function watch(path: string, callback: () => void): FileWatch {
  const watcher = fs.watch(path, { persistent: false }, () => callback());
  // A watch that breaks (its directory was removed, say) is a hint as well: the owner looks and finds out.
  watcher.on('error', () => {
    watcher.close();
    callback();
  });
  return { close: () => watcher.close() };
}
