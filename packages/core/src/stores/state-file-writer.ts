import { assert } from '../base/assert.js';
import { toHex } from '../base/bytes.js';
import { joinPath } from '../base/paths.js';
import type { Gmac, Sha256 } from '../base/platform-digests.js';
import type { FileHandle } from '../base/platform-files.js';
import type { Platform } from '../base/platform.js';
import type { FileRange, FileSeal, ManifestFile } from '../checkpoint/manifest.js';
import type { EncryptionKeys } from './encryption.js';
import { sealChunk, SEALED_CHUNK_BYTES, SEALED_HEADER } from './sealed-file.js';

/** A plain file that is larger has the check that costs next to nothing, which older engines do not know; so those of small state stay readable by them. */
export const LARGEST_HASHED_FILE: number = 1024 * 1024;

/** What a state file is written for. */
export interface StateFilePlace {
  readonly directory: string;
  readonly name: string;
  readonly job: string;
}

/**
 * One file that grows by pieces under a temporary name. The ranges it gives are those of the plain bytes, whether it is
 * encrypted or not.
 */
export class StateFileWriter {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly #digest: Sha256;
  /** Of plain files, beside the digest until it is too large for that; null for encrypted ones. */
  readonly #gmac: Gmac | null;
  readonly #seal: FileSeal | undefined;
  readonly #key: Uint8Array | undefined;
  /** Plain bytes that do not fill a chunk yet; encrypted files only. */
  readonly #chunk: Uint8Array;
  #filled: number;
  #chunks: number;
  #plainSize: number;
  #size: number;

  constructor(platform: Platform, { directory, name, job }: StateFilePlace, keys: EncryptionKeys) {
    this.#platform = platform;
    this.#directory = directory;
    this.#name = name;
    this.#filled = 0;
    this.#chunks = 0;
    this.#plainSize = 0;
    this.#size = 0;
    const { keyId } = keys;
    this.#seal = keyId === undefined ? undefined : { keyId, salt: toHex(keys.newSalt()) };
    this.#key = this.#seal === undefined ? undefined : keys.fileKey(this.#seal.keyId, this.#seal.salt, purposeOf(job, name), undefined);
    this.#chunk = new Uint8Array(this.#key === undefined ? 0 : SEALED_CHUNK_BYTES);
    this.#handle = platform.files.open(this.#temporary, 'write');
    this.#digest = platform.digests.sha256();
    this.#gmac = this.#key === undefined ? platform.digests.gmac() : null;
    if (this.#key !== undefined) this.#put(SEALED_HEADER);
  }

  /** Adds bytes at the end and says where they lie. */
  append(bytes: Uint8Array): FileRange {
    const offset = this.#plainSize;
    if (bytes.length === 0) return { file: this.#name, offset, length: 0 };
    this.#plainSize += bytes.length;
    if (this.#key === undefined) this.#put(bytes);
    else this.#encrypt(bytes, this.#key);
    this.#platform.points.reach('during-upload');
    return { file: this.#name, offset, length: bytes.length };
  }

  /** Makes the file appear whole and durably under its name. */
  finish(): ManifestFile {
    const { files, points } = this.#platform;
    if (this.#key !== undefined) this.#sealChunk(this.#key, true);
    this.#handle.sync();
    this.#handle.close();
    points.reach('before-rename');
    files.rename(this.#temporary, joinPath(this.#directory, this.#name));
    points.reach('before-directory-sync');
    files.syncDirectory(this.#directory);
    const seal = this.#seal;
    const place = { name: this.#name, size: this.#size };
    if (this.#gmac !== null && !this.#isHashed) return { ...place, gmac: toHex(this.#gmac.digest()) };
    return { ...place, sha256: toHex(this.#digest.digest()), ...(seal === undefined ? {} : { seal }) };
  }

  /** Gives the file up. */
  abandon(): void {
    try {
      this.#handle.close();
    } finally {
      removeQuietly(this.#platform, this.#temporary);
    }
  }

  get #isHashed(): boolean {
    return this.#gmac === null || this.#size <= LARGEST_HASHED_FILE;
  }

  get #temporary(): string {
    return joinPath(this.#directory, `.${this.#name}.tmp`);
  }

  /** The last chunk says that it is the last, so a full one is sealed only when more follows. */
  #encrypt(bytes: Uint8Array, key: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#filled === SEALED_CHUNK_BYTES) this.#sealChunk(key, false);
      const end = Math.min(bytes.length, at + SEALED_CHUNK_BYTES - this.#filled);
      this.#chunk.set(bytes.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
    }
  }

  #sealChunk(key: Uint8Array, isLast: boolean): void {
    assert(this.#chunks < 2 ** 32 - 1, 'the number of a chunk fits into its nonce');
    this.#put(sealChunk(this.#platform.digests, key, this.#chunks++, isLast, this.#chunk.subarray(0, this.#filled)));
    this.#filled = 0;
  }

  #put(bytes: Uint8Array): void {
    this.#handle.write(bytes, this.#size);
    this.#size += bytes.length;
    this.#gmac?.update(bytes);
    if (this.#isHashed) this.#digest.update(bytes);
  }
}

/** What goes into the key of a state file beside its salt: a file under another name, or of another job, has another key. */
export function purposeOf(job: string, name: string): string {
  return `state\n${name}\n${job}`;
}

/** Removes what a failure has left. That it cannot be removed either is no news. */
export function removeQuietly(platform: Platform, path: string): void {
  try {
    if (platform.files.exists(path)) platform.files.unlink(path);
  } catch {
    // The next complete checkpoint removes it.
  }
}
