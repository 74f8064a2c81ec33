import { isCoded } from './error-text.js';

/** Errors of the command that mean "used wrongly" and end it with exit code 2, whoever meets them. */
const WRONG_USE_CODES: ReadonlySet<string> = new Set(['MR-3001', 'MR-3002', 'MR-3003', 'MR-3004', 'MR-3006', 'MR-3010', 'MR-3011']);

const marked = new WeakSet<object>();

/** Runs what checks options and arguments: an error of it was the caller's mistake, whatever its code. */
export function callersMistake<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (typeof error === 'object' && error !== null) marked.add(error);
    throw error;
  }
}

/** True when the error says that the command was used wrongly. */
export function isWrongUse(error: unknown): boolean {
  return (typeof error === 'object' && error !== null && marked.has(error)) || (isCoded(error) && WRONG_USE_CODES.has(error.code));
}
