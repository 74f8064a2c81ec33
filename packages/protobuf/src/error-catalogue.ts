import type { ErrorKind } from '@millrace/core/spi';
import * as errors from './errors.js';

/** Every error of Protocol Buffers, by code: what `millrace explain` knows where the package is installed. */
export const PROTOBUF_ERRORS: readonly ErrorKind[] = Object.freeze(Object.values(errors).sort((left, right) => (left.code < right.code ? -1 : 1)));
