import { assert } from '../../base/assert.js';
import { encodeUtf8 } from '../../base/bytes.js';
import { baseName, directoryOf, joinPath, resolvePath } from '../../base/paths.js';
import { DiskFull, FileAccessDenied, FileExists, FileInputOutputFailed, FileNotFound, PathUnusable, WrongFileKind } from '../../base/platform-errors.js';
import type { DirectoryEntry, FileHandle, Files, FileStatus, FileWatch, OpenMode, WriteFileOptions } from '../../base/platform-files.js';
import { DiskFaults } from './disk-faults.js';
import { type CrashMode, MemoryDirectory, MemoryFile, type MemoryNode } from './memory-tree.js';
import type { SeededRandom } from './seeded-random.js';
import type { EventOwner, VirtualTime } from './virtual-time.js';

const TEMPORARY = '/tmp';

/**
 * A file system in memory that loses, at a crash, what a disk may lose: content since the last `sync` of its file,
 * names since the last `syncDirectory` of their folder. Faults are laid with `faults.inject`. It has no symbolic links
 * and enforces no permissions.
 */
export class MemoryFiles implements Files {
  readonly faults: DiskFaults;
  /** Room for content in bytes; a write beyond it finds the disk full. */
  capacityBytes: number;
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #owner: EventOwner;
  readonly #root: MemoryDirectory;
  readonly #watches: Set<{ readonly path: string; readonly callback: () => void; scheduled: boolean }>;
  #usedBytes: number;
  #inodes: number;
  /** Handles of an earlier generation died with their machine. */
  #generation: number;

  constructor(time: VirtualTime, random: SeededRandom, owner: EventOwner) {
    this.faults = new DiskFaults(time);
    this.capacityBytes = Infinity;
    this.#time = time;
    this.#random = random;
    this.#owner = owner;
    this.#inodes = 1;
    this.#root = new MemoryDirectory(this.#inodes++, this.#now(), 0o755);
    this.#watches = new Set();
    this.#usedBytes = 0;
    this.#generation = 0;
    this.makeDirectory(TEMPORARY);
    this.#root.sync();
  }

  /** The machine goes down and comes up again: what was not durable is treated as the mode says, open files are gone. */
  crash(mode: CrashMode = 'tear'): void {
    this.#generation++;
    this.#watches.clear();
    this.#root.crash(mode, this.#random);
    this.#usedBytes = sizeBelow(this.#root);
  }

