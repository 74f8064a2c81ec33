import { type Files, joinPath } from '@millrace/core/spi';

const SEGMENT = /^(\d{16})\.log$/;

/** Name of the folder of a partition, e.g. `p-00003`. */
export function partitionFolder(directory: string, partition: number): string {
  return joinPath(directory, `p-${String(partition).padStart(5, '0')}`);
}

/** Path of the segment that begins at an offset. */
export function segmentPath(folder: string, baseOffset: number): string {
  return joinPath(folder, `${String(baseOffset).padStart(16, '0')}.log`);
}

/** Path of what is known of a sealed segment. */
export function indexPath(folder: string, baseOffset: number): string {
  return joinPath(folder, `${String(baseOffset).padStart(16, '0')}.index`);
}

/** Path of the note that a partition was closed in order. */
export function closingNotePath(folder: string): string {
  return joinPath(folder, 'closed.json');
}

/** Path of the note of what producers had committed when a segment began. */
export function producersPath(folder: string, baseOffset: number): string {
  return joinPath(folder, `${String(baseOffset).padStart(16, '0')}.producers`);
}

/** Offsets at which the segments of a partition begin, ascending. */
export function segmentBases(files: Files, folder: string): number[] {
  if (!files.exists(folder)) return [];
  return files
    .readDirectory(folder)
    .flatMap(({ name }) => {
      const found = SEGMENT.exec(name);
      return found === null ? [] : [Number(found[1])];
    })
    .sort((left, right) => left - right);
}
