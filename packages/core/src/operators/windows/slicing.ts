import { windowStart } from '../../functions/time-window.js';
import type { WindowAssigner } from '../../functions/window.js';
import { MOST_ROWS } from './totals-block.js';

/**
 * How overlapping windows are cut into slices that do not overlap, so that an element is added once and not once per
 * window (rule 16). A slice ends wherever a window begins or ends.
 *
 * For a size that is a multiple of the slide all slices have the length of the slide. Otherwise each slide is cut in
 * two, at the ends of windows and at their starts, which are never more slices than cuts of the greatest common divisor
 * would give.
 */
export interface Slicing {
  /** The start of the slice that holds `time`. */
  sliceStart(time: number): number;
  /** The end of the slice that starts at `start`. */
  sliceEnd(start: number): number;
  /** The end of the first window that holds `time`. */
  firstEnd(time: number): number;
  /** The end of the last window that holds `time`. */
  lastEnd(time: number): number;
  /** The start of the window that ends at `end`. */
  startOf(end: number): number;
  /** The end of the window after the one that ends at `end`. */
  nextEnd(end: number): number;
  /** The last end of a window that is not after `time`. */
  endNotAfter(time: number): number;
  /** How many keys share a block of totals (`totals-block.ts`): a power of two. */
  readonly keysPerBlock: number;
  /** How long after its first slice the n-th block is to make its first front, so that not all do so for one window. */
  turnDelay(block: number): number;
}

/** Accumulators of a block at most: a new front is made of all of them in one go, which takes up to a millisecond. Smaller blocks would cost more memory than they hold. */
const BLOCK_SIZE = 16_384;

/** The slicing of a sliding or cumulative assigner. */
export function slicingOf(assigner: Extract<WindowAssigner<unknown>, { kind: 'cumulative' | 'sliding' }>): Slicing {
  if (assigner.kind === 'sliding') return new SlidingSlices(assigner.sizeMs, assigner.slideMs, assigner.offsetMs);
  return new CumulativeSlices(assigner.sizeMs, assigner.stepMs, assigner.offsetMs);
}

class SlidingSlices implements Slicing {
  readonly keysPerBlock: number;
  readonly #sizeMs: number;
  readonly #slideMs: number;
  /** Windows start at multiples of the slide from here. */
  readonly #starts: number;
  /** Windows end at multiples of the slide from here. */
  readonly #ends: number;

  constructor(sizeMs: number, slideMs: number, offsetMs: number) {
    this.#sizeMs = sizeMs;
    this.#slideMs = slideMs;
    this.#starts = offsetMs;
    this.#ends = offsetMs + (sizeMs % slideMs);
    this.keysPerBlock = Math.min(MOST_ROWS, 2 ** Math.max(0, Math.floor(Math.log2((BLOCK_SIZE * slideMs) / sizeMs))));
  }

  sliceStart(time: number): number {
    return Math.max(windowStart(time, this.#starts, this.#slideMs), windowStart(time, this.#ends, this.#slideMs));
  }

  sliceEnd(start: number): number {
    return Math.min(windowStart(start, this.#starts, this.#slideMs), windowStart(start, this.#ends, this.#slideMs)) + this.#slideMs;
  }

  firstEnd(time: number): number {
    return windowStart(time, this.#ends, this.#slideMs) + this.#slideMs;
  }

  lastEnd(time: number): number {
    return windowStart(time, this.#starts, this.#slideMs) + this.#sizeMs;
  }

  startOf(end: number): number {
    return end - this.#sizeMs;
  }

  nextEnd(end: number): number {
    return end + this.#slideMs;
  }

  endNotAfter(time: number): number {
    return windowStart(time, this.#ends, this.#slideMs);
  }

  turnDelay(block: number): number {
    return ((block % Math.ceil(this.#sizeMs / this.#slideMs)) + 1) * this.#slideMs;
  }
}

class CumulativeSlices implements Slicing {
  readonly keysPerBlock: number = MOST_ROWS;
  readonly #sizeMs: number;
  readonly #stepMs: number;
  readonly #offsetMs: number;

  constructor(sizeMs: number, stepMs: number, offsetMs: number) {
    this.#sizeMs = sizeMs;
    this.#stepMs = stepMs;
    this.#offsetMs = offsetMs;
  }

  sliceStart(time: number): number {
    return windowStart(time, this.#offsetMs, this.#stepMs);
  }

  sliceEnd(start: number): number {
    return start + this.#stepMs;
  }

  firstEnd(time: number): number {
    return windowStart(time, this.#offsetMs, this.#stepMs) + this.#stepMs;
  }

  lastEnd(time: number): number {
    return windowStart(time, this.#offsetMs, this.#sizeMs) + this.#sizeMs;
  }

  startOf(end: number): number {
    return windowStart(end - 1, this.#offsetMs, this.#sizeMs);
  }

  nextEnd(end: number): number {
    return end + this.#stepMs;
  }

  endNotAfter(time: number): number {
    return windowStart(time, this.#offsetMs, this.#stepMs);
  }

  /** All slices leave at once, with the last window. */
  turnDelay(): number {
    return Infinity;
  }
}
