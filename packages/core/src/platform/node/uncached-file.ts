import * as fs from 'node:fs';
import type { UncachedFile } from '../../base/platform-files.js';
import { fileError } from './file-errors.js';

/** Bytes that go to the disk in one go. */
const BLOCK_BYTES = 256 * 1024;
/** What positions, sizes and addresses are multiples of for any disk. */
const ALIGNMENT = 4096;
/** Memory that a program is given begins at multiples of this. */
const ADDRESS_STEP = 16;

/** What a disk, or what lies between, may answer to a write past the cache that it takes as an ordinary one. */
const REFUSED: readonly unknown[] = ['EINVAL', 'EIO'];

/** See `Files.createUncached`: with `O_DIRECT`, where the system, the file system and the disk have it. */
export function createUncached(path: string): UncachedFile | undefined {
  const direct = fs.constants.O_DIRECT as number | undefined;
  if (direct === undefined) return undefined;
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC | direct, 0o666);
  } catch {
    // Whatever is wrong is told by the ordinary way, which comes next.
    return undefined;
  }
  const block = alignedBlock(descriptor);
  if (block !== undefined) return new DirectFile(path, descriptor, block);
  fs.closeSync(descriptor);
  return undefined;
}

/**
 * Memory that the disk takes bytes from. A program does not see where its memory lies, so it is found by trying: what is not in its
 * place is refused at once. What this writes is overwritten or cut off.
 */
function alignedBlock(descriptor: number): Uint8Array | undefined {
  const memory = new Uint8Array(BLOCK_BYTES + ALIGNMENT);
  for (let offset = 0; offset < ALIGNMENT; offset += ADDRESS_STEP) {
    try {
      if (fs.writeSync(descriptor, memory, offset, ALIGNMENT, 0) === ALIGNMENT) return memory.subarray(offset, offset + BLOCK_BYTES);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') return undefined;
    }
  }
  return undefined;
}

class DirectFile implements UncachedFile {
  readonly #path: string;
  #descriptor: number;
  /** Whether writes go past the cache. */
  #isDirect: boolean;
  readonly #block: Uint8Array;
  /** Bytes in the block. */
  #filled: number;
  /** Bytes in the file. */
  #written: number;

  constructor(path: string, descriptor: number, block: Uint8Array) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#isDirect = true;
    this.#block = block;
    this.#filled = 0;
    this.#written = 0;
  }

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(bytes.length - from, BLOCK_BYTES - this.#filled);
      this.#block.set(bytes.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
      if (this.#filled === BLOCK_BYTES) this.#writeBlock();
    }
  }

  finish(): void {
    // The rest has no size that the disk takes as it is, and the file may be shorter than what was tried.
    if (this.#isDirect) this.#goOnCached();
    this.#writeBlock();
    this.#coded(() => fs.ftruncateSync(this.#descriptor, this.#written));
    this.abandon();
  }

  abandon(): void {
    if (this.#descriptor < 0) return;
    const descriptor = this.#descriptor;
    this.#descriptor = -1;
    this.#coded(() => fs.closeSync(descriptor));
  }

  #writeBlock(): void {
    this.#coded(() => {
      for (let done = 0; done < this.#filled; ) {
        const count = this.#write(done);
        done += count;
        this.#written += count;
      }
    });
    this.#filled = 0;
  }

  #write(from: number): number {
    const write = (): number => fs.writeSync(this.#descriptor, this.#block, from, this.#filled - from, this.#written);
    if (!this.#isDirect) return write();
    try {
      return write();
    } catch (error) {
      if (!REFUSED.includes((error as NodeJS.ErrnoException).code)) throw error;
      this.#goOnCached();
      return write();
    }
  }

  /** From here on through the system's cache. What the disk does not take that way either is found by this write, or by whoever makes the file durable. */
  #goOnCached(): void {
    this.abandon();
    this.#isDirect = false;
    this.#coded(() => {
      this.#descriptor = fs.openSync(this.#path, fs.constants.O_WRONLY);
    });
  }

  #coded(operation: () => void): void {
    try {
      operation();
    } catch (error) {
      throw fileError(error, 'writing', this.#path);
    }
  }
}
