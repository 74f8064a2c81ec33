/**
 * Encrypted state files: AES-256-GCM in chunks, so that any stretch can be read without the rest.
 *
 * | bytes | meaning |
 * |---|---|
 * | 8 | `4D 52 53 45 41 4C` ("MRSEAL"), version u16 (1) |
 * | per chunk | up to 64 KiB of ciphertext, 16 bytes of tag |
 *
 * All chunks but the last are full. The nonce of a chunk is its number and whether it is the last; the key belongs to
 * this file alone (its salt stands in the manifest, its name goes into the key). So chunks cannot change places within a
 * file or between files, and the end cannot be cut off, without the tag telling.
 */
import type { Digests } from '../base/platform-digests.js';

/** Plain bytes in a full chunk. */
export const SEALED_CHUNK_BYTES: number = 64 * 1024;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** The first bytes of every encrypted file. */
export const SEALED_HEADER: Uint8Array = Uint8Array.of(0x4d, 0x52, 0x53, 0x45, 0x41, 0x4c, 1, 0);

/** Seals one chunk. */
export function sealChunk(digests: Digests, key: Uint8Array, chunk: number, isLast: boolean, plain: Uint8Array): Uint8Array {
  return digests.seal(plain, { key, nonce: nonceOf(chunk, isLast), associatedData: SEALED_HEADER });
}

/** Opens one chunk; throws `SealBroken`. */
export function openChunk(digests: Digests, key: Uint8Array, chunk: number, isLast: boolean, sealed: Uint8Array): Uint8Array {
  return digests.open(sealed, { key, nonce: nonceOf(chunk, isLast), associatedData: SEALED_HEADER });
}

/** Where the chunks of an encrypted file lie, from its size on the disk; undefined for a size that no such file has. */
export function sealedLayout(size: number): { readonly chunks: number; readonly plainBytes: number } | undefined {
  const body = size - SEALED_HEADER.length;
  if (body < TAG_BYTES) return undefined;
  const chunks = Math.ceil(body / (SEALED_CHUNK_BYTES + TAG_BYTES));
  const last = body - (chunks - 1) * (SEALED_CHUNK_BYTES + TAG_BYTES);
  return last < TAG_BYTES ? undefined : { chunks, plainBytes: body - chunks * TAG_BYTES };
}

/** Where a chunk begins in the file, and how many bytes it has there. */
export function sealedPlace(chunk: number, size: number): { readonly offset: number; readonly length: number } {
  const offset = SEALED_HEADER.length + chunk * (SEALED_CHUNK_BYTES + TAG_BYTES);
  return { offset, length: Math.min(SEALED_CHUNK_BYTES + TAG_BYTES, size - offset) };
}

function nonceOf(chunk: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  nonce[0] = isLast ? 1 : 0;
  view.setUint32(8, chunk, true);
  return nonce;
}
