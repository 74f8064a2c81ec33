import type { Files } from '../../../base/platform-files.js';
import type { StreamSpill } from '../../format/section-writer.js';
import { SpillFile } from '../../format/spill-file.js';

/** Where the snapshots of a backend go that are larger than the memory should be. */
export interface SnapshotPlace {
  readonly files: Files;
  /** Chooses the path of a file for this snapshot; asked when there is something to write. */
  pathOf(checkpointId: number, what: 'streams' | 'blobs'): string;
  /** Bytes of one state in one key group that stay in memory. */
  readonly bufferBytes: number;
}

/** The files of one snapshot: the streams while it is written, and the blobs that are handed over. */
export class SnapshotFiles {
  readonly streams: StreamSpill;
  readonly blobs: SpillFile;

  constructor(place: SnapshotPlace, checkpointId: number) {
    const { files, bufferBytes } = place;
    this.streams = { file: new SpillFile(files, () => place.pathOf(checkpointId, 'streams')), bufferBytes };
    this.blobs = new SpillFile(files, () => place.pathOf(checkpointId, 'blobs'));
  }

  /** The blobs are complete: closes them, and gives a piece of the streams back; true when nothing of these is left. */
  finish(): boolean {
    this.blobs.finish();
    return this.streams.file.shrink();
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
