import type { Files } from '@millrace/core/spi';
import type { LogSettings } from './log-settings.js';
import { indexPath, producersPath, segmentBases, segmentPath } from './segment-files.js';
import { segmentIndex } from './segment-index.js';

/** Removes the oldest segments that are too old, or too many; never the newest. Gives how many went. */
export function applyRetention(files: Files, folder: string, { retentionBytes, retentionMs }: LogSettings, now: number): number {
  if (retentionBytes === null && retentionMs === null) return 0;
  const bases = segmentBases(files, folder);
  let bytes = 0;
  for (const base of bases) bytes += files.stat(segmentPath(folder, base)).size;
  let removed = 0;
  for (const base of bases.slice(0, -1)) {
    const tooMany = retentionBytes !== null && bytes > retentionBytes;
    const tooOld = retentionMs !== null && now - segmentIndex(files, folder, base, true).lastAppendedAt > retentionMs;
    // Oldest first, so that what is left has no gap.
    if (!tooMany && !tooOld) break;
    bytes -= files.stat(segmentPath(folder, base)).size;
    files.unlink(segmentPath(folder, base));
    for (const path of [indexPath(folder, base), producersPath(folder, base)]) if (files.exists(path)) files.unlink(path);
    removed++;
  }
  if (removed > 0) files.syncDirectory(folder);
  return removed;
}
