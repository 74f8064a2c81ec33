import { countEvictor } from '../functions/evictors.js';
import type { Evictor } from '../functions/window.js';
import { countTrigger, purging } from '../functions/triggers.js';
import { globalWindows } from '../functions/window-assigners.js';
import { WindowInvalid } from './errors.js';
import { calledAt } from './function-check.js';
import type { OperatorOptions } from './operator-options.js';
import { windowDraft, type WindowDraft } from './window-draft.js';

/**
 * Count windows are global windows with a trigger: every `size` elements, emptied each time; or the last `size` (an
 * evictor) at every `slide`, so that the first results come from fewer than `size`.
 */
export function countWindowDraft(operation: string, size: number, slide: number | undefined, options: OperatorOptions | undefined): WindowDraft {
  checkCount(operation, 'size', size);
  if (slide === undefined) return windowDraft(operation, globalWindows(), { ...options, trigger: purging(countTrigger(size)) });
  checkCount(operation, 'slide', slide);
  return windowDraft(operation, globalWindows(), { ...options, trigger: countTrigger(slide), evictor: countEvictor(size) as Evictor<never> });
}

function checkCount(operation: string, name: string, count: unknown): void {
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return;
  throw WindowInvalid.error({ what: `${operation} was given the ${name} ${String(count)}, expected a whole number from 1`, ...calledAt(operation) });
}
