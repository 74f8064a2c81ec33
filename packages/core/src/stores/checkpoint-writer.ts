import { assert } from '../base/assert.js';
import { ByteWriter } from '../base/bytes.js';
import { giveBack } from '../base/own-memory.js';
import { joinPath } from '../base/paths.js';
import type { Files } from '../base/platform-files.js';
import type { Platform } from '../base/platform.js';
import type { CheckpointMetadata } from '../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import { MANIFEST_FORMAT, MANIFEST_FORMAT_EXTENDED, MANIFEST_FORMAT_GMAC, watermarkToJson, type FileRange, type Manifest, type ManifestFile, type ManifestOperator, type ManifestPart, type ManifestSource } from '../checkpoint/manifest.js';
import { codecFor } from '../record/codec/codec.js';
import { stretchPieces } from '../state/blob-bytes.js';
import type { FileStretch, KeyGroupBlob, OperatorSnapshot } from '../state/operator-snapshot.js';
import type { EncryptionKeys } from './encryption.js';
import { checkpointManifest, publishFile, publishManifest } from './manifest-file.js';
import { removeQuietly, StateFileWriter } from './state-file-writer.js';
import { takeOver } from './take-over.js';

const VALUES = codecFor<unknown>({ kind: 'dynamic' });

/** Bytes of large state that are copied before others on the thread get their turn. */
const BYTES_PER_TURN = 4 * 1024 * 1024;

/** Files of snapshots from this size on are taken over. To copy a smaller one costs less than to force one more file to the disk. */
const TAKE_OVER_BYTES = 4 * 1024 * 1024;
/** Where so many files in a row could not be renamed none ever can: each try forces bytes to the disk that are then copied. */
const REFUSALS = 3;

/** What large state is copied through. */
const STRETCH_BUFFER_BYTES = 1024 * 1024;

/** Where the parts of each operator lie after a checkpoint, by subtask and uid. */
type WrittenParts = ReadonlyMap<string, readonly ManifestPart[]>;

/**
 * Writes the bytes of checkpoints, each into one new state file. What an earlier checkpoint has written is not written
 * again: the manifest names the stretch of the older file where it lies. Nor is what lies in a large file of its own, which
 * becomes a state file beside it.
 */
export class CheckpointWriter {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #keys: EncryptionKeys;
  /**
   * By checkpoint, oldest first. A checkpoint may fail after its manifest was published, and then nobody builds on it; so
   * those before it are kept until one is known to be complete.
   */
  readonly #written: Map<number, WrittenParts>;
  readonly #files: Map<string, ManifestFile>;
  readonly #takeOverBytes: number;
  /** How often in a row a file could not be taken over. */
  #refusedInARow: number;

  constructor(platform: Platform, directory: string, keys: EncryptionKeys, takeOverBytes: number = TAKE_OVER_BYTES) {
    this.#takeOverBytes = takeOverBytes;
    this.#refusedInARow = 0;
    this.#platform = platform;
    this.#directory = directory;
    this.#keys = keys;
    this.#written = new Map();
    this.#files = new Map();
  }

