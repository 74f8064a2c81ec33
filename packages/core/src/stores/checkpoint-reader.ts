import { ByteReader } from '../base/bytes.js';
import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import type { CompletedCheckpoint, SourceCheckpoint } from '../checkpoint/completed-checkpoint.js';
import { watermarkFromJson, type FileRange, type Manifest, type ManifestFile } from '../checkpoint/manifest.js';
import { codecFor } from '../record/codec/codec.js';
import { sha256 } from './checkpoint-writer.js';
import { CheckpointDamaged } from './errors.js';

const VALUES = codecFor<unknown>({ kind: 'dynamic' });

type OperatorSnapshots = CompletedCheckpoint['operators'] extends ReadonlyMap<string, readonly (infer Snapshot)[]> ? Snapshot : never;

/**
 * Reads a checkpoint as its manifest lists it. Every file is read whole and held against its size and SHA-256 before
 * anything in it is believed.
 */
export function readCheckpoint(platform: Platform, directory: string, manifest: Manifest): CompletedCheckpoint {
  const files = new Map(manifest.files.map((file) => [file.name, verified(platform, directory, manifest.checkpointId, file)]));
  const slice = (range: FileRange): Uint8Array => {
    const file = files.get(range.file);
    if (file === undefined || range.offset + range.length > file.length) {
      throw CheckpointDamaged.error({ what: `the manifest of checkpoint ${manifest.checkpointId} names bytes that ${range.file} does not have`, where: { file: joinPath(directory, range.file) } });
    }
    return file.subarray(range.offset, range.offset + range.length);
  };
  const operators = new Map<string, OperatorSnapshots[]>();
  for (const { uid, maxParallelism, watermark, parts, operatorState } of manifest.operators) {
    const snapshot: OperatorSnapshots = {
      operatorUid: uid,
      checkpointId: manifest.checkpointId,
      maxParallelism,
      watermark: watermarkFromJson(watermark),
      keyGroups: parts.map((part) => ({ keyGroup: part.keyGroup, kind: part.kind, bytes: slice(part) })),
      operatorState: operatorState === undefined ? undefined : slice(operatorState),
    };
    const list = operators.get(uid);
    if (list === undefined) operators.set(uid, [snapshot]);
    else list.push(snapshot);
  }
  const sources = new Map(manifest.sources.map(({ uid, enumerator, splits }): [string, SourceCheckpoint] => [uid, { enumerator: decode(slice(enumerator)), splits: decode(slice(splits)) as unknown[] }]));
  return { checkpointId: manifest.checkpointId, job: manifest.job, operators, sources };
}

function verified(platform: Platform, directory: string, checkpointId: number, { name, size, sha256: expected }: ManifestFile): Uint8Array {
  const file = joinPath(directory, name);
  let bytes: Uint8Array;
  try {
    bytes = platform.files.readFile(file);
    platform.points.reach('during-restore-read');
  } catch (error) {
    throw CheckpointDamaged.error({ what: `checkpoint ${checkpointId} needs ${name}, which cannot be read`, where: { file }, cause: error });
  }
  if (bytes.length !== size) throw CheckpointDamaged.error({ what: `${name} of checkpoint ${checkpointId} has ${bytes.length} bytes instead of ${size}`, where: { file } });
  if (sha256(platform, bytes) !== expected) {
    throw CheckpointDamaged.error({ what: `the bytes of ${name} of checkpoint ${checkpointId} do not match its checksum`, where: { file } });
  }
  return bytes;
}

function decode(bytes: Uint8Array): unknown {
  return VALUES.decode(new ByteReader(bytes));
}
