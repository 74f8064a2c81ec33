import { decodeUtf8, encodeUtf8, toHex } from '../base/bytes.js';
import { baseName, joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import type { StoredCheckpoint } from '../checkpoint/checkpoint-store.js';
import { MANIFEST_FORMAT, MANIFEST_FORMAT_GMAC, type Manifest, type ManifestFile } from '../checkpoint/manifest.js';
import type { EncryptionKeys } from './encryption.js';
import { CheckpointDamaged, CheckpointFormatUnknown } from './errors.js';
import { removeQuietly } from './state-file-writer.js';

/** Name of the manifest in the directory of a savepoint. */
export const SAVEPOINT_MANIFEST = 'savepoint.json';

const CHECKPOINT_MANIFEST = /^checkpoint-(\d+)\.json$/;
/** A manifest names files beside it: never a path. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** The number of a checkpoint by the name of its manifest; undefined for other names. */
export function checkpointIdOf(name: string): number | undefined {
  const match = CHECKPOINT_MANIFEST.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** The name of the manifest of a checkpoint. */
export function checkpointManifest(checkpointId: number): string {
  return `checkpoint-${checkpointId}.json`;
}

/**
 * Makes a manifest appear whole and durably: its JSON in one line, the checksum of that in the next, and in a third the
 * seal where it was made with a key.
 */
export function publishManifest(platform: Platform, path: { readonly directory: string; readonly name: string }, manifest: Manifest, keys: EncryptionKeys): void {
  const text = JSON.stringify(manifest);
  const seal = manifest.encryption === undefined ? '' : `${keys.sealOf(manifest.encryption, text)}\n`;
  publishFile(platform, path, `${text}\n${sha256(platform, encodeUtf8(text))}\n${seal}`);
}

/** Makes a small file appear whole and durably. */
export function publishFile(platform: Platform, { directory, name }: { readonly directory: string; readonly name: string }, content: string): void {
  const { files, points } = platform;
  const temporary = joinPath(directory, `.${name}.tmp`);
  try {
    files.writeFile(temporary, content, { sync: true });
    points.reach('before-rename');
    files.rename(temporary, joinPath(directory, name));
  } catch (error) {
    removeQuietly(platform, temporary);
    throw error;
  }
  points.reach('before-directory-sync');
  files.syncDirectory(directory);
}

/**
 * Reads a manifest and verifies it by its checksum; `label` is what a message calls the checkpoint. Its seal is another
 * matter (`verifyManifestSeal`): whoever lists needs no key. Throws `CheckpointDamaged` and `CheckpointFormatUnknown`.
 */
export function readManifest(platform: Platform, file: string, label: string): Manifest {
  const [text = '', checksum] = readText(platform, file, label).split('\n');
  if (sha256(platform, encodeUtf8(text)) !== checksum) throw CheckpointDamaged.error({ what: `the manifest of ${label} does not match its checksum`, where: { file } });
  const manifest = JSON.parse(text) as Manifest;
  if (!(Number.isInteger(manifest.format) && manifest.format >= MANIFEST_FORMAT && manifest.format <= MANIFEST_FORMAT_GMAC)) {
    throw CheckpointFormatUnknown.error({ what: `${label} has format ${String(manifest.format)}; this engine reads formats ${MANIFEST_FORMAT} to ${MANIFEST_FORMAT_GMAC}`, where: { file } });
  }
  const named = checkpointIdOf(baseName(file));
  if (named !== undefined && named !== manifest.checkpointId) throw CheckpointDamaged.error({ what: `the manifest of ${label} is that of checkpoint ${manifest.checkpointId}: files have been swapped`, where: { file } });
  for (const { name } of manifest.files) {
    if (!PLAIN_NAME.test(name)) throw CheckpointDamaged.error({ what: `the manifest of ${label} names the file ${JSON.stringify(name)}, which is no name beside it`, where: { file } });
  }
  return manifest;
}

/**
 * Holds an encrypted checkpoint's manifest against its seal. Throws `EncryptionKeyMissing`, `EncryptionKeyWrong`, or
 * `CheckpointDamaged` when somebody without the key has changed it. A plain manifest has none.
 */
export function verifyManifestSeal(platform: Platform, file: string, manifest: Manifest, keys: EncryptionKeys): void {
  if (manifest.encryption === undefined) return;
  const label = labelOf(manifest);
  keys.assertRight(manifest.encryption, file);
  const [text = '', , seal] = readText(platform, file, label).split('\n');
  if (keys.sealOf(manifest.encryption, text) !== seal) throw CheckpointDamaged.error({ what: `the manifest of ${label} does not match its seal`, where: { file } });
}

/** A checkpoint or savepoint in words. */
export function labelOf({ kind, checkpointId }: Pick<Manifest, 'kind' | 'checkpointId'>): string {
  return `${kind} ${checkpointId}`;
}

/** What a manifest says of its checkpoint as a whole. */
export function summaryOf(manifest: Manifest): StoredCheckpoint {
  return {
    checkpointId: manifest.checkpointId,
    job: manifest.job,
    kind: manifest.kind,
    takenAt: manifest.takenAt,
    bytes: manifest.files.reduce((sum: number, file: ManifestFile) => sum + file.size, 0),
    newBytes: manifest.newBytes,
    fingerprint: manifest.fingerprint,
  };
}

/** SHA-256 as hexadecimal text. */
export function sha256(platform: Platform, bytes: Uint8Array): string {
  return toHex(platform.digests.sha256().update(bytes).digest());
}

function readText(platform: Platform, file: string, label: string): string {
  try {
    return decodeUtf8(platform.files.readFile(file));
  } catch (error) {
    throw CheckpointDamaged.error({ what: `the manifest of ${label} cannot be read`, where: { file }, cause: error });
  }
}
