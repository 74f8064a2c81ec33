import { toHex } from '../base/bytes.js';
import { joinPath } from '../base/paths.js';
import type { FileHandle } from '../base/platform-files.js';
import type { Platform } from '../base/platform.js';
import type { ManifestFile } from '../checkpoint/manifest.js';
import type { EncryptionKeys } from './encryption.js';
import { CheckpointDamaged } from './errors.js';
import { openChunk, SEALED_CHUNK_BYTES, SEALED_HEADER, sealedLayout, sealedPlace } from './sealed-file.js';
import { purposeOf } from './state-file-writer.js';

/** Bytes read at once while a file is verified. */
const READ_BYTES = 1024 * 1024;

/** To whom a state file belongs. */
export interface StateFileOwner {
  readonly directory: string;
  readonly job: string;
  readonly checkpointId: number;
}

/**
 * Reads stretches of one state file, plain or encrypted. Before anything in it is believed, the whole file is held against
 * its size and checksum, piece by piece, so that a large file need not lie in memory.
 */
export class StateFileReader {
  readonly #platform: Platform;
  readonly #file: ManifestFile;
  readonly #owner: StateFileOwner;
  readonly #keys: EncryptionKeys;
  #handle: FileHandle | undefined;
  #key: Uint8Array | undefined;
  /** The chunk that was opened last. */
  #chunk: { readonly number: number; readonly bytes: Uint8Array } | undefined;

  constructor(platform: Platform, owner: StateFileOwner, file: ManifestFile, keys: EncryptionKeys) {
    this.#platform = platform;
    this.#owner = owner;
    this.#file = file;
    this.#keys = keys;
    this.#handle = undefined;
    this.#key = undefined;
    this.#chunk = undefined;
  }

  get path(): string {
    return joinPath(this.#owner.directory, this.#file.name);
  }

  /** Bytes that can be read. */
  get plainBytes(): number {
    return this.#file.seal === undefined ? this.#file.size : (sealedLayout(this.#file.size)?.plainBytes ?? 0);
  }

  /** Whether the file's bytes are those that were written, not encrypted. */
  get isPlain(): boolean {
    return this.#file.seal === undefined;
  }

  /** Holds the whole file against its size and checksum. Throws `CheckpointDamaged`. */
  verify(): void {
    const { name, size, sha256, gmac } = this.#file;
    const handle = this.#open();
    const found = this.#try('looked at', () => handle.size());
    if (found !== size) throw this.#damaged(`has ${found} bytes instead of ${size}`);
    const digest = gmac === undefined ? this.#platform.digests.sha256() : this.#platform.digests.gmac();
    const block = new Uint8Array(Math.min(READ_BYTES, Math.max(1, size)));
    for (let at = 0; at < size; ) {
      const count = this.#try('read', () => handle.read(block, at));
      if (count === 0) throw this.#damaged(`has ${at} bytes instead of ${size}`);
      digest.update(block.subarray(0, count));
      at += count;
    }
    if (toHex(digest.digest()) !== (gmac ?? sha256)) {
      throw CheckpointDamaged.error({ what: `the bytes of ${name} of checkpoint ${this.#owner.checkpointId} do not match its checksum`, where: { file: this.path } });
    }
  }

  /** Authenticates every chunk of an encrypted file, in its place; a plain file has none. */
  verifySeals(): void {
    if (this.#file.seal === undefined) return;
    const layout = sealedLayout(this.#file.size);
    if (layout === undefined) throw this.#damaged('is too short for an encrypted file');
    for (let chunk = 0; chunk < layout.chunks; chunk++) this.#openChunk(chunk);
  }

  /** The bytes of a stretch. Throws `CheckpointDamaged` when the file does not have them, or they are not what was written. */
  read(offset: number, length: number): Uint8Array {
    this.checkRange(offset, length);
    const bytes = new Uint8Array(length);
    if (this.#file.seal === undefined) this.#readInto(bytes, offset);
    else this.#readSealed(bytes, offset);
    return bytes;
  }

  /** Throws `CheckpointDamaged` when the file does not have such a stretch. */
  checkRange(offset: number, length: number): void {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0 || offset + length > this.plainBytes) {
      throw CheckpointDamaged.error({ what: `the manifest of checkpoint ${this.#owner.checkpointId} names bytes that ${this.#file.name} does not have`, where: { file: this.path } });
    }
  }

  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }

  #readSealed(into: Uint8Array, offset: number): void {
    let done = 0;
    while (done < into.length) {
      const at = offset + done;
      const chunk = Math.floor(at / SEALED_CHUNK_BYTES);
      const plain = this.#openChunk(chunk);
      const from = at - chunk * SEALED_CHUNK_BYTES;
      const part = plain.subarray(from, from + into.length - done);
      into.set(part, done);
      done += part.length;
    }
  }

  #openChunk(number: number): Uint8Array {
    if (this.#chunk?.number === number) return this.#chunk.bytes;
    const { name, size, seal } = this.#file;
    const { chunks } = sealedLayout(size) ?? { chunks: 0 };
    if (number === 0) this.#checkHeader();
    const { offset, length } = sealedPlace(number, size);
    const sealed = new Uint8Array(length);
    this.#readInto(sealed, offset);
    this.#key ??= this.#keys.fileKey(seal!.keyId, seal!.salt, purposeOf(this.#owner.job, name), this.path);
    const key = this.#key;
    const isLast = number === chunks - 1;
    const bytes = this.#try('decrypted', () => openChunk(this.#platform.digests, key, number, isLast, sealed));
    this.#chunk = { number, bytes };
    return bytes;
  }

  #checkHeader(): void {
    const header = new Uint8Array(SEALED_HEADER.length);
    this.#readInto(header, 0);
    if (header.some((byte, at) => byte !== SEALED_HEADER[at])) throw this.#damaged('does not begin as an encrypted file does');
  }

  #readInto(into: Uint8Array, position: number): void {
    const handle = this.#open();
    for (let done = 0; done < into.length; ) {
      const piece = into.subarray(done, Math.min(into.length, done + READ_BYTES));
      const count = this.#try('read', () => handle.read(piece, position + done));
      if (count === 0) throw this.#damaged(`ends after ${position + done} bytes`);
      done += count;
    }
  }

  #open(): FileHandle {
    this.#handle ??= this.#try('read', () => this.#platform.files.open(this.path, 'read'));
    return this.#handle;
  }

  #try<T>(verb: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw CheckpointDamaged.error({ what: `checkpoint ${this.#owner.checkpointId} needs ${this.#file.name}, which cannot be ${verb}`, where: { file: this.path }, cause: error });
    }
  }

  #damaged(how: string): Error {
    return CheckpointDamaged.error({ what: `${this.#file.name} of checkpoint ${this.#owner.checkpointId} ${how}`, where: { file: this.path } });
  }
}