  /**
   * Writes what is new into one state file, durably, and gives the manifest, which is still to be published. Large state
   * takes its time; others on the thread get their turns meanwhile.
   */
  async write(checkpoint: AcknowledgedCheckpoint, metadata: CheckpointMetadata & { readonly lineage: number }, epoch: number): Promise<Manifest> {
    const { checkpointId, job } = checkpoint;
    const file = new StateFileWriter(this.#platform, { directory: this.#directory, name: `state-${epoch}-${checkpointId}.bin`, job }, this.#keys);
    const taken: ManifestFile[] = [];
    try {
      const written = new Map<string, readonly ManifestPart[]>();
      const operators: ManifestOperator[] = [];
      for (const [place, snapshot] of checkpoint.parts) {
        const own = this.#takeOver(snapshot, `state-${epoch}-${checkpointId}-${taken.length + 1}.bin`);
        if (own !== undefined) taken.push(own);
        const parts = await this.#chain(place, snapshot, file, own);
        written.set(place, parts);
        operators.push(operatorEntry(snapshot, parts, file));
      }
      const sources = sourceEntries(checkpoint, file);
      const state = file.finish();
      for (const each of [state, ...taken]) this.#files.set(each.name, each);
      this.#written.set(checkpointId, written);
      const files = this.#filesOf(operators, state);
      giveBlobsBack(checkpoint);
      const newBytes = taken.reduce((sum, { size }) => sum + size, state.size);
      return { ...manifestHead({ job, checkpointId, ...metadata, run: epoch }, files, this.#keys), newBytes, files, operators, sources };
    } catch (error) {
      file.abandon();
      for (const { name } of taken) removeQuietly(this.#platform, joinPath(this.#directory, name));
      throw error;
    }
  }

  /** Checkpoint `checkpointId` is complete: nothing will build on an earlier one. */
  completed(checkpointId: number): void {
    for (const earlier of this.#written.keys()) if (earlier < checkpointId) this.#written.delete(earlier);
    const needed = this.neededFiles();
    for (const name of this.#files.keys()) if (!needed.has(name)) this.#files.delete(name);
  }

  /** The files that a checkpoint to come may build on. */
  neededFiles(): Set<string> {
    const names = new Set<string>();
    for (const written of this.#written.values()) for (const parts of written.values()) for (const { file } of parts) names.add(file);
    return names;
  }

  /** Makes the manifest appear: now the checkpoint is there. */
  publishManifest(manifest: Manifest): void {
    publishManifest(this.#platform, { directory: this.#directory, name: checkpointManifest(manifest.checkpointId) }, manifest, this.#keys);
  }

  /** Makes a small file appear whole and durably. */
  publish(name: string, content: string): void {
    publishFile(this.#platform, { directory: this.#directory, name }, content);
  }

  /** The snapshots of a checkpoint, each with the parts of earlier checkpoints that it builds on, and the files those lie in. */
  kept(checkpoint: AcknowledgedCheckpoint): { readonly operators: readonly { readonly snapshot: OperatorSnapshot; readonly earlier: readonly ManifestPart[] }[]; readonly files: readonly ManifestFile[] } {
    const operators = [...checkpoint.parts].map(([place, snapshot]) => ({ snapshot, earlier: this.#kept(place, snapshot) }));
    const names = new Set(operators.flatMap(({ earlier }) => earlier.map(({ file }) => file)));
    return { operators, files: [...names].map((name) => this.#files.get(name) as ManifestFile) };
  }

  /** Makes the file of a snapshot a state file of this name, where that spares writing it again. What is encrypted has to be written. */
  #takeOver({ file }: OperatorSnapshot, name: string): ManifestFile | undefined {
    if (file === undefined || file.size < this.#takeOverBytes || this.#keys.keyId !== undefined) return undefined;
    if (this.#refusedInARow >= REFUSALS) return undefined;
    const own = takeOver(this.#platform, file, { directory: this.#directory, name });
    this.#refusedInARow = own === undefined ? this.#refusedInARow + 1 : 0;
    return own;
  }

  /** The parts a restore needs: a base replaces what a key group had, a delta follows it. With `own` those in the snapshot's file lie there. */
  async #chain(place: string, snapshot: OperatorSnapshot, file: StateFileWriter, own: ManifestFile | undefined): Promise<ManifestPart[]> {
    const kept = this.#kept(place, snapshot);
    const buffer = snapshot.keyGroups.some((blob) => blob.bytes === undefined) ? new Uint8Array(STRETCH_BUFFER_BYTES) : undefined;
    const added: ManifestPart[] = [];
    let copied = 0;
    for (const blob of snapshot.keyGroups) {
      if (own !== undefined && blob.stretch?.path === snapshot.file?.path) {
        const { offset, length } = blob.stretch as FileStretch;
        added.push({ keyGroup: blob.keyGroup, kind: blob.kind, file: own.name, offset, length });
        continue;
      }
      added.push({ keyGroup: blob.keyGroup, kind: blob.kind, ...appendPieces(file, blobPieces(blob, this.#platform.files, buffer)) });
      if (blob.bytes !== undefined) continue;
      copied += blob.stretch.length;
      if (copied < BYTES_PER_TURN) continue;
      copied = 0;
      await this.#nextTurn();
    }
    return [...kept, ...added].sort((a, b) => a.keyGroup - b.keyGroup);
  }

  /** What stays of the parts that a snapshot builds on. */
  #kept(place: string, snapshot: OperatorSnapshot): readonly ManifestPart[] {
    const earlier = snapshot.basedOn === undefined ? [] : this.#written.get(snapshot.basedOn)?.get(place);
    assert(earlier !== undefined, 'a delta builds on a checkpoint that was written, and on none before the newest complete one');
    const rebased = new Set(snapshot.keyGroups.filter((blob) => blob.kind === 'base').map((blob) => blob.keyGroup));
    return earlier.filter((part) => !rebased.has(part.keyGroup));
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#platform.timers.immediate(resolve));
  }

  #filesOf(operators: readonly ManifestOperator[], own: ManifestFile): ManifestFile[] {
    const names = new Set<string>([own.name]);
    for (const { parts } of operators) for (const part of parts) names.add(part.file);
    return [...names].map((name) => this.#files.get(name) as ManifestFile);
  }
}

/** What is written needs its memory no more; blobs in the old generation would stay until the whole heap is collected. */
function giveBlobsBack({ parts }: AcknowledgedCheckpoint): void {
  for (const { keyGroups } of parts.values()) for (const { bytes } of keyGroups) if (bytes !== undefined) giveBack(bytes);
}

/** The bytes of a blob; large ones come from a file, a piece at a time, through `buffer` where one is given. */
export function blobPieces(blob: KeyGroupBlob, files: Files, buffer?: Uint8Array): Iterable<Uint8Array> {
  return blob.bytes === undefined ? stretchPieces(blob.stretch, files, buffer) : [blob.bytes];
}

/** Adds pieces as one stretch. */
export function appendPieces(file: StateFileWriter, pieces: Iterable<Uint8Array>): FileRange {
  let range = file.append(new Uint8Array(0));
  for (const piece of pieces) range = { ...range, length: range.length + file.append(piece).length };
  return range;
}

/** The first fields of a manifest. What an older engine would misread gets the number that it refuses. */
export function manifestHead<Head extends { readonly drained?: boolean }>(head: Head, files: readonly ManifestFile[], keys: EncryptionKeys): Head & Pick<Manifest, 'format' | 'encryption'> {
  const encryption = keys.newEncryption();
  const extended = encryption !== undefined || head.drained === true || files.some(({ seal }) => seal !== undefined);
  const plain = extended ? MANIFEST_FORMAT_EXTENDED : MANIFEST_FORMAT;
  return { format: files.some(({ gmac }) => gmac !== undefined) ? MANIFEST_FORMAT_GMAC : plain, ...head, ...(encryption === undefined ? {} : { encryption }) };
}

/** One operator of one subtask in a manifest; its own part of the state is written here. */
export function operatorEntry(snapshot: OperatorSnapshot, parts: readonly ManifestPart[], file: StateFileWriter): ManifestOperator {
  return {
    uid: snapshot.operatorUid,
    maxParallelism: snapshot.maxParallelism,
    watermark: watermarkToJson(snapshot.watermark),
    parts,
    ...(snapshot.operatorState === undefined ? {} : { operatorState: file.append(snapshot.operatorState) }),
  };
}

/** The sources in a manifest; what they know is written here. */
export function sourceEntries({ sources }: Pick<AcknowledgedCheckpoint, 'sources'>, file: StateFileWriter): ManifestSource[] {
  return [...sources].map(([uid, { type, enumerator, splits }]) => ({
    uid, ...(type === undefined ? {} : { type }), enumerator: file.append(encode(enumerator)), splits: file.append(encode(splits)),
  }));
}

function encode(value: unknown): Uint8Array {
  const writer = new ByteWriter();
  VALUES.encode(value, writer);
  return writer.toBytes();
}
