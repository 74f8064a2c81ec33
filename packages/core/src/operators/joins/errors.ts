/** The failures of the joins: codes 2060 to 2069. */
import { defineError, type ErrorKind } from '../../base/errors.js';

/** 2060: bounds of an interval join that leave nothing between them. */
export const IntervalInvalid: ErrorKind = defineError({
  code: 'MR-2060',
  title: 'Interval of the join is empty or no interval',
  explanation: 'An interval join joins a left element with the right ones from `lower` to `upper` after it. The bounds are whole milliseconds, and at least one lies between them.',
  remedy: 'Give a lower bound that is not above the upper one, e.g. from -5 seconds to 5 seconds; equal bounds must both be inclusive.',
});
