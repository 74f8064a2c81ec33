import { defineError, type ErrorKind } from '../base/errors.js';

export const SourceCoordinatorFailed: ErrorKind = defineError({
  code: 'MR-2301',
  title: 'A source could not find its input',
  explanation: 'The part of a source that finds files, partitions or other splits threw an error, so the job does not know what to read.',
  remedy: 'Look at the error underneath: it is what the origin of the data said.',
});

export const OperatorOpenFailed: ErrorKind = defineError({
  code: 'MR-2302',
  title: 'An operator could not be opened',
  explanation: 'An operator failed before the first record: in the open method of a function, sink or source, or while its state was restored.',
  remedy: 'Look at the error underneath.',
});

export const RestoredStateUnclaimed: ErrorKind = defineError({
  code: 'MR-2303',
  title: 'The snapshot holds state of an operator that the job does not have',
  explanation: 'Going on without it would drop that state for good. It happens when an operator was removed, lost its uid, or stands at another place in a graph without uids.',
  remedy: 'Give the operator its old uid back, map the old uid to the new one, or say explicitly that the state may be dropped.',
});

export const RestoredMaxParallelismDiffers: ErrorKind = defineError({
  code: 'MR-2304',
  title: 'The snapshot was taken with another maximum parallelism',
  explanation: 'The maximum parallelism is the number of key groups. It decides where each key lives and is fixed for the life of the state.',
  remedy: 'Run the job with the maximum parallelism of the snapshot.',
});

export const JobCanceled: ErrorKind = defineError({
  code: 'MR-2305',
  title: 'The job was canceled',
  explanation: 'Somebody asked the running job to end at once. Results that were not committed are not visible.',
  remedy: 'Nothing, if this was meant. To end a job and keep everything that has arrived, stop it instead.',
});

export const CheckpointNotPossible: ErrorKind = defineError({
  code: 'MR-2306',
  title: 'The checkpoint could not be taken',
  explanation: 'A checkpoint was asked for while the job could not take one: it has not started, has ended, or gave this one up for a newer one.',
  remedy: 'Ask again while the job is running.',
});
