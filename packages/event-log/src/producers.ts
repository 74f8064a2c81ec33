import type { FrameHeader } from './frame-header.js';
import { LAST_OF_COMMIT } from './frame-header.js';

/** A producer that commits exactly once: two halves of a hash of its name. */
export interface ProducerId {
  readonly high: number;
  readonly low: number;
}

/** How far a producer's newest commit in a partition got. */
export interface ProducerProgress {
  readonly commit: number;
  /** Frames of that commit that are in the log. */
  readonly frames: number;
  readonly complete: boolean;
  /** When the last of them was appended, epoch milliseconds. */
  readonly at: number;
}

/** A producer that has been silent for so long is forgotten: no checkpoint that could repeat its commits is that old. */
export const PRODUCER_RETENTION_MS: number = 30 * 24 * 3600 * 1000;

/** What each producer has committed to a partition, so that a repeated commit adds only what is missing. */
export class Producers {
  readonly #progress: Map<string, ProducerProgress>;

  constructor(note: unknown = []) {
    this.#progress = new Map(note as readonly [string, ProducerProgress][]);
  }

  /** Takes note of a frame in the log. */
  saw(header: FrameHeader): void {
    if (header.producerHigh === 0 && header.producerLow === 0) return;
    const complete = (header.flags & LAST_OF_COMMIT) !== 0;
    this.#progress.set(keyOf({ high: header.producerHigh, low: header.producerLow }), { commit: header.commit, frames: header.frameOfCommit + 1, complete, at: header.appendedAt });
  }

  /** How many of the frames of a commit are in the log already; Infinity when all of it is, or a later one. */
  framesOf(producer: ProducerId, commit: number): number {
    const progress = this.#progress.get(keyOf(producer));
    if (progress === undefined || progress.commit < commit) return 0;
    return progress.commit > commit || progress.complete ? Number.POSITIVE_INFINITY : progress.frames;
  }

  /** Plain data for a note, without producers that have been silent for too long. */
  note(now: number): readonly (readonly [string, ProducerProgress])[] {
    return [...this.#progress].filter(([, { at }]) => now - at < PRODUCER_RETENTION_MS);
  }
}

function keyOf({ high, low }: ProducerId): string {
  return `${high}-${low}`;
}
