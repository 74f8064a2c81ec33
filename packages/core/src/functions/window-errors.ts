import { defineError, type ErrorKind } from '../base/errors.js';

/** 1220: a window that cannot be. */
export const WindowInvalid: ErrorKind = defineError({
  code: 'MR-1220',
  title: 'Window cannot be like this',
  explanation:
    'A window has a size of at least one millisecond, a slide or step above zero, an offset smaller than its size (or slide), and a step that divides its size. Otherwise elements would fall into no window, or into endlessly many.',
  remedy: 'Give a positive size and slide, and an offset smaller than the size (tumbling, cumulative) or the slide (sliding).',
});

/** 1221: a trigger or evictor that cannot be. */
export const TriggerInvalid: ErrorKind = defineError({
  code: 'MR-1221',
  title: 'Trigger or evictor cannot be like this',
  explanation: 'A trigger counts whole elements from 1 and waits for intervals of at least one millisecond; an evictor keeps a whole number of elements from 0; a threshold is a number.',
  remedy: 'Give a positive whole count, a positive interval, or a threshold that is a number.',
});

/** 1222: a session gap that a function gave and that cannot be. */
export const SessionGapInvalid: ErrorKind = defineError({
  code: 'MR-1222',
  title: 'Session gap is not positive',
  explanation: 'The function that gives the gap of a session returned something that is not a whole number of milliseconds above zero, so the element would have no window.',
  remedy: 'Return a positive number of milliseconds for every element, e.g. a default where a field is missing.',
});

/** 1223: a custom assigner that gave something that is no window. */
export const AssignedWindowInvalid: ErrorKind = defineError({
  code: 'MR-1223',
  title: 'Assigner gave no valid window',
  explanation: 'A custom window assigner returns a list of windows, each with a start before its end. Something else would never fire, or not be found again.',
  remedy: 'Return an array of { start, end } with start < end, or an empty array to drop the element.',
});
