import { assert } from '../base/assert.js';
import { ByteWriter, encodeUtf8, toHex } from '../base/bytes.js';
import { joinPath } from '../base/paths.js';
import type { Sha256 } from '../base/platform-digests.js';
import type { FileHandle } from '../base/platform-files.js';
import type { Platform } from '../base/platform.js';
import type { CheckpointMetadata } from '../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import { MANIFEST_FORMAT, watermarkToJson, type FileRange, type Manifest, type ManifestFile, type ManifestOperator, type ManifestPart, type ManifestSource } from '../checkpoint/manifest.js';
import { codecFor } from '../record/codec/codec.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';

const VALUES = codecFor<unknown>({ kind: 'dynamic' });

/** Where the parts of each operator lie after a checkpoint, by subtask and uid. */
type WrittenParts = ReadonlyMap<string, readonly ManifestPart[]>;

/**
 * Writes the bytes of checkpoints, each into one new state file. What an earlier checkpoint has written is not written
 * again: the manifest names the stretch of the older file where it lies.
 */
export class CheckpointWriter {
  readonly #platform: Platform;
  readonly #directory: string;
  /**
   * By checkpoint, oldest first. A checkpoint may fail after its manifest was published, and then nobody builds on it; so
   * those before it are kept until one is known to be complete.
   */
  readonly #written: Map<number, WrittenParts>;
  readonly #files: Map<string, ManifestFile>;

  constructor(platform: Platform, directory: string) {
    this.#platform = platform;
    this.#directory = directory;
    this.#written = new Map();
    this.#files = new Map();
  }

  /** Writes what is new into one state file, durably, and gives the manifest, which is still to be published. */
  write(checkpoint: AcknowledgedCheckpoint, metadata: CheckpointMetadata & { readonly lineage: number }, epoch: number): Manifest {
    const { checkpointId, job } = checkpoint;
    const file = new StateFile(this.#platform, this.#directory, `state-${epoch}-${checkpointId}.bin`);
    try {
      const written = new Map<string, readonly ManifestPart[]>();
      const operators: ManifestOperator[] = [];
      for (const [place, snapshot] of checkpoint.parts) {
        const parts = this.#chain(place, snapshot, file);
        written.set(place, parts);
        operators.push(operatorEntry(snapshot, parts, file));
      }
      const sources = [...checkpoint.sources].map(([uid, source]): ManifestSource => ({
        uid,
        enumerator: file.append(encode(source.enumerator)),
        splits: file.append(encode(source.splits)),
      }));
      const state = file.finish();
      this.#files.set(state.name, state);
      this.#written.set(checkpointId, written);
      return { format: MANIFEST_FORMAT, job, checkpointId, ...metadata, newBytes: state.size, files: this.#filesOf(operators, state), operators, sources };
    } catch (error) {
      file.abandon();
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

  /** Makes a manifest appear whole and durably, with its checksum as the last line. */
  publishManifest(name: string, manifest: Manifest): void {
    const text = JSON.stringify(manifest);
    this.publish(name, `${text}\n${sha256(this.#platform, encodeUtf8(text))}\n`);
  }

  /** Makes a small file appear whole and durably. */
  publish(name: string, content: string): void {
    const { files, points } = this.#platform;
    const temporary = joinPath(this.#directory, `.${name}.tmp`);
    try {
      files.writeFile(temporary, content, { sync: true });
      points.reach('before-rename');
      files.rename(temporary, joinPath(this.#directory, name));
    } catch (error) {
      removeQuietly(this.#platform, temporary);
      throw error;
    }
    points.reach('before-directory-sync');
    files.syncDirectory(this.#directory);
  }

  /** The parts a restore needs: a base replaces what a key group had, a delta follows it. */
  #chain(place: string, snapshot: OperatorSnapshot, file: StateFile): ManifestPart[] {
    const earlier = snapshot.basedOn === undefined ? [] : this.#written.get(snapshot.basedOn)?.get(place);
    assert(earlier !== undefined, 'a delta builds on a checkpoint that was written, and on none before the newest complete one');
    const rebased = new Set(snapshot.keyGroups.filter((blob) => blob.kind === 'base').map((blob) => blob.keyGroup));
    const kept = earlier.filter((part) => !rebased.has(part.keyGroup));
    const added = snapshot.keyGroups.map((blob): ManifestPart => ({ keyGroup: blob.keyGroup, kind: blob.kind, ...file.append(blob.bytes) }));
    return [...kept, ...added].sort((a, b) => a.keyGroup - b.keyGroup);
  }

  #filesOf(operators: readonly ManifestOperator[], own: ManifestFile): ManifestFile[] {
    const names = new Set<string>([own.name]);
    for (const { parts } of operators) for (const part of parts) names.add(part.file);
    return [...names].map((name) => this.#files.get(name) as ManifestFile);
  }
}

/** SHA-256 as hexadecimal text. */
export function sha256(platform: Platform, bytes: Uint8Array): string {
  return toHex(platform.digests.sha256().update(bytes).digest());
}

/** Removes what a failure has left. That it cannot be removed either is no news. */
function removeQuietly(platform: Platform, path: string): void {
  try {
    if (platform.files.exists(path)) platform.files.unlink(path);
  } catch {
    // The next complete checkpoint removes it.
  }
}

function operatorEntry(snapshot: OperatorSnapshot, parts: readonly ManifestPart[], file: StateFile): ManifestOperator {
  return {
    uid: snapshot.operatorUid,
    maxParallelism: snapshot.maxParallelism,
    watermark: watermarkToJson(snapshot.watermark),
    parts,
    ...(snapshot.operatorState === undefined ? {} : { operatorState: file.append(snapshot.operatorState) }),
  };
}

function encode(value: unknown): Uint8Array {
  const writer = new ByteWriter();
  VALUES.encode(value, writer);
  return writer.toBytes();
}

/** One file that grows by pieces under a temporary name. */
class StateFile {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly #digest: Sha256;
  #size: number;

  constructor(platform: Platform, directory: string, name: string) {
    this.#platform = platform;
    this.#directory = directory;
    this.#name = name;
    this.#handle = platform.files.open(joinPath(directory, `.${name}.tmp`), 'write');
    this.#digest = platform.digests.sha256();
    this.#size = 0;
  }

  append(bytes: Uint8Array): FileRange {
    const offset = this.#size;
    this.#handle.write(bytes, offset);
    this.#platform.points.reach('during-upload');
    this.#digest.update(bytes);
    this.#size += bytes.length;
    return { file: this.#name, offset, length: bytes.length };
  }

  finish(): ManifestFile {
    const { files, points } = this.#platform;
    this.#handle.sync();
    this.#handle.close();
    points.reach('before-rename');
    files.rename(joinPath(this.#directory, `.${this.#name}.tmp`), joinPath(this.#directory, this.#name));
    points.reach('before-directory-sync');
    files.syncDirectory(this.#directory);
    return { name: this.#name, size: this.#size, sha256: toHex(this.#digest.digest()) };
  }

  abandon(): void {
    try {
      this.#handle.close();
    } finally {
      removeQuietly(this.#platform, joinPath(this.#directory, `.${this.#name}.tmp`));
    }
  }
}
