import type { StopSignal } from '../source-head.js';
import type { StageCode } from './stage-code.js';

/** How many records or emissions pass between two looks at the clock. */
export const CLOCK_STRIDE = 64;

/** Where a loop over the records of a batch is. */
export class BatchPlace {
  /** How many records have entered the chain: the record under way is the one before. */
  cursor: number = 0;
  /** How many records pass between two looks at the clock. */
  stride: number = CLOCK_STRIDE;
}

/** What stands in a loop over the records of a batch. */
export interface RecordLoopText {
  /** Statements before the loop: they declare `cursor`, where it begins, and `end`. */
  readonly declare: string;
  /** How far `cursor` moves between two looks at the clock: an expression. */
  readonly stride: string;
  /** Statements before each stride. */
  readonly before?: string;
  /** Statements that take the record at `cursor`, move `cursor` on, and hand the record into the chain. */
  readonly record: string;
  /** Statements behind each stride. */
  readonly after?: string;
  /** Statements behind the loop, also before an error goes on. */
  readonly leave: string;
}

/**
 * The body of a function that runs records from `cursor` up to `end`, and says whether it is through: it stops early when the
 * variable `stop` (a {@link StopSignal}) says so, which is asked after each record, or when the turn's time is up.
 *
 * What a record needs is declared within the loop: nothing but counts has to be kept from one record to the next, which
 * would cost a store and a load around each call.
 */
export function recordLoopText(code: StageCode, { declare, stride, before = '', record, after = '', leave }: RecordLoopText): string {
  const stopped: keyof StopSignal = 'stopped';
  const many = code.many();
  const atEnd = `${many.after}\n${leave}`;
  return `
${declare}
${many.before}
while (cursor < end) {
  const stride = Math.min(end, cursor + ${stride});
  ${many.now}
  ${before}
  while (cursor < stride && !stop.${stopped}) {
    ${code.guarded(record, atEnd)}
  }
  ${after}
  if (cursor < end && (stop.${stopped} || !stop.hasTime())) break;
}
${atEnd}
return cursor >= end;`;
}
