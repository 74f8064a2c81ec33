/**
 * How to open a file:
 * - `read`: must exist, reading only;
 * - `write`: created, or emptied if it exists;
 * - `createNew`: created; fails with `FileExists` when the name is taken, atomically;
 * - `append`: created if missing; every write without a position goes to the end;
 * - `readWrite`: must exist, reading and writing in place;
 * - `readWriteCreate`: the same, created empty if missing.
 */
export type OpenMode = 'append' | 'createNew' | 'read' | 'readWrite' | 'readWriteCreate' | 'write';

/** What is known about a path without opening it. */
export interface FileStatus {
  readonly size: number;
  /** Time of the last change of the content, epoch milliseconds, fractional where the file system has it. */
  readonly mtimeMs: number;
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  /** Identity within its file system: a followed file that was rotated has a new inode at the old path. */
  readonly inode: number;
  /** The permission bits, e.g. 0o600. */
  readonly permissions: number;
}

/** An open file. Positional and synchronous, so that a reader knows its offset and a snapshot writer its limits. */
export interface FileHandle {
  readonly path: string;
  /**
   * Reads up to `into.length` bytes at a byte offset and returns how many; 0 means end of file (or an empty `into`).
   * May return less than asked before the end; callers loop. It may block for the disk: a caller keeps reads ≤ 1 MiB.
   */
  read(into: Uint8Array, position: number): number;
  /**
   * Writes all bytes, at `position` or after the last write (at the end for `append`). When it throws, an unknown part
   * may be in the file.
   */
  write(bytes: Uint8Array, position?: number): void;
  /**
   * Forces content and size to the disk (fsync). After a failure nothing written before may be trusted and the call is
   * never repeated in the hope of success: the system may have dropped the pages.
   */
  sync(): void;
  /** Cuts or extends (with zeros) to this size. */
  truncate(size: number): void;
  /** The present size in bytes. */
  size(): number;
  /** Gives the handle back. A second call does nothing. */
  close(): void;
}

/** A new file that is written from front to back. Failures are coded as those of a `FileHandle`. */
export interface UncachedFile {
  /** Adds bytes, which are read before the call returns. It waits for the disk. */
  append(bytes: Uint8Array): void;
  /** Writes what is left and closes the file. It is durable after a `sync`, as any other. */
  finish(): void;
  /** Closes the file, whose content is of no use then. After `finish` it does nothing. */
  abandon(): void;
}

/** How to write a whole file. */
export interface WriteFileOptions {
  /** Fail with `FileExists` when the name is taken. False: replace the content. */
  readonly createNew?: boolean;
  /** Force the content to the disk before returning. The name needs `syncDirectory` of the folder as well. */
  readonly sync?: boolean;
  /** Permission bits of a new file; 0o666 less the process's mask unless given. */
  readonly permissions?: number;
}

/** One name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isFile: boolean;
}

/** A running watch. */
export interface FileWatch {
  /** No more calls after this returns. */
  close(): void;
}

/**
 * The file system, synchronous: a snapshot writer and a file source do small positional operations, and a promise per
 * operation costs more than the operation. Whoever does long work here (removing a tree, copying) does it in slices.
 *
 * Paths are absolute or relative to `process.cwd()`, POSIX style. Every failure is a coded error of
 * `platform-errors.ts` (28xx) that names the path; nothing from the system comes through bare.
 *
 * Durability: content is durable after `sync`, a name (new, renamed, linked, removed) after `syncDirectory` of its
 * folder. The pattern for a file that is either whole or absent: write to a temporary name, `sync`, `close`, `rename`,
 * `syncDirectory`.
 */
export interface Files {
  open(path: string, mode: OpenMode): FileHandle;
  /**
   * Makes a file for many bytes that nobody reads soon: they go to the disk without a copy in the system's memory, which takes processor time,
   * and an `append` waits for the disk instead. Undefined, or not there at all, where the system does not have that: then `open` is what is left.
   */
  createUncached?(path: string): UncachedFile | undefined;
  /** Follows symbolic links. Throws `FileNotFound` where nothing is. */
  stat(path: string): FileStatus;
  /** Whether something is there. False also where the path leads through a missing or unreadable folder. */
  exists(path: string): boolean;
  /** The whole content. Refuses more than 2 GiB. */
  readFile(path: string): Uint8Array;
  /** Writes a whole file; text becomes UTF-8. Not atomic: see the pattern above. */
  writeFile(path: string, content: Uint8Array | string, options?: WriteFileOptions): void;
  /** Makes the directory and every missing one above it; an existing directory is fine. */
  makeDirectory(path: string, options?: { readonly permissions?: number }): void;
  /**
   * Makes a directory that only this user may enter, and every missing one above it. An existing one must be of this user
   * and closed to all others: otherwise `FileAccessDenied`, also for a link.
   */
  makePrivateDirectory(path: string): void;
  /** The entries sorted by name (UTF-16 code units), without `.` and `..`. */
  readDirectory(path: string): readonly DirectoryEntry[];
  /** Renames atomically within a file system; replaces an existing file at the target. */
  rename(from: string, to: string): void;
  /** A second name for the same file. Fails with `FileExists` when the name is taken, atomically: a lock is built on it. */
  link(existing: string, newPath: string): void;
  /** Removes a file's name. Throws `FileNotFound` where nothing is. */
  unlink(path: string): void;
  /** Removes a file or directory with all it holds; nothing there is fine. Does not follow symbolic links. */
  removeTree(path: string): void;
  /** The absolute path with all symbolic links resolved; everything on it must exist. */
  realpath(path: string): string;
  /** Makes the names in a directory durable (fsync on the directory). */
  syncDirectory(path: string): void;
  /** Sets the permission bits, e.g. 0o600. */
  setPermissions(path: string, permissions: number): void;
  /** The system's folder for temporary files, absolute. */
  temporaryDirectory(): string;
  /** Makes a new directory, readable by its owner only, with a unique name beginning with the prefix, in `temporaryDirectory()`. */
  makeTemporaryDirectory(prefix: string): string;
  /**
   * Calls back some time after something at the path (or directly inside that directory) changed. Only a hint: calls
   * may be merged, late, repeated or, on some file systems, missing; a watcher also looks by itself now and then. The
   * callback never runs inside another platform call. A pending watch does not keep the process alive.
   */
  watch(path: string, callback: () => void): FileWatch;
}
