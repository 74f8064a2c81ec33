import { MillraceError } from '../base/errors.js';
import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import type { Manifest } from '../checkpoint/manifest.js';
import { readSnapshot } from '../state/snapshot-reader.js';
import { manifestAt, placeOf, type CheckpointPlace } from './checkpoint-place.js';
import { CheckpointFiles, operatorSnapshot } from './checkpoint-reader.js';
import { EncryptionKeys, type EncryptionSettings } from './encryption.js';
import { EncryptionKeyInvalid, EncryptionKeyMissing, EncryptionKeyWrong } from './errors.js';
import { verifyManifestSeal } from './manifest-file.js';

/** One thing that is wrong with a checkpoint. */
export interface CheckpointProblem {
  /** The file it was found in. */
  readonly file: string;
  readonly code: string | undefined;
  readonly message: string;
}

/** What a verification has found. */
export interface CheckpointVerification {
  readonly path: string;
  readonly kind: 'checkpoint' | 'savepoint';
  readonly checkpointId: number | undefined;
  readonly job: string | undefined;
  /** Files read whole, the manifest included. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Rows of state that were decoded. */
  readonly rows: number;
  /** Everything that is wrong; empty when every byte is as it was written. */
  readonly problems: readonly CheckpointProblem[];
}

/**
 * Reads every byte of one checkpoint or savepoint (a manifest, a savepoint's directory, or the newest one in a directory of
 * checkpoints) and names each problem: checksums, seals, and whether all state can be decoded. Throws only
 * `NoCheckpointThere`, and for keys that are not given. It takes no more memory than the largest key group.
 */
export function verifyCheckpoint(platform: Platform, path: string, encryption: EncryptionSettings = {}): CheckpointVerification {
  const place = placeOf(platform, path);
  const keys = new EncryptionKeys(platform, encryption);
  const problems: CheckpointProblem[] = [];
  const attempt = (file: string, action: () => void): boolean => {
    try {
      action();
      return true;
    } catch (error) {
      if (EncryptionKeyMissing.is(error) || EncryptionKeyWrong.is(error) || EncryptionKeyInvalid.is(error)) throw error;
      problems.push({ file: error instanceof MillraceError ? (error.where.file ?? file) : file, code: error instanceof MillraceError ? error.code : undefined, message: error instanceof Error ? error.message : String(error) });
      return false;
    }
  };
  let manifest: Manifest | undefined;
  attempt(place.file, () => {
    manifest = manifestAt(platform, place);
  });
  const nothing = { path: place.file, kind: place.kind, checkpointId: place.checkpointId, job: undefined, files: 1, bytes: 0, rows: 0, problems };
  if (manifest === undefined) return nothing;
  const read = manifest;
  attempt(place.file, () => verifyManifestSeal(platform, place.file, read, keys));
  const rows = verifyContents(platform, place, read, keys, attempt);
  const bytes = read.files.reduce((sum, { size }) => sum + size, platform.files.stat(place.file).size);
  return { path: place.file, kind: read.kind, checkpointId: read.checkpointId, job: read.job, files: read.files.length + 1, bytes, rows, problems };
}

type Attempt = (file: string, action: () => void) => boolean;

/** What lies in a damaged file is not decoded: it would only name the same damage again. */
function verifyContents(platform: Platform, place: CheckpointPlace, manifest: Manifest, keys: EncryptionKeys, attempt: Attempt): number {
  const files = new CheckpointFiles(platform, place.directory, manifest, keys);
  const damaged = new Set<string>();
  let rows = 0;
  try {
    for (const [name, reader] of files.readers) {
      const whole = attempt(joinPath(place.directory, name), () => {
        reader.verify();
        reader.verifySeals();
      });
      if (!whole) damaged.add(name);
    }
    for (const source of manifest.sources) {
      for (const range of [source.enumerator, source.splits]) if (!damaged.has(range.file)) attempt(place.file, () => void files.readValue(range));
    }
    for (const entry of manifest.operators) {
      const { parts, operatorState } = entry;
      if ([...parts, ...(operatorState === undefined ? [] : [operatorState])].some(({ file }) => damaged.has(file))) continue;
      for (const keyGroup of new Set(parts.map((part) => part.keyGroup))) {
        const { operatorState: _own, ...keyed } = entry;
        attempt(place.file, () => {
          for (const _row of readSnapshot(operatorSnapshot(keyed, manifest, files, (group) => group === keyGroup))) rows++;
        });
      }
      if (operatorState !== undefined) {
        attempt(place.file, () => {
          for (const _row of readSnapshot(operatorSnapshot(entry, manifest, files, () => false))) rows++;
        });
      }
    }
  } finally {
    files.close();
  }
  return rows;
}
