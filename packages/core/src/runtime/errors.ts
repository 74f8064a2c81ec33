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
  remedy: 'Give the operator its old uid back, map the old uid to the new one (--map-uid OLD=NEW, mapUid), or say explicitly that the state may be dropped (--drop-state UID, dropState).',
});

export const RestoredSourceDiffers: ErrorKind = defineError({
  code: 'MR-2322',
  title: 'The snapshot holds positions of another type of source',
  explanation: 'A source with this uid was of another type when the snapshot was taken. Positions in a file mean nothing in a topic, and reading from the start would repeat what has been read.',
  remedy: 'Give the new source a uid of its own and say that the old positions may be dropped (--drop-state OLD_UID, dropState); say in the source where it is to start.',
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

export const WorkerEnded: ErrorKind = defineError({
  code: 'MR-2307',
  title: 'A worker thread has ended',
  explanation: 'A thread that ran a part of the job is gone: code of the job called process.exit, threw an error that nobody caught, left a promise rejected that nobody waits for, or used up the memory of the thread. The other threads cannot go on without its part.',
  remedy: 'Look at what the message says of the reason. Do not call process.exit in a job; wait for every promise; for memory, look at the size of the state, or allow more per worker.',
});

export const WorkersDiffer: ErrorKind = defineError({
  code: 'MR-2308',
  title: 'Two threads have built different jobs',
  explanation: 'Every thread imports the job module and builds the job by itself, and all must come to the same graph. Something in the module differs from one thread to the next: a random number, the time, an environment variable, a file that has changed.',
  remedy: 'Make build depend on the arguments of the job alone.',
});

export const WorkerStuck: ErrorKind = defineError({
  code: 'MR-2309',
  title: 'A worker thread does not answer',
  explanation: 'A function of the job has not come back for longer than a worker may be silent, so nothing else in its thread goes on: no other operator, no checkpoint.',
  remedy: 'Look for an endless loop or a very long computation in the operator named. Allow more time if it is meant to take that long.',
});

export const JobModuleInvalid: ErrorKind = defineError({
  code: 'MR-2310',
  title: 'The module holds no job',
  explanation: 'Each thread imports the module of the job and takes its default export, which must have been made by defineJob.',
  remedy: 'Give the URL of an ES module that ends with: export default defineJob({ name, build(env) { … } }). Node older than 22.18 imports no TypeScript: compile it first.',
});

export const RestartsInVain: ErrorKind = defineError({
  code: 'MR-2311',
  title: 'Restarts do not help',
  explanation: 'The job has failed at least three times in a row with the same error at the same operator: at the same record, or, where the record is not known, for ten minutes without a complete checkpoint in between. Another restart would only repeat it, and nobody looks at a job that restarts for ever.',
  remedy: 'Mend what the error underneath says, then start the job again: with a checkpoint directory it goes on where it was.',
});

export const RescaleNotPossible: ErrorKind = defineError({
  code: 'MR-2312',
  title: 'The job cannot be rescaled now',
  explanation: 'A job is rescaled by way of a checkpoint: it needs a place for checkpoints, has to be running, and does one rescale at a time; its new workers have a minute to load it. The job goes on as it was.',
  remedy: 'Run the job with a checkpoint directory, and ask again while it is running.',
});

export const StoppedUncommitted: ErrorKind = defineError({
  code: 'MR-2313',
  title: 'The savepoint is complete, and the job has failed before its output was',
  explanation: 'A job that stops with a savepoint commits what was written before it once the savepoint is durable. That has failed. The job is not started again: it would read on and write what whoever goes on from the savepoint writes too. Nothing is lost: the savepoint holds what is still to be committed.',
  remedy: 'Mend what the error underneath says, then go on from the savepoint (--resume PATH): what is not committed yet is committed first.',
});

export const CheckpointStoringSlow: ErrorKind = defineError({
  code: 'MR-2321',
  title: 'A checkpoint is not stored within its time',
  explanation: 'All subtasks have handed their parts in, and writing them to the checkpoint directory takes longer than a whole checkpoint may. It is not given up, since what is half-written may still become durable; no other checkpoint can be taken before, and a failure now goes back to the one before. The warning comes again each time as much time has passed.',
  remedy: 'Look at the disk or the file server that holds the checkpoint directory: it is full, overloaded, or does not answer.',
});

export const CheckpointIntervalShort: ErrorKind = defineError({
  code: 'MR-2320',
  title: 'Checkpoints take longer than their interval',
  explanation: 'One checkpoint is taken at a time. When it takes longer than the interval between two, the next begins when it is done (after the minimum pause), so they come less often than was asked for, and the job does little else.',
  remedy: 'Allow a longer interval (--checkpoint-interval), or a pause between two (--checkpoint-min-pause), or find out what is slow: back pressure, large state, the disk.',
});
