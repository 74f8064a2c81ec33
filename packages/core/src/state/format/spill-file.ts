import { assert } from '../../base/assert.js';
import { toHex } from '../../base/bytes.js';
import type { Digests, Gmac } from '../../base/platform-digests.js';
import type { FileHandle, Files, UncachedFile } from '../../base/platform-files.js';
import type { SnapshotFile } from '../operator-snapshot.js';

/** A file gets smaller by so many bytes at a time: a fraction of a millisecond each MB. */
const SHRINK_BYTES = 2 * 1024 * 1024;

/** A file of a running snapshot that only grows: made when the first bytes come, since most snapshots stay in memory. */
export class SpillFile {
  readonly #files: Files;
  readonly #choosePath: () => string;
  #path: string | undefined;
  #handle: FileHandle | undefined;
  #uncached: UncachedFile | undefined;
  /** Whether writing may wait for the disk; asked when the file is made. Such a file is not read. */
  mayWait: boolean;
  #size: number;
  readonly #digests: Digests | null;
  #digest: Gmac | undefined;

  /** `choosePath` is asked once, when there is something to write. With `digests` the file can be told as a whole when it is finished. */
  constructor(files: Files, choosePath: () => string, digests: Digests | null = null) {
    this.#files = files;
    this.#digests = digests;
    this.#digest = undefined;
    this.#choosePath = choosePath;
    this.#path = undefined;
    this.#handle = undefined;
    this.#uncached = undefined;
    this.mayWait = false;
    this.#size = 0;
  }

  /** Where it lies; asked once something is written. */
  get path(): string {
    assert(this.#path !== undefined, 'a file that nothing was written to has no path');
    return this.#path;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds bytes and says where they begin. */
  append(bytes: Uint8Array): number {
    if (this.#handle === undefined && this.#uncached === undefined) this.#make();
    const at = this.#size;
    if (this.#uncached === undefined) this.#handle!.write(bytes, at);
    else this.#uncached.append(bytes);
    this.#digest?.update(bytes);
    this.#size += bytes.length;
    return at;
  }

  /** Bytes that were written before. */
  read(offset: number, length: number): Uint8Array {
    assert(this.#handle !== undefined && offset + length <= this.#size, 'what is read was written');
    const bytes = new Uint8Array(length);
    for (let got = 0; got < length; ) {
      const more = this.#handle.read(bytes.subarray(got), offset + got);
      assert(more > 0, 'nobody cuts the file of a running snapshot');
      got += more;
    }
    return bytes;
  }

  /** Nothing is written any more; the file stays. */
  finish(): void {
    this.#uncached?.finish();
    this.#uncached = undefined;
    this.#handle?.close();
    this.#handle = undefined;
  }

  /** The finished file; undefined when nothing was written, or without `digests`. Asked once. */
  whole(): SnapshotFile | undefined {
    const digest = this.#digest;
    this.#digest = undefined;
    return digest === undefined ? undefined : { path: this.path, size: this.#size, gmac: toHex(digest.digest()) };
  }

  /** Makes a file that is not needed any more smaller by a piece, since to remove a large one takes long; true once it is gone. */
  shrink(): boolean {
    if (this.#path === undefined) return true;
    // It may have been taken over.
    if (this.#handle === undefined && !this.#files.exists(this.#path)) this.#size = 0;
    if (this.#size > SHRINK_BYTES) {
      this.#handle ??= this.#files.open(this.#path, 'readWrite');
      this.#size -= SHRINK_BYTES;
      this.#handle.truncate(this.#size);
      return false;
    }
    this.remove();
    return true;
  }

  /** Removes the file, if there is one. */
  remove(): void {
    this.#uncached?.abandon();
    this.#uncached = undefined;
    this.finish();
    if (this.#path !== undefined && this.#files.exists(this.#path)) this.#files.unlink(this.#path);
    this.#path = undefined;
  }

  #make(): void {
    this.#path = this.#choosePath();
    this.#uncached = this.mayWait ? this.#files.createUncached?.(this.#path) : undefined;
    if (this.#uncached === undefined) this.#handle = this.#files.open(this.#path, 'readWriteCreate');
    this.#digest = this.#digests?.gmac();
  }
}
