import { ByteReader } from '../base/bytes.js';
import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import type { CompletedCheckpoint, SourceCheckpoint } from '../checkpoint/completed-checkpoint.js';
import { watermarkFromJson, type FileRange, type Manifest, type ManifestOperator, type ManifestPart } from '../checkpoint/manifest.js';
import { codecFor } from '../record/codec/codec.js';
import type { KeyGroupBlob, OperatorSnapshot } from '../state/operator-snapshot.js';
import type { EncryptionKeys } from './encryption.js';
import { CheckpointDamaged } from './errors.js';
import { StateFileReader } from './state-file-reader.js';

const VALUES = codecFor<unknown>({ kind: 'dynamic' });

/** Of plain files above this size a restore is told where the parts lie, so that they need not pass through memory at once. */
const LARGEST_IN_MEMORY = 16 * 1024 * 1024;

/** What of a manifest is needed to read its files. */
export type ManifestFiles = Pick<Manifest, 'job' | 'checkpointId' | 'files'>;

/**
 * The files of one checkpoint, open for reading. A file is held against its size and checksum when something of it is first
 * read. To be closed.
 */
export class CheckpointFiles {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #manifest: ManifestFiles;
  readonly #readers: ReadonlyMap<string, StateFileReader>;
  readonly #verified: Set<string>;

  constructor(platform: Platform, directory: string, manifest: ManifestFiles, keys: EncryptionKeys) {
    this.#platform = platform;
    this.#directory = directory;
    this.#manifest = manifest;
    const owner = { directory, job: manifest.job, checkpointId: manifest.checkpointId };
    this.#readers = new Map(manifest.files.map((file) => [file.name, new StateFileReader(platform, owner, file, keys)]));
    this.#verified = new Set();
  }

  /** The readers of all files, by name. */
  get readers(): ReadonlyMap<string, StateFileReader> {
    return this.#readers;
  }

  /** Verifies every file that is not verified yet. */
  verifyAll(): void {
    for (const name of this.#readers.keys()) {
      this.#reader(name);
      this.#platform.points.reach('during-restore-read');
    }
  }

  /** The bytes of a stretch. Throws `CheckpointDamaged`. */
  read({ file, offset, length }: FileRange): Uint8Array {
    return this.#reader(file).read(offset, length);
  }

  /** A part of an operator's state: where it lies when its file is large, else its bytes. Throws as `read`. */
  readPart({ keyGroup, kind, ...range }: ManifestPart): KeyGroupBlob {
    const reader = this.#reader(range.file);
    if (!reader.isPlain || reader.plainBytes <= LARGEST_IN_MEMORY) return { keyGroup, kind, bytes: this.read(range) };
    reader.checkRange(range.offset, range.length);
    return { keyGroup, kind, stretch: { path: reader.path, offset: range.offset, length: range.length } };
  }

  /** A value that was written with the self-describing encoding. */
  readValue(range: FileRange): unknown {
    return VALUES.decode(new ByteReader(this.read(range)));
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close();
  }

  #reader(name: string): StateFileReader {
    const reader = this.#readers.get(name);
    if (reader === undefined) {
      throw CheckpointDamaged.error({ what: `the manifest of checkpoint ${this.#manifest.checkpointId} names bytes that ${name} does not have`, where: { file: joinPath(this.#directory, name) } });
    }
    if (!this.#verified.has(name)) {
      reader.verify();
      this.#verified.add(name);
    }
    return reader;
  }
}

/**
 * Reads a checkpoint as its manifest lists it, with every file verified before anything in it is believed. Parts in large
 * files are not read, but told by their place; each carries checksums of its own.
 */
export function readCheckpoint(platform: Platform, directory: string, manifest: Manifest, keys: EncryptionKeys): CompletedCheckpoint {
  const files = new CheckpointFiles(platform, directory, manifest, keys);
  try {
    files.verifyAll();
    const operators = new Map<string, OperatorSnapshot[]>();
    for (const entry of manifest.operators) {
      const snapshot = { ...operatorSnapshot(entry, manifest, files, nothing), keyGroups: entry.parts.map((part) => files.readPart(part)) };
      const list = operators.get(entry.uid);
      if (list === undefined) operators.set(entry.uid, [snapshot]);
      else list.push(snapshot);
    }
    const sources = new Map(
      manifest.sources.map(({ uid, type, enumerator, splits }): [string, SourceCheckpoint] => [
        uid, { ...(type === undefined ? {} : { type }), enumerator: files.readValue(enumerator), splits: files.readValue(splits) as unknown[] },
      ]),
    );
    return { checkpointId: manifest.checkpointId, job: manifest.job, operators, sources };
  } finally {
    files.close();
  }
}

/** What one former subtask of an operator left, with its bytes; only those key groups that `wanted` says, if given. */
export function operatorSnapshot(entry: ManifestOperator, { checkpointId }: Manifest, files: CheckpointFiles, wanted: (keyGroup: number) => boolean = everything): OperatorSnapshot {
  const { uid, maxParallelism, watermark, parts, operatorState } = entry;
  return {
    operatorUid: uid,
    checkpointId,
    maxParallelism,
    watermark: watermarkFromJson(watermark),
    keyGroups: parts.filter((part) => wanted(part.keyGroup)).map((part) => ({ keyGroup: part.keyGroup, kind: part.kind, bytes: files.read(part) })),
    operatorState: operatorState === undefined ? undefined : files.read(operatorState),
  };
}

const everything = (): boolean => true;
const nothing = (): boolean => false;