  open(path: string, mode: OpenMode): FileHandle {
    this.faults.before('open', path);
    const place = resolvePath('/', checked(path));
    const present = this.#find(place);
    if (present?.kind === 'directory') throw WrongFileKind.error({ what: `opening "${path}" failed: it is a directory`, where: { file: path } });
    if (present !== undefined && mode === 'createNew') throw exists(path);
    if (present === undefined && (mode === 'read' || mode === 'readWrite')) throw notFound('opening', path);
    const file = present ?? this.#create(place);
    if (mode === 'write' && file.size > 0) {
      this.#usedBytes -= file.size;
      file.truncate(0);
    }
    return new MemoryFileHandle(place, file, mode, this.#disk());
  }

  stat(path: string): FileStatus {
    const node = this.#need('looking at', path);
    return {
      size: node.kind === 'file' ? node.size : 0,
      mtimeMs: node.mtimeMs,
      isDirectory: node.kind === 'directory',
      isFile: node.kind === 'file',
      inode: node.inode,
      permissions: node.permissions,
    };
  }

  exists(path: string): boolean {
    try {
      return this.#find(resolvePath('/', path)) !== undefined;
    } catch {
      return false;
    }
  }

  readFile(path: string): Uint8Array {
    const handle = this.open(path, 'read');
    const content = new Uint8Array(handle.size());
    handle.read(content, 0);
    handle.close();
    return content;
  }

  writeFile(path: string, content: Uint8Array | string, options: WriteFileOptions = {}): void {
    const isNew = !this.exists(path);
    const handle = this.open(path, options.createNew === true ? 'createNew' : 'write');
    if (isNew && options.permissions !== undefined) this.setPermissions(path, options.permissions);
    handle.write(typeof content === 'string' ? encodeUtf8(content) : content);
    if (options.sync === true) handle.sync();
    handle.close();
  }

  makeDirectory(path: string, options?: { readonly permissions?: number }): void {
    this.faults.before('makeDirectory', path);
    let directory = this.#root;
    for (const name of resolvePath('/', checked(path)).split('/').filter((part) => part !== '')) {
      let child = directory.entries.get(name);
      if (child === undefined) {
        child = new MemoryDirectory(this.#inodes++, this.#now(), options?.permissions ?? 0o755);
        directory.change([[name, child]]);
      }
      if (child.kind === 'file') throw FileExists.error({ what: `making the directory "${path}" failed: "${name}" is a file`, where: { file: path } });
      directory = child;
    }
    this.#changed(path);
  }

  readDirectory(path: string): readonly DirectoryEntry[] {
    const names = [...this.#needDirectory('listing', path).entries].sort(([left], [right]) => (left < right ? -1 : 1));
    return names.map(([name, node]) => ({ name, isDirectory: node.kind === 'directory', isFile: node.kind === 'file' }));
  }

  rename(from: string, to: string): void {
    this.faults.before('rename', from);
    const node = this.#need('renaming', from);
    const target = resolvePath('/', checked(to));
    const source = resolvePath('/', from);
    const replaced = this.#find(target);
    if (replaced === node) return;
    if (`${target}/`.startsWith(`${source}/`)) throw PathUnusable.error({ what: `"${from}" cannot be moved into itself`, where: { file: to } });
    if (replaced !== undefined && (replaced.kind !== node.kind || (replaced.kind === 'directory' && replaced.entries.size > 0))) {
      throw WrongFileKind.error({ what: `renaming "${from}" to "${to}" failed: something else is there`, where: { file: to } });
    }
    const sourceDirectory = this.#needDirectory('renaming', directoryOf(source));
    const targetDirectory = this.#needDirectory('renaming to', directoryOf(target));
    if (sourceDirectory === targetDirectory) {
      sourceDirectory.change([[baseName(source), undefined], [baseName(target), node]]);
    } else {
      targetDirectory.change([[baseName(target), node]]);
      sourceDirectory.change([[baseName(source), undefined]]);
    }
    this.#changed(source);
    this.#changed(target);
  }

  link(existing: string, newPath: string): void {
    this.faults.before('link', newPath);
    const node = this.#need('linking', existing);
    if (node.kind === 'directory') throw WrongFileKind.error({ what: `"${existing}" is a directory and cannot be linked`, where: { file: existing } });
    const place = resolvePath('/', checked(newPath));
    if (this.#find(place) !== undefined) throw exists(newPath);
    this.#needDirectory('linking as', directoryOf(place)).change([[baseName(place), node]]);
    this.#changed(place);
  }

  unlink(path: string): void {
    this.faults.before('remove', path);
    const node = this.#need('removing', path);
    if (node.kind === 'directory') throw WrongFileKind.error({ what: `"${path}" is a directory`, where: { file: path } });
    this.#remove(resolvePath('/', path));
  }

  removeTree(path: string): void {
    this.faults.before('remove', path);
    const place = resolvePath('/', checked(path));
    if (this.#find(place) !== undefined) this.#remove(place);
  }

  realpath(path: string): string {
    this.#need('resolving', path);
    return resolvePath('/', path);
  }

  syncDirectory(path: string): void {
    this.faults.before('syncDirectory', path);
    this.#needDirectory('syncing', path).sync();
  }

  setPermissions(path: string, permissions: number): void {
    this.#need('setting the permissions of', path).permissions = permissions;
  }

  temporaryDirectory(): string {
    return TEMPORARY;
  }

  makePrivateDirectory(path: string): void {
    if (!this.exists(path)) this.makeDirectory(path, { permissions: 0o700 });
    const { isDirectory, permissions } = this.stat(path);
    if (!isDirectory || (permissions & 0o077) !== 0) throw FileAccessDenied.error({ what: `making the private directory "${path}" failed: it is open to others`, where: { file: path } });
  }

  makeTemporaryDirectory(prefix: string): string {
    const path = joinPath(TEMPORARY, `${prefix}${this.#random.uuid().slice(0, 8)}`);
    this.makeDirectory(path, { permissions: 0o700 });
    return path;
  }

  watch(path: string, callback: () => void): FileWatch {
    this.#need('watching', path);
    const watch = { path: resolvePath('/', path), callback, scheduled: false };
    this.#watches.add(watch);
    return { close: () => void this.#watches.delete(watch) };
  }

  /** What an open file needs of the disk it lies on. */
  #disk(): MemoryDisk {
    const generation = this.#generation;
    return {
      before: (operation, path, onFull) => {
        if (generation !== this.#generation) throw FileInputOutputFailed.error({ what: `"${path}" was open when the machine went down`, where: { file: path } });
        this.faults.before(operation, path, onFull);
      },
      resize: (file, path, size) => {
        if (this.#usedBytes + size - file.size > this.capacityBytes) throw DiskFull.error({ what: `writing "${path}" failed: the simulated disk is full`, where: { file: path } });
        this.#usedBytes += size - file.size;
      },
      changed: (file, path) => {
        file.mtimeMs = this.#now();
        this.#changed(path);
      },
    };
  }

  #now(): number {
    return this.#time.clock().now();
  }

  #find(place: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of place.split('/')) {
      if (name === '') continue;
      if (node === undefined) return undefined;
      if (node.kind === 'file') throw WrongFileKind.error({ what: `"${place}" leads through a file`, where: { file: place } });
      node = node.entries.get(name);
    }
    return node;
  }

  #need(doing: string, path: string): MemoryNode {
    const node = this.#find(resolvePath('/', checked(path)));
    if (node === undefined) throw notFound(doing, path);
    return node;
  }

  #needDirectory(doing: string, path: string): MemoryDirectory {
    const node = this.#need(doing, path);
    if (node.kind === 'file') throw WrongFileKind.error({ what: `${doing} "${path}" failed: it is no directory`, where: { file: path } });
    return node;
  }

  #create(place: string): MemoryFile {
    const file = new MemoryFile(this.#inodes++, this.#now(), 0o644);
    this.#needDirectory('creating a file in', directoryOf(place)).change([[baseName(place), file]]);
    this.#changed(place);
    return file;
  }

  #remove(place: string): void {
    this.#needDirectory('removing from', directoryOf(place)).change([[baseName(place), undefined]]);
    this.#usedBytes = sizeBelow(this.#root);
    this.#changed(place);
  }

  #changed(place: string): void {
    const directory = directoryOf(place);
    for (const watch of this.#watches) {
      if (watch.scheduled || (watch.path !== place && watch.path !== directory)) continue;
      watch.scheduled = true;
      const call = (): void => {
        watch.scheduled = false;
        if (this.#watches.has(watch)) watch.callback();
      };
      this.#time.at(this.#time.elapsedMs, this.#owner, call, false);
    }
  }
}

interface MemoryDisk {
  before(operation: 'read' | 'sync' | 'write', path: string, onFull?: () => void): void;
  resize(file: MemoryFile, path: string, size: number): void;
  changed(file: MemoryFile, path: string): void;
}

class MemoryFileHandle implements FileHandle {
  readonly path: string;
  readonly #file: MemoryFile;
  readonly #mode: OpenMode;
  readonly #disk: MemoryDisk;
  #next: number;
  #closed: boolean;

