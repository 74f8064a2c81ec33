import { type Files, MillraceError } from '@millrace/core/spi';
import { readNote } from './checked-note.js';
import { type ClosingNote, refuseIfOnceSafe, refuseIfSegmentIsGone } from './recovery.js';
import { closingNotePath, segmentBases, segmentPath } from './segment-files.js';
import { SegmentScan } from './segment-scan.js';

/** Something that is wrong in a partition. */
export interface PartitionProblem {
  readonly partition: number;
  readonly file: string;
  /** Byte in the file. */
  readonly position: number;
  /** Offset of the first record that cannot be read. */
  readonly offset: number;
  /** The end of the newest segment that a crash has cut off, or that a writer is just writing: the next writer mends it. All else is damage. */
  readonly isTornEnd: boolean;
  readonly what: string;
}

/** Reads every byte of a partition. */
export function verifyPartition(files: Files, folder: string, partition: number): readonly PartitionProblem[] {
  const problem = (file: string, position: number, offset: number, what: string, isTornEnd = false): PartitionProblem => ({ partition, file, position, offset, isTornEnd, what });
  if (!files.exists(folder)) return [problem(folder, 0, 0, 'the folder of the partition is gone')];
  const bases = segmentBases(files, folder);
  const closed = readNote(files, closingNotePath(folder)) as ClosingNote | undefined;
  const problems: PartitionProblem[] = [];
  let expected = bases[0] ?? 0;
  for (const base of bases) {
    const file = segmentPath(folder, base);
    if (base !== expected) problems.push(problem(file, 0, expected, `the segment begins at offset ${base}, and ${expected} comes next`));
    const scan = new SegmentScan(files.open(file, 'read'));
    try {
      let offset = base;
      for (; scan.look() === 'frame'; scan.skip()) {
        const { baseOffset, span } = scan.header;
        if (baseOffset !== offset) problems.push(problem(file, scan.position, offset, `the frame begins at offset ${baseOffset}, and ${offset} comes next`));
        offset = baseOffset + span;
      }
      const { position } = scan;
      const bytes = files.stat(file).size - position;
      const isNewest = base === bases.at(-1);
      const damage = isNewest ? newestDamage(files, folder, { base, position, offset, bytes }, closed) : undefined;
      if (damage !== undefined) problems.push(problem(file, position, offset, damage));
      else if (bytes > 0) problems.push(problem(file, position, offset, `${bytes} bytes from byte ${position} on are no whole frame`, isNewest));
      expected = offset;
    } finally {
      scan.close();
    }
  }
  const gone = said(() => refuseIfSegmentIsGone(folder, bases.at(-1) ?? -1, closed));
  if (gone !== undefined) problems.push(problem(segmentPath(folder, closed!.base), 0, expected, gone));
  return problems;
}

/** What is wrong with the end of the newest segment, other than that a crash has cut it off: by the same rules as a writer. */
function newestDamage(files: Files, folder: string, end: { readonly base: number; readonly position: number; readonly offset: number; readonly bytes: number }, closed: ClosingNote | undefined): string | undefined {
  if (closed?.base === end.base && end.position < closed.bytes) return `the partition was closed in order with ${closed.bytes} bytes, of which ${end.position} are whole`;
  return end.bytes === 0 ? undefined : said(() => refuseIfOnceSafe(files, segmentPath(folder, end.base), end.position, end.offset));
}

/** The sentence of the error that a check throws. */
function said(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError) return error.what;
    throw error;
  }
}
