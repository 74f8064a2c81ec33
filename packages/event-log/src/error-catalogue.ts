import type { ErrorKind } from '@millrace/core/spi';
import * as errors from './errors.js';

/** Every error of the event log, by code: what `millrace explain` knows besides the engine's own. */
export const EVENT_LOG_ERRORS: readonly ErrorKind[] = Object.freeze(Object.values(errors).sort((left, right) => (left.code < right.code ? -1 : 1)));
