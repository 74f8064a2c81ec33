import { assert } from '../base/assert.js';
import type { Files } from '../base/platform-files.js';
import { StateFileShort } from './errors.js';
import type { FileStretch, KeyGroupBlob, OperatorSnapshot } from './operator-snapshot.js';

/** One read takes so many bytes at most. */
const PIECE_BYTES = 1024 * 1024;

/** How many bytes a blob has. */
export function blobLength(blob: KeyGroupBlob): number {
  return blob.bytes === undefined ? blob.stretch.length : blob.bytes.length;
}

/** The bytes of a blob; those in a file are read through `files`. Throws `StateFileShort` when the file has fewer. */
export function blobBytes(blob: KeyGroupBlob, files: Files | undefined): Uint8Array {
  if (blob.bytes !== undefined) return blob.bytes;
  assert(files !== undefined, 'whoever takes blobs in files can read files');
  const { stretch } = blob;
  const bytes = new Uint8Array(stretch.length);
  let at = 0;
  for (const piece of stretchPieces(stretch, files)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The bytes of a stretch piece by piece; a piece is valid until the next one is asked for, and lies in `buffer` where one is given. Throws as `blobBytes`. */
export function* stretchPieces(stretch: FileStretch, files: Files, buffer: Uint8Array = new Uint8Array(Math.max(1, Math.min(PIECE_BYTES, stretch.length)))): Generator<Uint8Array> {
  const handle = files.open(stretch.path, 'read');
  try {
    for (let at = 0; at < stretch.length; ) {
      const got = handle.read(buffer.subarray(0, Math.min(buffer.length, stretch.length - at)), stretch.offset + at);
      if (got === 0) {
        throw StateFileShort.error({ what: `"${stretch.path}" ends at byte ${stretch.offset + at}; ${stretch.length - at} more are needed`, where: { file: stretch.path } });
      }
      yield buffer.subarray(0, got);
      at += got;
    }
  } finally {
    handle.close();
  }
}

/** A snapshot all of whose blobs are in memory. Throws as `blobBytes`. */
export function loadSnapshot(snapshot: OperatorSnapshot, files: Files | undefined): OperatorSnapshot {
  if (snapshot.keyGroups.every((blob) => blob.bytes !== undefined)) return snapshot;
  return Object.freeze({ ...snapshot, keyGroups: snapshot.keyGroups.map((blob): KeyGroupBlob => ({ keyGroup: blob.keyGroup, kind: blob.kind, bytes: blobBytes(blob, files) })) });
}
