import type { Files } from '@millrace/core/spi';
import { segmentBases, segmentPath } from './segment-files.js';
import { SegmentScan } from './segment-scan.js';

/** Something that is wrong in a partition. */
export interface PartitionProblem {
  readonly partition: number;
  readonly file: string;
  /** Byte in the file. */
  readonly position: number;
  /** Offset of the first record that cannot be read. */
  readonly offset: number;
  /** The torn end of the newest segment: the next writer cuts it off. */
  readonly isTornEnd: boolean;
  readonly what: string;
}

/** Reads every byte of a partition. */
export function verifyPartition(files: Files, folder: string, partition: number): readonly PartitionProblem[] {
  const problems: PartitionProblem[] = [];
  const bases = segmentBases(files, folder);
  let expected = bases[0] ?? 0;
  for (const base of bases) {
    const file = segmentPath(folder, base);
    const isNewest = base === bases.at(-1);
    if (base !== expected) problems.push({ partition, file, position: 0, offset: expected, isTornEnd: false, what: `the segment begins at offset ${base}, and ${expected} comes next` });
    const scan = new SegmentScan(files.open(file, 'read'));
    let offset = base;
    try {
      let found = scan.look();
      for (; found === 'frame'; found = scan.look()) {
        if (scan.header.baseOffset !== offset) problems.push({ partition, file, position: scan.position, offset, isTornEnd: false, what: `the frame begins at offset ${scan.header.baseOffset}, and ${offset} comes next` });
        offset = scan.header.baseOffset + scan.header.span;
        scan.skip();
      }
      if (found === 'broken') {
        const bytes = files.stat(file).size - scan.position;
        problems.push({ partition, file, position: scan.position, offset, isTornEnd: isNewest, what: `${bytes} bytes from byte ${scan.position} on are no whole frame` });
      }
    } finally {
      scan.close();
    }
    expected = isNewest || offset > base ? offset : expected;
  }
  return problems;
}
