import type { FileStatus } from '../../base/platform-files.js';
import { FileNotFound } from '../../base/platform-errors.js';
import { directoryOf, joinPath } from '../../base/paths.js';
import type { ReaderContext } from '../../connector/source.js';

/** What happened to a followed file at whose end the reader is. */
export type FileChange = 'none' | 'rotated' | 'truncated';

/**
 * A log file that grows and is now and then rotated (renamed, and a new one made at its path) or truncated. Which file was
 * read is known by its inode, so that after a restart the rest of a rotated file is read before the new one.
 */
export class FollowedFile {
  /** The file being read; 0 while none is. */
  inode: number;
  readonly #path: string;
  readonly #context: ReaderContext;

  constructor(path: string, inode: number, context: ReaderContext) {
    this.inode = inode;
    this.#path = path;
    this.#context = context;
  }

  /** Where to go on reading; undefined while there is no file. `fromStart`: the place that was read up to is gone. */
  find(position: number): { readonly path: string; readonly fromStart: boolean } | undefined {
    const status = this.#status(this.#path);
    if (status === undefined) return this.#findRotated(position);
    if (this.inode === 0 || status.inode === this.inode) {
      const fromStart = status.size < position;
      if (fromStart) this.#warn('the followed file was truncated while the job did not run; reading it from its start');
      this.inode = status.inode;
      return { path: this.#path, fromStart };
    }
    const rotated = this.#findRotated(position);
    if (rotated !== undefined) return rotated;
    this.#warn('the followed file was rotated while the job did not run, and the old one is gone: its unread rest is lost');
    this.inode = status.inode;
    return { path: this.#path, fromStart: true };
  }

  /** What happened to the file, when a read met its end at `limit`. */
  changed(limit: number): FileChange {
    const status = this.#status(this.#path);
    if (status === undefined) return 'none';
    if (status.inode !== this.inode) return 'rotated';
    if (status.size >= limit) return 'none';
    this.#warn('the followed file was truncated; reading it from its start');
    return 'truncated';
  }

  /** The next `find` takes the file at the path. */
  restart(): void {
    this.inode = 0;
  }

  /** A file of the same directory with the inode that was read. */
  #findRotated(position: number): { readonly path: string; readonly fromStart: boolean } | undefined {
    if (this.inode === 0) return undefined;
    const directory = directoryOf(this.#path);
    for (const { name, isFile } of this.#context.platform.files.readDirectory(directory)) {
      const path = joinPath(directory, name);
      const status = isFile ? this.#status(path) : undefined;
      if (status?.inode === this.inode && status.size >= position) return { path, fromStart: false };
    }
    return undefined;
  }

  #status(path: string): FileStatus | undefined {
    try {
      return this.#context.platform.files.stat(path);
    } catch (error) {
      if (FileNotFound.is(error)) return undefined;
      throw error;
    }
  }

  #warn(message: string): void {
    this.#context.logger.warn(message, { file: this.#path, source: this.#context.operator });
  }
}
