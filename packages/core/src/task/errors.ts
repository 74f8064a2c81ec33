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

export const StateNotDeclared: ErrorKind = defineError({
  code: 'MR-2203',
  title: 'The snapshot holds a state that the operator does not declare',
  explanation: 'A function was saved with a state that it no longer declares under that name. Going on without it would drop its contents for good.',
  remedy: 'Declare the state again, give renamedFrom to the state that takes its place, or say explicitly that it may be dropped.',
});

export const OperatorCloseTooLong: ErrorKind = defineError({
  code: 'MR-2204',
  title: 'An operator took too long to close',
  explanation: 'The close method of a function, source or sink gave a promise that did not settle within 30 seconds. The end of the job does not wait longer for it; what it holds may stay open.',
  remedy: 'Let close() give up by itself when the other side does not answer, for example with a timeout or the abort signal of the context.',
});

export const HoldNotDeclared: ErrorKind = defineError({
  code: 'MR-2205',
  title: 'An operator holds an input without having declared it',
  explanation:
    'An operator that holds one of its inputs until another has ended is kept apart from operators that its other inputs come from. Without the declaration it may share a subtask with them: what it waits for would then be held with what it holds, and the job would never end.',
  remedy: 'Declare the input where the operator is added: transform(inputs, name, factory, { holdsInput: 1 }).',
});
