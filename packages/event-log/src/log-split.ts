import type { Split } from '@millrace/core/spi';

/** A partition with the place up to which it was read. */
export interface LogSplit extends Split {
  readonly partition: number;
  /** Offset of the next record. */
  readonly next: number;
  /** Offset behind the last record to be read; -1 when there is none. */
  readonly stop: number;
  /** Records of the entry at `next` that were handed over already: a decoder may make several of one. */
  readonly skip: number;
  /** What the decoder has learned. */
  readonly decoder?: unknown;
}
