import { ByteWriter } from '../../../base/bytes.js';
import type { Digests } from '../../../base/platform-digests.js';
import type { Files } from '../../../base/platform-files.js';
import type { BlobFile } from '../../format/blob-assembly.js';
import { BlockMemory, type SectionWriter, type StreamSpill } from '../../format/section-writer.js';
import { SpillFile } from '../../format/spill-file.js';
import type { SnapshotFile } from '../../operator-snapshot.js';

/** Where the snapshots of a backend go that are larger than the memory should be. */
export interface SnapshotPlace {
  readonly files: Files;
  /** With them the file of a snapshot can be taken over as it is, see `OperatorSnapshot.file`, and its checksums take less time. */
  readonly digests?: Digests | undefined;
  /** Chooses the path of a file for this snapshot; asked when there is something to write. */
  pathOf(checkpointId: number, what: 'streams' | 'blobs'): string;
  /** Bytes of one state in one key group that lie in one buffer while they are written. */
  readonly bufferBytes: number;
  /** More such buffers, for all states and key groups together; what is beyond them is written to a file first. */
  readonly moreBuffers: number;
  /** Bytes of finished key groups that stay in memory; what is more goes to a file. */
  readonly memoryBytes: number;
}

/** {@link SnapshotPlace.memoryBytes} unless told otherwise: the collector begins to look at the whole heap when four times as much has come beside it. */
export const DEFAULT_MEMORY_BYTES: number = 16 * 1024 * 1024;

/** The files of one snapshot: the streams while it is written, and the blobs that are handed over. */
export class SnapshotFiles {
  readonly streams: StreamSpill;
  readonly blobs: SpillFile;
  readonly #memoryBytes: number;
  readonly #out: BlobFile;

  constructor(place: SnapshotPlace, checkpointId: number) {
    const { files, bufferBytes, moreBuffers, memoryBytes, digests = null } = place;
    this.streams = { file: new SpillFile(files, () => place.pathOf(checkpointId, 'streams')), bufferBytes, blocks: new BlockMemory(moreBuffers) };
    this.blobs = new SpillFile(files, () => place.pathOf(checkpointId, 'blobs'), digests);
    this.#memoryBytes = memoryBytes;
    this.#out = { file: this.blobs, buffer: new ByteWriter(1), crc32: digests?.crc32 ?? null };
  }

  /** Where the blob of these sections goes, `inMemory` bytes of others being in memory; null: it stays there as well. */
  placeFor(sections: readonly (SectionWriter | undefined)[], inMemory: number): BlobFile | null {
    const bytes = sections.reduce((sum, section) => sum + (section?.length ?? 0), inMemory);
    return bytes > this.#memoryBytes || sections.some((section) => section?.isSpilled === true) ? this.#out : null;
  }

  /** The blobs are complete: closes them, and gives a piece of the streams back; true when nothing of these is left. */
  finish(): boolean {
    this.blobs.finish();
    return this.streams.file.shrink();
  }

  /** The finished file of blobs, if there is one. Asked once. */
  whole(): SnapshotFile | undefined {
    return this.blobs.whole();
  }

  /** Nobody needs the blobs any more: gives a piece of them back; true when nothing is left. */
  shrink(): boolean {
    return this.streams.file.shrink() && this.blobs.shrink();
  }

  /** Removes what is there. */
  remove(): void {
    this.streams.file.remove();
    this.blobs.remove();
  }
}
