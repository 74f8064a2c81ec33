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

/** Where the parts of one operator in one subtask lie after a checkpoint. */
interface WrittenOperator {
  readonly checkpointId: number;
  readonly parts: readonly ManifestPart[];
}

/**
 * Writes the bytes of checkpoints, each into one new state file. What an earlier checkpoint has written is not written
 * again: the manifest names the stretch of the older file where it lies.
 */
export class CheckpointWriter {
  readonly #platform: Platform;
  readonly #directory: string;
  #written: ReadonlyMap<string, WrittenOperator>;
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
      const written = new Map<string, WrittenOperator>();
      const operators: ManifestOperator[] = [];
      for (const [place, snapshot] of checkpoint.parts) {
        const parts = this.#chain(place, snapshot, file);
        written.set(place, { checkpointId, parts });
        operators.push(operatorEntry(snapshot, parts, file));
      }
      const sources = [...checkpoint.sources].map(([uid, source]): ManifestSource => ({
        uid,
        enumerator: file.append(encode(source.enumerator)),
        splits: file.append(encode(source.splits)),
      }));
      const state = file.finish();
      this.#files.set(state.name, state);
      this.#written = written;
      return { format: MANIFEST_FORMAT, job, checkpointId, ...metadata, newBytes: state.size, files: this.#filesOf(operators, state), operators, sources };
    } catch (error) {
      file.abandon();
      throw error;
    }
  }

  /** Makes a manifest appear whole and durably, with its checksum as the last line. */
  publishManifest(name: string, manifest: Manifest): void {
    const text = JSON.stringify(manifest);
    this.publish(name, `${text}\n${sha256(this.#platform, encodeUtf8(text))}\n`);
  }

  /** Makes a small file appear whole and durably. */
  publish(name: string, content: string): void {
    const { files } = this.#platform;
    const temporary = joinPath(this.#directory, `.${name}.tmp`);
    files.writeFile(temporary, content, { sync: true });
    files.rename(temporary, joinPath(this.#directory, name));
    files.syncDirectory(this.#directory);
  }

  /** The parts a restore needs: a base replaces what a key group had, a delta follows it. */
  #chain(place: string, snapshot: OperatorSnapshot, file: StateFile): ManifestPart[] {
    const earlier = this.#written.get(place);
    assert(snapshot.basedOn === undefined || snapshot.basedOn === earlier?.checkpointId, 'a delta builds on the newest complete checkpoint');
    const rebased = new Set(snapshot.keyGroups.filter((blob) => blob.kind === 'base').map((blob) => blob.keyGroup));
    const kept = snapshot.basedOn === undefined ? [] : (earlier?.parts ?? []).filter((part) => !rebased.has(part.keyGroup));
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
    this.#digest.update(bytes);
    this.#size += bytes.length;
    return { file: this.#name, offset, length: bytes.length };
  }

  finish(): ManifestFile {
    const { files } = this.#platform;
    this.#handle.sync();
    this.#handle.close();
    files.rename(joinPath(this.#directory, `.${this.#name}.tmp`), joinPath(this.#directory, this.#name));
    files.syncDirectory(this.#directory);
    return { name: this.#name, size: this.#size, sha256: toHex(this.#digest.digest()) };
  }

  abandon(): void {
    this.#handle.close();
  }
}
