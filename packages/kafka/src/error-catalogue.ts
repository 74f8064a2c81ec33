import type { ErrorKind } from '@millrace/core/spi';
import * as errors from './errors.js';

/** Every error of the Kafka connector, by code: what `millrace explain` knows where the package is installed. */
export const KAFKA_ERRORS: readonly ErrorKind[] = Object.freeze(Object.values(errors).sort((left, right) => (left.code < right.code ? -1 : 1)));
