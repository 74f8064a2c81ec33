import type { Split } from '../../connector/source.js';

/** How a file is packed. */
export type Packing = 'gzip' | 'none';

/** A byte range of a file, with the position of its reader: the records that begin at `start` or later and before `end`. */
export interface FileSplit extends Split {
  readonly path: string;
  readonly start: number;
  /** -1: to the end of the file. */
  readonly end: number;
  readonly packing: Packing;
  /** Offset after the last record handed over; unpacked bytes for a packed file. */
  readonly position: number;
  /** True while the rest of a record that is not ours, or too large, is passed over. */
  readonly discarding: boolean;
  /** How many records of the frame at `position` were handed over: a frame may give several. */
  readonly skip: number;
  /** State of the decoder, e.g. a CSV header. */
  readonly decoder?: unknown;
  /** Which file stood at the path, for a followed file that may be rotated; 0 while unknown. */
  readonly inode: number;
}

/** A split from its start. */
export function newSplit(path: string, start: number, end: number, packing: Packing): FileSplit {
  // A record belongs to the split in which it begins: one that begins at `start` follows a separator at `start - 1`.
  const position = Math.max(0, start - 1);
  return { id: `${path}#${start}`, path, start, end, packing, position, discarding: start > 0, skip: 0, inode: 0 };
}

/** Order in which splits are read: path, then offset. */
export function compareSplits(left: FileSplit, right: FileSplit): number {
  if (left.path !== right.path) return left.path < right.path ? -1 : 1;
  return left.start - right.start;
}
