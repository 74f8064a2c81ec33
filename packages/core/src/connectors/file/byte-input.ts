import type { GunzipStream } from '../../base/platform-digests.js';
import type { FileHandle } from '../../base/platform-files.js';
import type { Platform } from '../../base/platform.js';
import type { Packing } from './file-split.js';

/** Packed bytes taken from the disk at a time. */
const PACKED_BLOCK = 65_536;
/** Unpacked bytes passed over in one call of `seek`. */
const SEEK_STEP = 4 * 1024 * 1024;

/** The bytes of a file, unpacked. */
export interface ByteInput {
  /**
   * Goes to a position; true when it is there. A packed file is unpacked up to it, in steps: false means call again. Only
   * before the first read.
   */
  seek(position: number): boolean;
  /** Reads at a position, which is where the last read ended or `seek` went; 0 at the end of the file. */
  read(into: Uint8Array, position: number): number;
  close(): void;
}

/** Opens a file. */
export function openInput(platform: Platform, path: string, packing: Packing): ByteInput {
  const handle = platform.files.open(path, 'read');
  return packing === 'gzip' ? new GzipInput(handle, platform.digests.gunzipStream()) : new PlainInput(handle);
}

class PlainInput implements ByteInput {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  seek(): boolean {
    return true;
  }

  read(into: Uint8Array, position: number): number {
    return this.#handle.read(into, position);
  }

  close(): void {
    this.#handle.close();
  }
}

class GzipInput implements ByteInput {
  readonly #handle: FileHandle;
  readonly #stream: GunzipStream;
  #packedAt: number;
  #fed: boolean;
  #chunk: Uint8Array;
  #chunkAt: number;
  #position: number;

  constructor(handle: FileHandle, stream: GunzipStream) {
    this.#handle = handle;
    this.#stream = stream;
    this.#packedAt = 0;
    this.#fed = false;
    this.#chunk = new Uint8Array(0);
    this.#chunkAt = 0;
    this.#position = 0;
  }

  seek(position: number): boolean {
    const stepEnd = this.#position + SEEK_STEP;
    while (this.#position < position && this.#position < stepEnd) {
      if (!this.#fill()) return true;
      const step = Math.min(this.#chunk.length - this.#chunkAt, position - this.#position);
      this.#chunkAt += step;
      this.#position += step;
    }
    return this.#position >= position;
  }

  read(into: Uint8Array): number {
    if (into.length === 0 || !this.#fill()) return 0;
    const count = Math.min(into.length, this.#chunk.length - this.#chunkAt);
    into.set(this.#chunk.subarray(this.#chunkAt, this.#chunkAt + count));
    this.#chunkAt += count;
    this.#position += count;
    return count;
  }

  close(): void {
    this.#handle.close();
  }

  /** Makes sure that there are unpacked bytes; false at the end. */
  #fill(): boolean {
    while (this.#chunkAt === this.#chunk.length) {
      this.#chunk = this.#stream.read();
      this.#chunkAt = 0;
      if (this.#chunk.length > 0) return true;
      if (this.#fed) return false;
      const packed = new Uint8Array(PACKED_BLOCK);
      const count = this.#handle.read(packed, this.#packedAt);
      this.#packedAt += count;
      if (count > 0) {
        this.#stream.feed(packed.subarray(0, count));
      } else {
        this.#stream.end();
        this.#fed = true;
      }
    }
    return true;
  }
}
