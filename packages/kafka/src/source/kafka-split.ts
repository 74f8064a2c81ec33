import type { Split } from '@millrace/core/spi';

/** A partition of a topic with the place to go on from: what a checkpoint keeps of it. */
export interface KafkaSplit extends Split {
  readonly topic: string;
  readonly partition: number;
  /** Tells a topic from another one of the same name, deleted and made again. */
  readonly topicId: string;
  /** The next offset to read. */
  readonly offset: number;
  /** Of the record at `offset`, so many of the records it decodes to are handed over. */
  readonly skip: number;
  /** Reading ends before this offset; -1: never. */
  readonly end: number;
}

/** The id of a split, the same for all time. */
export const splitId = (topic: string, partition: number): string => `${topic}-${partition}`;
