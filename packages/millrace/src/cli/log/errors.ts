import { defineError, type ErrorKind } from '@millrace/core/command';

/** A line cannot be appended as a record. */
export const LineUnusable: ErrorKind = defineError({
  code: 'MR-3020',
  title: 'A line cannot be appended to the log',
  explanation: 'The line is no JSON, has no such field, has a time that is none, or makes a record that the log does not take. The lines before it are in the log; it and those after it are not.',
  remedy: 'Mend the line and append the input from there on, or pass over such lines with --skip-bad, which counts them.',
});
