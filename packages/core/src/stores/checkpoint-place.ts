import { baseName, directoryOf, joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import type { Manifest } from '../checkpoint/manifest.js';
import { NoCheckpointThere } from './errors.js';
import { checkpointIdOf, readManifest, SAVEPOINT_MANIFEST } from './manifest-file.js';

/** Where the manifest of one checkpoint or savepoint lies. */
export interface CheckpointPlace {
  readonly directory: string;
  /** The path of the manifest. */
  readonly file: string;
  readonly kind: 'checkpoint' | 'savepoint';
  /** Undefined for a savepoint, whose number stands only inside. */
  readonly checkpointId: number | undefined;
}

/** The checkpoints of a directory, oldest first; a savepoint when it is one. Directories in it are not looked into. */
export function placesIn(platform: Platform, directory: string): readonly CheckpointPlace[] {
  const { files } = platform;
  if (!files.exists(directory) || !files.stat(directory).isDirectory) return [];
  const places: CheckpointPlace[] = [];
  for (const { name, isDirectory } of files.readDirectory(directory)) {
    const checkpointId = checkpointIdOf(name);
    if (isDirectory) continue;
    if (name === SAVEPOINT_MANIFEST) places.push({ directory, file: joinPath(directory, name), kind: 'savepoint', checkpointId: undefined });
    else if (checkpointId !== undefined) places.push({ directory, file: joinPath(directory, name), kind: 'checkpoint', checkpointId });
  }
  return places.sort((a, b) => (a.checkpointId ?? -1) - (b.checkpointId ?? -1));
}

/**
 * The one checkpoint that a path means: a manifest, the directory of a savepoint, or the newest one in a directory of
 * checkpoints. Throws `NoCheckpointThere`.
 */
export function placeOf(platform: Platform, path: string): CheckpointPlace {
  const { files } = platform;
  if (!files.exists(path)) throw NoCheckpointThere.error({ what: `there is nothing at ${path}`, where: { file: path } });
  if (files.stat(path).isDirectory) {
    const newest = placesIn(platform, path).at(-1);
    if (newest !== undefined) return newest;
    throw NoCheckpointThere.error({ what: `there is no checkpoint in ${path}`, where: { file: path } });
  }
  const name = baseName(path);
  const checkpointId = checkpointIdOf(name);
  if (checkpointId !== undefined) return { directory: directoryOf(path), file: path, kind: 'checkpoint', checkpointId };
  if (name === SAVEPOINT_MANIFEST) return { directory: directoryOf(path), file: path, kind: 'savepoint', checkpointId: undefined };
  throw NoCheckpointThere.error({ what: `${path} is no manifest of a checkpoint or savepoint`, where: { file: path } });
}

/** The manifest at a place. Throws `CheckpointDamaged` and `CheckpointFormatUnknown`. */
export function manifestAt(platform: Platform, { file, kind, checkpointId }: CheckpointPlace): Manifest {
  return readManifest(platform, file, checkpointId === undefined ? `the ${kind}` : `${kind} ${checkpointId}`);
}
