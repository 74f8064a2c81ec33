import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import type { Manifest, ManifestFile } from '../checkpoint/manifest.js';
import { manifestAt, placesIn, type CheckpointPlace } from './checkpoint-place.js';

/** A checkpoint or savepoint as a list shows it. What only the manifest knows is undefined when that cannot be read. */
export interface CheckpointEntry {
  /** The path of its manifest: what `resume` and the other functions take. */
  readonly path: string;
  readonly directory: string;
  readonly kind: 'checkpoint' | 'savepoint';
  readonly checkpointId: number | undefined;
  readonly job: string | undefined;
  /** When it was completed, in epoch milliseconds. */
  readonly takenAt: number | undefined;
  /** Bytes of all files it needs. */
  readonly bytes: number | undefined;
  /** Bytes that were written for it alone; the rest it shares with earlier ones. */
  readonly newBytes: number | undefined;
  /** Epoch of the run that started its line of checkpoints. */
  readonly lineage: number | undefined;
  /** Epoch of the run that wrote it. */
  readonly run: number | undefined;
  /** Commits of it may have begun: no restart may go back before it. */
  readonly committing: boolean;
  /** It was taken after the final watermark, and is not meant to be resumed. */
  readonly drained: boolean;
  /** Ids of the keys that its files were written with; empty when they are plain. */
  readonly keyIds: readonly string[];
  /** Why it cannot be used, as far as a look at the manifest and the sizes of its files tells; undefined when nothing is wrong. */
  readonly damage: string | undefined;
}

/**
 * Lists what is in a directory: its checkpoints, the savepoint it is, and the savepoints in directories directly inside it.
 * Oldest first, checkpoints before savepoints. Reads manifests only, and throws for none of them: what cannot be read is
 * listed with its damage.
 */
export function listCheckpoints(platform: Platform, directory: string): readonly CheckpointEntry[] {
  const places = [...placesIn(platform, directory)];
  if (places.length > 0 || platform.files.exists(directory)) {
    for (const { name, isDirectory } of platform.files.readDirectory(directory)) {
      if (isDirectory && !name.startsWith('.')) places.push(...placesIn(platform, joinPath(directory, name)).filter(({ kind }) => kind === 'savepoint'));
    }
  }
  const entries = places.map((place) => entryOf(platform, place));
  return entries.sort((a, b) => order(a) - order(b) || (a.checkpointId ?? 0) - (b.checkpointId ?? 0) || (a.takenAt ?? 0) - (b.takenAt ?? 0));
}

const order = ({ kind }: CheckpointEntry): number => (kind === 'checkpoint' ? 0 : 1);

/** One place as a list shows it. */
export function entryOf(platform: Platform, place: CheckpointPlace): CheckpointEntry {
  const { directory, file, kind } = place;
  const committing = kind === 'checkpoint' && platform.files.exists(file.replace(/\.json$/, '.committing'));
  const unknown = { job: undefined, takenAt: undefined, bytes: undefined, newBytes: undefined, lineage: undefined, run: undefined };
  try {
    const manifest = manifestAt(platform, place);
    return {
      path: file,
      directory,
      kind: manifest.kind,
      checkpointId: manifest.checkpointId,
      job: manifest.job,
      takenAt: manifest.takenAt,
      bytes: manifest.files.reduce((sum: number, { size }: ManifestFile) => sum + size, 0),
      newBytes: manifest.newBytes,
      lineage: manifest.lineage,
      run: manifest.run,
      committing,
      drained: manifest.drained === true,
      keyIds: keyIdsOf(manifest),
      damage: missing(platform, directory, manifest),
    };
  } catch (error) {
    return { path: file, directory, kind, checkpointId: place.checkpointId, ...unknown, committing, drained: false, keyIds: [], damage: error instanceof Error ? error.message : String(error) };
  }
}

/** Ids of the keys that reading takes. */
export function keyIdsOf({ encryption, files }: Manifest): readonly string[] {
  const ids = new Set<string>(encryption === undefined ? [] : [encryption.keyId]);
  for (const { seal } of files) if (seal !== undefined) ids.add(seal.keyId);
  return [...ids];
}

function missing(platform: Platform, directory: string, manifest: Manifest): string | undefined {
  for (const { name, size } of manifest.files) {
    const path = joinPath(directory, name);
    if (!platform.files.exists(path)) return `${name} is missing`;
    const found = platform.files.stat(path).size;
    if (found !== size) return `${name} has ${found} bytes instead of ${size}`;
  }
  return undefined;
}