  constructor(path: string, file: MemoryFile, mode: OpenMode, disk: MemoryDisk) {
    this.path = path;
    this.#file = file;
    this.#mode = mode;
    this.#disk = disk;
    this.#next = 0;
    this.#closed = false;
  }

  read(into: Uint8Array, position: number): number {
    this.#check();
    if (this.#mode === 'write' || this.#mode === 'createNew' || this.#mode === 'append') throw this.#wrongMode('reading');
    this.#disk.before('read', this.path);
    return this.#file.read(into, position);
  }

  write(bytes: Uint8Array, position?: number): void {
    this.#check();
    assert(position === undefined || this.#mode !== 'append', 'a file opened for append is written at its end');
    if (this.#mode === 'read') throw this.#wrongMode('writing');
    const at = this.#mode === 'append' ? this.#file.size : (position ?? this.#next);
    this.#disk.before('write', this.path, () => this.#put(bytes.subarray(0, bytes.length >> 1), at));
    this.#put(bytes, at);
    this.#next = at + bytes.length;
  }

  sync(): void {
    this.#check();
    this.#disk.before('sync', this.path);
    this.#file.sync();
  }

  truncate(size: number): void {
    this.#check();
    if (this.#mode === 'read') throw this.#wrongMode('truncating');
    this.#disk.before('write', this.path);
    this.#disk.resize(this.#file, this.path, size);
    this.#file.truncate(size);
    this.#disk.changed(this.#file, this.path);
  }

  size(): number {
    this.#check();
    return this.#file.size;
  }

  close(): void {
    this.#closed = true;
  }

  #put(bytes: Uint8Array, at: number): void {
    if (bytes.length === 0) return;
    this.#disk.resize(this.#file, this.path, Math.max(this.#file.size, at + bytes.length));
    this.#file.write(bytes, at);
    this.#disk.changed(this.#file, this.path);
  }

  #check(): void {
    assert(!this.#closed, `the file ${this.path} is used while open`);
  }

  #wrongMode(doing: string): Error {
    return FileInputOutputFailed.error({ what: `${doing} "${this.path}" failed: it was opened for ${this.#mode}`, where: { file: this.path } });
  }
}

function checked(path: string): string {
  if (path.includes('\0')) throw PathUnusable.error({ what: 'the path contains a NUL character' });
  if (path === '') throw FileNotFound.error({ what: 'the path is empty' });
  return path;
}

function notFound(doing: string, path: string): Error {
  return FileNotFound.error({ what: `${doing} "${path}" failed: nothing is there`, where: { file: path } });
}

function exists(path: string): Error {
  return FileExists.error({ what: `"${path}" exists already`, where: { file: path } });
}

function sizeBelow(node: MemoryNode): number {
  if (node.kind === 'file') return node.size;
  let size = 0;
  for (const child of node.entries.values()) size += sizeBelow(child);
  return size;
}
