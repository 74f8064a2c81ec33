import type { ErrorKind } from '@millrace/core/spi';
import * as errors from './errors.js';

/** Every error of the client of schema registries, by code: what `millrace explain` knows where the package is installed. */
export const SCHEMA_REGISTRY_ERRORS: readonly ErrorKind[] = Object.freeze(Object.values(errors).filter((each) => typeof each !== 'function').sort((left, right) => (left.code < right.code ? -1 : 1)));
