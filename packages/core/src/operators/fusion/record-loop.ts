import type { StopSignal } from '../source-head.js';

/** How many records or emissions pass between two looks at the clock. */
export const CLOCK_STRIDE = 64;

/** How many records of a batch have entered the chain: the record under way is the one before. */
export class BatchPlace {
  cursor: number = 0;
}

/** What stands in a loop over the records of a batch. */
export interface RecordLoopText {
  /** Statements before each stride. */
  readonly before?: string;
  /** Statements that take the record at `cursor`, move `cursor` on, and hand the record into the chain. */
  readonly record: string;
  /** Statements behind each stride. */
  readonly after?: string;
}

/**
 * The loop over the records from `cursor` up to `length` as text: it ends early when the variable `stop` (a {@link StopSignal}) says
 * so, which is asked after each record, or when the turn's time is up.
 */
export function recordLoopText({ before = '', record, after = '' }: RecordLoopText): string {
  const stopped: keyof StopSignal = 'stopped';
  return `
while (cursor < length) {
  const stride = Math.min(length, cursor + ${CLOCK_STRIDE});
  ${before}
  while (cursor < stride && !stop.${stopped}) {
    ${record}
  }
  ${after}
  if (cursor < length && (stop.${stopped} || !stop.hasTime())) break;
}`;
}
