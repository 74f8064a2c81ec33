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

  /** The blobs are complete. */
  finish(): void {
    this.streams.file.remove();
    this.blobs.finish();
  }

  /** Removes what is there. */
  remove(): void {
    this.streams.file.remove();
    this.blobs.remove();
  }
}
