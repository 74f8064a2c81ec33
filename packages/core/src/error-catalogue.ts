import * as api from './api/errors.js';
import * as base from './base/base-errors.js';
import type { ErrorKind } from './base/errors.js';
import * as platform from './base/platform-errors.js';
import * as connector from './connector/errors.js';
import * as connectors from './connectors/errors.js';
import * as formats from './formats/errors.js';
import * as functions from './functions/errors.js';
import * as windows from './functions/window-errors.js';
import * as graph from './graph/errors.js';
import * as operators from './operators/errors.js';
import * as joins from './operators/joins/errors.js';
import * as windowOperators from './operators/windows/errors.js';
import * as record from './record/errors.js';
import * as control from './runtime/control/errors.js';
import * as runtime from './runtime/errors.js';
import * as state from './state/errors.js';
import * as stores from './stores/errors.js';
import * as task from './task/errors.js';

const MODULES: readonly object[] = [api, base, connector, connectors, control, formats, functions, graph, joins, operators, platform, record, runtime, state, stores, task, windowOperators, windows];

/**
 * Every error the engine declares, by code: what `millrace explain` knows. The errors of the test kit, which nothing but
 * tests may import, are not among them.
 */
export const ERROR_CATALOGUE: readonly ErrorKind[] = Object.freeze(
  MODULES.flatMap((module) => Object.values(module) as unknown[])
    .filter(isErrorKind)
    .sort((a, b) => (a.code < b.code ? -1 : 1)),
);

/** A module of errors may also export helpers. */
function isErrorKind(value: unknown): value is ErrorKind {
  return typeof value === 'object' && value !== null && typeof (value as Partial<ErrorKind>).code === 'string' && typeof (value as Partial<ErrorKind>).error === 'function';
}
