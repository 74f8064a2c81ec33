import type { Files } from '../../base/platform-files.js';
import { assert } from '../../base/assert.js';
import { blobBytes } from '../blob-bytes.js';
import type { BlobInFile, KeyGroupBlob } from '../operator-snapshot.js';
import { type BlobHeader, type BlobPlace, type BlobSection, damaged, parseBlob, parseBlobHeader } from './key-group-blob.js';
import type { StateMeta } from './state-meta.js';

/** A header lies within so many bytes, unless the states of an operator have very large types. */
const BEGINNING_BYTES = 320 * 1024;

/** A blob of a restore. */
export interface RestoredBlob {
  readonly header: BlobHeader;
  /** The states of which it holds something; of a blob in a file those that it knows. */
  readonly states: readonly StateMeta[];
  /** The records of all states, verified. They are read anew each time when they lie in a file. */
  sections(): readonly BlobSection[];
}

/** Opens a blob: verifies it, or only its beginning when it lies in a file. Throws `SnapshotDamaged` and its kin. */
export function restoredBlob(blob: KeyGroupBlob, place: BlobPlace, files: Files | undefined): RestoredBlob {
  if (blob.bytes === undefined) return blobInFile(blob, place, files);
  const { header, sections } = parseBlob(blob.bytes, place);
  return { header, states: sections.map(({ state }) => state), sections: () => sections };
}

function blobInFile(blob: BlobInFile, place: BlobPlace, files: Files | undefined): RestoredBlob {
  assert(files !== undefined, 'whoever takes blobs in files can read files');
  const { stretch } = blob;
  const length = Math.min(BEGINNING_BYTES, stretch.length);
  const beginning = blobBytes({ ...blob, stretch: { ...stretch, length } }, files);
  const header = parseBlobHeader(beginning, place) ?? parseBlob(blobBytes(blob, files), place).header;
  return {
    header,
    states: header.states,
    sections: () => {
      const { sections, header: now } = parseBlob(blobBytes(blob, files), place);
      if (now.checkpointId !== header.checkpointId) throw damaged(place, 'its file was replaced while it was read');
      return sections;
    },
  };
}
