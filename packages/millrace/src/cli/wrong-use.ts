/**
 * Errors that mean "the command was used wrongly" and end it with exit code 2: a job file that is none, arguments and
 * options that do not fit.
 */
export const WRONG_USE_CODES: ReadonlySet<string> = new Set(['MR-3001', 'MR-3002', 'MR-3003', 'MR-3004', 'MR-3005', 'MR-3006', 'MR-3007']);
