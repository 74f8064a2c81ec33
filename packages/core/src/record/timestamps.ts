import { TimestampInvalid } from './errors.js';

/** Below this a timestamp is in the year 1973 or before, or it is in seconds. */
export const SUSPICIOUSLY_SMALL = 1e11;

/**
 * Checks and normalises the timestamps that users' functions return. One per source or assigner: it calls
 * `onSuspicion` once, with the first timestamp that looks like seconds.
 */
export class TimestampCheck {
  #suspected: boolean;
  readonly #onSuspicion: (timestamp: number) => void;

  constructor(onSuspicion: (timestamp: number) => void = ignore) {
    this.#suspected = false;
    this.#onSuspicion = onSuspicion;
  }

  /** The timestamp as the engine keeps it: an integer, fractions floored. Throws a coded error for anything else. */
  check(timestamp: unknown): number {
    const milliseconds = normaliseTimestamp(timestamp);
    if (milliseconds < SUSPICIOUSLY_SMALL && !this.#suspected && milliseconds > 0) this.#suspect(milliseconds);
    return milliseconds;
  }

  #suspect(timestamp: number): void {
    this.#suspected = true;
    this.#onSuspicion(timestamp);
  }
}

/** A user's timestamp as a safe integer; fractions are floored. Throws `TimestampInvalid` with a hint. */
export function normaliseTimestamp(timestamp: unknown): number {
  if (typeof timestamp === 'number') {
    const floored = Math.floor(timestamp);
    // `+ 0` turns -0 into 0.
    if (Number.isSafeInteger(floored)) return floored + 0;
  }
  throw TimestampInvalid.error({ what: describe(timestamp), remedy: remedyFor(timestamp) });
}

/** What to say in the log when a timestamp looks like seconds. */
export function suspicionMessage(timestamp: number): string {
  return `the timestamp ${timestamp} is before March 1973: are these seconds? Millrace counts epoch milliseconds, so multiply by 1000`;
}

function ignore(): void {}

function describe(timestamp: unknown): string {
  if (timestamp === undefined) return 'the record has no timestamp (undefined)';
  if (timestamp === null) return 'the record has no timestamp (null)';
  if (timestamp instanceof Date) return 'the timestamp is a Date';
  if (typeof timestamp === 'string') return `the timestamp is a string, ${JSON.stringify(timestamp.slice(0, 40))}`;
  if (typeof timestamp === 'bigint') return `the timestamp is a bigint, ${timestamp}n`;
  if (typeof timestamp !== 'number') return `the timestamp is a ${typeof timestamp}`;
  if (Number.isNaN(timestamp)) return 'the timestamp is NaN';
  return `the timestamp ${timestamp} is outside the safe integers`;
}

function remedyFor(timestamp: unknown): string {
  if (timestamp instanceof Date) return 'Return date.getTime().';
  if (typeof timestamp === 'bigint') return 'Return Number(value), in milliseconds: nanoseconds are divided by 1_000_000n first.';
  if (typeof timestamp === 'string') {
    return /^\s*\d+\s*$/.test(timestamp) ? 'Return Number(text), in milliseconds.' : 'Return Date.parse(text).';
  }
  if (typeof timestamp === 'number' && !Number.isNaN(timestamp)) return 'Return milliseconds: microseconds and nanoseconds are too large.';
  if (typeof timestamp === 'number') return 'Look which field it is computed from: it is missing or no number in this record.';
  return 'Check the name of the field that the timestamp is taken from, and filter out records without one.';
}
