/**
 * The manifest of a checkpoint: the list of everything it needs, written last, so that its presence makes the checkpoint
 * complete. JSON, so that a person can read it; the files it names carry the bytes and their own checksums.
 */

/** The version of a plain manifest. */
export const MANIFEST_FORMAT = 1;
/** The version of a manifest that an engine of version 1 would misread: with encrypted files, or not to be resumed. */
export const MANIFEST_FORMAT_EXTENDED = 2;
/** The version of a manifest that one of version 2 would misread: with files whose check is a GMAC. */
export const MANIFEST_FORMAT_GMAC = 3;

/** A stretch of bytes in a state file. */
export interface FileRange {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** A file that the checkpoint needs. */
export interface ManifestFile {
  readonly name: string;
  readonly size: number;
  /** SHA-256 of the whole file as it lies on the disk, hexadecimal; of a large plain file there is `gmac` instead. */
  readonly sha256?: string;
  /** `Digests.gmac` of the whole file, hexadecimal. */
  readonly gmac?: string;
  /** How it is encrypted; plain without. Files of earlier checkpoints may have been written with another key. */
  readonly seal?: FileSeal;
}

/** With which key a file is encrypted. */
export interface FileSeal {
  readonly keyId: string;
  /** What the file's own key is derived with, hexadecimal. */
  readonly salt: string;
}

/** How the manifest itself is sealed. */
export interface ManifestEncryption extends FileSeal {
  /** Tells a wrong key from damage, hexadecimal. */
  readonly check: string;
}

/** One key group of one operator: a base or one of the deltas that follow it. */
export interface ManifestPart extends FileRange {
  readonly keyGroup: number;
  readonly kind: 'base' | 'delta';
}

/** What one former subtask of an operator left. */
export interface ManifestOperator {
  readonly uid: string;
  readonly maxParallelism: number;
  /** The watermark floor; `-Infinity` and `Infinity` as text. */
  readonly watermark: number | '-Infinity' | 'Infinity';
  readonly parts: readonly ManifestPart[];
  readonly operatorState?: FileRange;
}

/** The part of a source: its enumerator's knowledge and the splits its readers held. */
export interface ManifestSource {
  readonly uid: string;
  readonly type?: string;
  readonly enumerator: FileRange;
  readonly splits: FileRange;
}

/** A whole manifest. */
export interface Manifest {
  readonly format: number;
  readonly job: string;
  readonly kind: 'checkpoint' | 'savepoint';
  readonly checkpointId: number;
  readonly takenAt: number;
  readonly fingerprint: string;
  /** Epoch of the run that started this line of checkpoints; a fresh start begins a new line and leaves the old one alone. */
  readonly lineage: number;
  readonly newBytes: number;
  /** Epoch of the run that wrote it. */
  readonly run?: number;
  /** The final watermark had been sent before it was taken, so that all windows have fired: not to be resumed. */
  readonly drained?: boolean;
  /** Present when it was written with a key: then the manifest ends with a seal. */
  readonly encryption?: ManifestEncryption;
  readonly files: readonly ManifestFile[];
  readonly operators: readonly ManifestOperator[];
  readonly sources: readonly ManifestSource[];
}

/** A watermark as a manifest keeps it: JSON has no infinities. */
export function watermarkToJson(watermark: number): ManifestOperator['watermark'] {
  if (watermark === Number.NEGATIVE_INFINITY) return '-Infinity';
  return watermark === Number.POSITIVE_INFINITY ? 'Infinity' : watermark;
}

/** The opposite of {@link watermarkToJson}. */
export function watermarkFromJson(watermark: ManifestOperator['watermark']): number {
  return Number(watermark);
}
