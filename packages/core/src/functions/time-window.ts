/** Time windows as values: made once per window, shared by everything that speaks of it. */
import type { TimeWindow } from './window.js';

/** The window `[start, end)`. */
export function timeWindow(start: number, end: number): TimeWindow {
  return Object.freeze({ start, end, maxTimestamp: end - 1 });
}

/**
 * The window that spans all of time. Its results carry the timestamp Infinity: they belong after every watermark but
 * the final one, as in Flink, where it is the largest number there is.
 */
export const GLOBAL_WINDOW: TimeWindow = timeWindow(-Infinity, Infinity);

/** True when two windows overlap **or touch**, so that sessions of them are one (rule 9). */
export function overlapsOrTouches(
  left: { readonly start: number; readonly end: number },
  right: { readonly start: number; readonly end: number },
): boolean {
  return left.start <= right.end && left.end >= right.start;
}

/**
 * The start of the window that holds `timestamp`, for windows of `sizeMs` that begin at `offsetMs` and every `sizeMs`
 * before and after (rule 1). `Math.floor` and not `%`: a remainder of doubles is a slow call, and is negative before
 * the epoch. The quotient is rounded, which may lift it to the next integer when the timestamp is far from the epoch
 * and the size is small; the comparison puts that right.
 */
export function windowStart(timestamp: number, offsetMs: number, sizeMs: number): number {
  const start = Math.floor((timestamp - offsetMs) / sizeMs) * sizeMs + offsetMs;
  return start > timestamp ? start - sizeMs : start;
}
