import type { ThreadLimits } from '../../base/platform-threads.js';

/** Records in flight die young: a large nursery halves the time that a busy worker spends collecting garbage. */
const YOUNG_GENERATION_MB = 128;
const SMALLEST_YOUNG_GENERATION_MB = 16;

/**
 * The limits of a worker's heap: those given, and a nursery.
 *
 * The nursery must be small beside the rest of the heap: what it moves there in one go can otherwise overshoot the limit so
 * far that the runtime ends the whole process instead of the worker.
 */
export function workerLimits(given: ThreadLimits = {}): ThreadLimits {
  const old = given.maxOldGenerationSizeMb;
  const young = old === undefined ? YOUNG_GENERATION_MB : Math.max(SMALLEST_YOUNG_GENERATION_MB, Math.min(YOUNG_GENERATION_MB, Math.floor(old / 8)));
  return { maxYoungGenerationSizeMb: young, ...given };
}
