import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import type { ManifestFile } from '../checkpoint/manifest.js';
import type { SnapshotFile } from '../state/operator-snapshot.js';

/**
 * Makes the file of a snapshot a state file by giving it another name: what a backend has written need not be written again. Its
 * bytes are durable when this returns, its name once the directory is synced. Undefined where it cannot be taken over, because it
 * lies in another file system or is not as large as it should be: then its bytes are to be copied.
 */
export function takeOver(platform: Platform, file: SnapshotFile, place: { readonly directory: string; readonly name: string }): ManifestFile | undefined {
  const { files, points } = platform;
  const handle = files.open(file.path, 'readWrite');
  try {
    if (handle.size() !== file.size) return undefined;
    // Not to be tried in another way when it fails: nobody knows then what is on the disk.
    handle.sync();
  } finally {
    handle.close();
  }
  points.reach('before-rename');
  try {
    files.rename(file.path, joinPath(place.directory, place.name));
  } catch {
    return undefined;
  }
  points.reach('before-directory-sync');
  return { name: place.name, size: file.size, gmac: file.gmac };
}
