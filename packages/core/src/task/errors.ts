import { defineError, type ErrorKind } from '../base/errors.js';

export const CustomPartitionOutOfRange: ErrorKind = defineError({
  code: 'MR-2201',
  title: 'A partition function chose no channel',
  explanation: 'A custom partition function returns the index of a channel: an integer from 0 up to the number of channels minus one.',
  remedy: 'Return an integer in range, e.g. Math.abs(hash) % channels.',
});

export const OperatorFailed: ErrorKind = defineError({
  code: 'MR-2202',
  title: 'An operator failed',
  explanation: 'The code of an operator threw an error while it worked on a record, a timer or a watermark. The job stops there, so that nothing is silently lost.',
  remedy: 'Look at the error underneath and at the record named; handle the case in the function.',
});

export const CloseFailed: ErrorKind = defineError({
  code: 'MR-2203',
  title: 'An operator failed to close',
  explanation: 'The close method of a function, sink or source threw an error or did not finish. What it had to release may still be held.',
  remedy: 'Let close() handle its own errors, and release what it holds in any case.',
});
