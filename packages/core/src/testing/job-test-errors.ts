import { defineError, type ErrorKind } from '../base/errors.js';

/** A test asked for a source or sink that the job does not have. */
export const TestNodeUnknown: ErrorKind = defineError({
  code: 'MR-2791',
  title: 'The job has no such source or sink',
  explanation: 'testJob finds sources and sinks by the uid or name they have in the job.',
  remedy: 'Use one of the names that the message lists, or give the source or sink a name: { name: \'orders\' }.',
});

/** A test pushed into a source that it has ended. */
export const TestSourceEnded: ErrorKind = defineError({
  code: 'MR-2792',
  title: 'The test source has ended',
  explanation: 'After end() (or finish()) a test source takes nothing more.',
  remedy: 'Push everything before end(), or start a new run.',
});

/** A job under test did not come to an end. */
export const TestJobStuck: ErrorKind = defineError({
  code: 'MR-2793',
  title: 'The job under test does not go on',
  explanation: 'All sources have ended and nothing is left to happen, but the job has not finished: something waits for ever, such as an asynchronous call that never answers.',
  remedy: 'Look at the functions that wait (asyncMap, open, sinks), or cancel the run.',
});

/** testJob was given something that is no job. */
export const TestJobInvalid: ErrorKind = defineError({
  code: 'MR-2794',
  title: 'Not a job',
  explanation: 'testJob takes a job made by defineJob, or an environment whose job is described.',
  remedy: 'Pass the default export of the job module.',
});
