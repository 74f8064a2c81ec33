/**
 * What one subtask's operator gives for a checkpoint and gets back at a restore: opaque, self-contained bytes per key
 * group, plus the parts that belong to no key. A blob can be read without the job (`decision 0001`), and the same bytes
 * serve checkpoints, savepoints, rescaling and other runners.
 */
export interface OperatorSnapshot {
  readonly operatorUid: string;
  readonly checkpointId: number;
  readonly maxParallelism: number;
  /** One blob per key group that has anything in it. */
  readonly keyGroups: readonly KeyGroupBlob[];
  /** Operator lists, union lists and broadcast states of this subtask; undefined when there are none. */
  readonly operatorState: Uint8Array | undefined;
  /** The operator's watermark floor when the snapshot was taken; -Infinity when none had arrived. */
  readonly watermark: number;
  /**
   * The checkpoint that the deltas build on. Key groups without a blob are as they were there. Undefined when all blobs
   * are bases; then a key group without a blob is empty. `appendToChain` in
   * `snapshot-chain.ts` puts parts of several checkpoints together.
   */
  readonly basedOn?: number | undefined;
  /** The file that its large blobs lie in, where it was written for this snapshot alone: whoever stores the snapshot may take it over. */
  readonly file?: SnapshotFile | undefined;
}

/** A finished file as a whole. Who takes it over gives it another name, and it is theirs; its writer finds it gone and does not mind. */
export interface SnapshotFile {
  readonly path: string;
  readonly size: number;
  /** The check of all its bytes (`Digests.gmac`), hexadecimal. */
  readonly gmac: string;
}

/** The state of one key group: a base, followed by the deltas since, oldest first. Its bytes are in memory, or in a file while they are large. */
export type KeyGroupBlob = BlobInMemory | BlobInFile;

interface BlobPart {
  readonly keyGroup: number;
  /** Whole state, or only what changed since the snapshot before. */
  readonly kind: 'base' | 'delta';
}

/** A blob that is small enough to be handed around. */
export interface BlobInMemory extends BlobPart {
  /** Of a snapshot that was just taken: in memory that whoever took it has no more use for, as it may go to another thread. */
  readonly bytes: Uint8Array;
  readonly stretch?: undefined;
}

/**
 * A blob that lies in a file of whoever hands it over, so that state larger than the memory can be saved and restored. The
 * file stays until the checkpoint is complete, or until the state is restored and the first checkpoint after it is.
 */
export interface BlobInFile extends BlobPart {
  readonly bytes?: undefined;
  readonly stretch: FileStretch;
}

/** Bytes in a file. */
export interface FileStretch {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}
