import type { Buffered, Evictor, TimeWindow } from '../../functions/window.js';
import { EvictorResultInvalid } from './errors.js';
import { placeOf } from '../user-failure.js';
import type { WindowParts } from './window-parts.js';

type Elements = readonly Buffered<unknown>[];

/**
 * Fires a window with an evictor: evict, call the function on what is left, evict again. Gives the elements that the
 * window keeps; undefined when it keeps none.
 */
export function evict(parts: WindowParts, evictor: Evictor<unknown>, contents: unknown, key: unknown, window: TimeWindow, now: number): unknown {
  const all = contents as Elements;
  const before = call(parts, evictor, 'evictBefore', all, window, now);
  emitFrom(parts, before, key, window);
  const after = call(parts, evictor, 'evictAfter', before, window, now);
  if (after.length === 0) return undefined;
  // The list in the state grows in place, so it must not be one that the user's code has in hand.
  return after === all ? all : after.slice();
}

function emitFrom(parts: WindowParts, elements: Elements, key: unknown, window: TimeWindow): void {
  const values = elements.map((element) => element.value);
  const { afterEviction } = parts;
  if (afterEviction === undefined) {
    parts.emitter.emit(key, window, values);
    return;
  }
  let result: unknown;
  try {
    // A reduction of nothing has no value, and neither has an aggregate of nothing a meaning.
    if (values.length === 0) return;
    let accumulator = afterEviction.first(values[0]);
    for (let i = 1; i < values.length; i++) accumulator = afterEviction.add(accumulator, values[i]);
    result = afterEviction.result(accumulator, true);
  } catch (error) {
    throw parts.failure(error, undefined);
  }
  parts.emitter.emit(key, window, result);
}

function call(parts: WindowParts, evictor: Evictor<unknown>, method: 'evictAfter' | 'evictBefore', elements: Elements, window: TimeWindow, now: number): Elements {
  let left: Elements | undefined;
  try {
    left = evictor[method]?.(elements, window, now);
  } catch (error) {
    throw parts.failure(error, undefined);
  }
  if (Array.isArray(left)) return left;
  if (left === undefined && evictor[method] === undefined) return elements;
  throw EvictorResultInvalid.error({ what: `${method} of the evictor "${evictor.name}" returned no list`, where: placeOf(parts.info) });
}
