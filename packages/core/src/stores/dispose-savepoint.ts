import { baseName, directoryOf, joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import { NoCheckpointThere, NotASavepoint } from './errors.js';
import { placesIn } from './checkpoint-place.js';
import { readManifest, SAVEPOINT_MANIFEST } from './manifest-file.js';

/** What was deleted. */
export interface DisposedSavepoint {
  readonly directory: string;
  readonly checkpointId: number;
  /** Bytes of the deleted files. */
  readonly bytes: number;
  /** What lies in the directory and is no part of the savepoint; it was left, and the directory with it. */
  readonly left: readonly string[];
}

/**
 * Deletes a savepoint, given its directory or manifest: the manifest first, so that what a crash leaves is no savepoint any
 * more, then the files that the manifest names, then the directory if nothing else is in it. Throws `NoCheckpointThere`
 * where nothing is, `NotASavepoint` for everything else that is no savepoint (checkpoints among them), and
 * `CheckpointDamaged` when the manifest does not say for certain which files are its own.
 */
export function disposeSavepoint(platform: Platform, path: string): DisposedSavepoint {
  const { files } = platform;
  if (!files.exists(path)) throw NoCheckpointThere.error({ what: `there is nothing at ${path}`, where: { file: path } });
  const directory = files.stat(path).isDirectory ? path : directoryOf(path);
  const manifestFile = joinPath(directory, SAVEPOINT_MANIFEST);
  if (!files.exists(manifestFile) || (directory !== path && baseName(path) !== SAVEPOINT_MANIFEST)) throw notASavepoint(platform, path, directory);
  const manifest = readManifest(platform, manifestFile, 'the savepoint');
  if (manifest.kind !== 'savepoint') throw notASavepoint(platform, path, directory);
  let bytes = files.stat(manifestFile).size;
  files.unlink(manifestFile);
  files.syncDirectory(directory);
  for (const { name } of manifest.files) {
    const file = joinPath(directory, name);
    if (!files.exists(file)) continue;
    bytes += files.stat(file).size;
    files.unlink(file);
  }
  files.syncDirectory(directory);
  const left = files.readDirectory(directory).map(({ name }) => name);
  if (left.length === 0) files.removeTree(directory);
  return { directory, checkpointId: manifest.checkpointId, bytes, left };
}

function notASavepoint(platform: Platform, path: string, directory: string): Error {
  const holds = placesIn(platform, directory).some(({ kind }) => kind === 'checkpoint') ? 'it holds the checkpoints of a run' : `there is no ${SAVEPOINT_MANIFEST}`;
  return NotASavepoint.error({ what: `${path} is no savepoint: ${holds}`, where: { file: path } });
}
