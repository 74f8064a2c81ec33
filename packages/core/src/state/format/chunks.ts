/**
 * The outer shell of a state blob (decision 0003): chunks with length and checksum, so that every truncation and every
 * flipped bit is found before a value is read.
 *
 * Header: magic, version, checksum of both. Chunk: length, checksum over the chunk's number, length and bytes, bytes.
 * End: a chunk of length 0 whose checksum covers the number of chunks.
 */
import { concatBytes } from '../../base/bytes.js';
import { crc32c } from '../../base/crc32c.js';
import { SnapshotDamaged, SnapshotFormatUnknown } from '../errors.js';

/** No chunk is longer. */
export const MAX_CHUNK_BYTES: number = 4 * 1024 * 1024;

/** "MRSB" read as a little-endian number. */
const MAGIC = 0x4253524d;
const VERSION = 1;
const HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;

/** Wraps contents into a blob. */
export function sealChunks(contents: Uint8Array): Uint8Array {
  const chunks = Math.ceil(contents.length / MAX_CHUNK_BYTES);
  const blob = new Uint8Array(HEADER_BYTES + (chunks + 1) * CHUNK_HEADER_BYTES + contents.length);
  const view = new DataView(blob.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, crc32c(blob, 0, 0, 8), true);
  let at = HEADER_BYTES;
  for (let index = 0; index <= chunks; index++) {
    const from = index * MAX_CHUNK_BYTES;
    const part = contents.subarray(from, Math.min(contents.length, from + MAX_CHUNK_BYTES));
    view.setUint32(at, part.length, true);
    view.setUint32(at + 4, chunkChecksum(index, part), true);
    blob.set(part, at + CHUNK_HEADER_BYTES);
    at += CHUNK_HEADER_BYTES + part.length;
  }
  return blob;
}

/** The contents of a blob. Throws `SnapshotDamaged`, or `SnapshotFormatUnknown` for a later version's. */
export function openChunks(blob: Uint8Array): Uint8Array {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < HEADER_BYTES + CHUNK_HEADER_BYTES) throw broken(`${blob.length} bytes are too few for a blob`);
  if (view.getUint32(0, true) !== MAGIC) throw broken('it does not begin as a state blob does');
  if (view.getUint32(8, true) !== crc32c(blob, 0, 0, 8)) throw broken('the checksum of its header does not match');
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw SnapshotFormatUnknown.error({ what: `a state blob has chunk format ${version}; this version of Millrace reads ${VERSION}` });
  const parts: Uint8Array[] = [];
  let at = HEADER_BYTES;
  for (let index = 0; ; index++) {
    if (blob.length - at < CHUNK_HEADER_BYTES) throw broken(`it is cut off at byte ${blob.length}`);
    const length = view.getUint32(at, true);
    const checksum = view.getUint32(at + 4, true);
    at += CHUNK_HEADER_BYTES;
    if (length > MAX_CHUNK_BYTES || length > blob.length - at) throw broken(`chunk ${index} is cut off, or its length is wrong`);
    const part = blob.subarray(at, at + length);
    if (checksum !== chunkChecksum(index, part)) throw broken(`the checksum of chunk ${index} does not match`);
    if (length === 0) break;
    parts.push(part);
    at += length;
  }
  if (at !== blob.length) throw broken(`${blob.length - at} bytes follow its end`);
  return parts.length === 1 ? parts[0]! : concatBytes(parts);
}

function chunkChecksum(index: number, part: Uint8Array): number {
  const seed = new Uint8Array(8);
  const view = new DataView(seed.buffer);
  view.setUint32(0, index, true);
  view.setUint32(4, part.length, true);
  return crc32c(part, crc32c(seed));
}

function broken(why: string): Error {
  return SnapshotDamaged.error({ what: `a state blob is damaged: ${why}` });
}
