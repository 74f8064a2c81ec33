import { defineError, type ErrorKind } from '../base/errors.js';

/** 2001: a user's function threw. */
export const UserFunctionFailed: ErrorKind = defineError({
  code: 'MR-2001',
  title: 'A function of the job threw',
  explanation:
    'A function that the job gave to an operator threw an error. The job stops there, so that no record is silently lost; with checkpoints it restarts from the last one.',
  remedy: 'Look at the error underneath and at the record, and handle that case in the function.',
});

/** 2002: a synchronous function returned a promise. */
export const PromiseFromSyncFunction: ErrorKind = defineError({
  code: 'MR-2002',
  title: 'A synchronous function returned a promise',
  explanation:
    'Functions of map, filter, flatMap, reduce and process are called one record after the other and nothing waits for them: a promise would flow on as if it were the result.',
  remedy: 'Use asyncMap, which waits for the promise and limits how many are in flight: stream.asyncMap((value, { signal }) => …, { capacity: 100 }).',
});

/** 2003: a flat map returned something that cannot be iterated. */
export const FlatMapResultNotIterable: ErrorKind = defineError({
  code: 'MR-2003',
  title: 'flatMap returned no iterable',
  explanation: 'A flatMap function returns an iterable of its results (an array, a Set, a generator) or nothing, when it has collected them.',
  remedy: 'Return an array, e.g. [result], or collect the results with the second argument.',
});

/** 2004: a timer at a time that is no time. */
export const TimerTimeInvalid: ErrorKind = defineError({
  code: 'MR-2004',
  title: 'Timer time is not a number of milliseconds',
  explanation: 'Timers are registered and deleted at a finite number of epoch milliseconds. NaN, dates and strings would be a timer that never fires.',
  remedy: 'Give epoch milliseconds, e.g. context.timestamp + 60_000.',
});

/** 2005: a name that a function did not declare. */
export const NameNotDeclared: ErrorKind = defineError({
  code: 'MR-2005',
  title: 'Name was not declared',
  explanation: 'Side outputs, states and broadcast states are declared with the function, under the name they are used by.',
  remedy: 'Declare it with the function, or use the name that is declared.',
});

/** 2006: a field that cannot be aggregated. */
export const RollingFieldInvalid: ErrorKind = defineError({
  code: 'MR-2006',
  title: 'Field cannot be aggregated',
  explanation:
    'A rolling sum adds numbers or bigints; min and max compare numbers, bigints or strings. Any other value, a missing field or a mixture would give a wrong result without a sign.',
  remedy: 'Filter such records out or convert the field before the aggregation.',
});

/** 2007: an asynchronous call took too long. */
export const AsyncCallTimedOut: ErrorKind = defineError({
  code: 'MR-2007',
  title: 'Asynchronous call timed out',
  explanation: 'The promise of an asyncMap call did not settle within the timeout, which covers all attempts of a record.',
  remedy: 'Raise the timeout, lower the capacity so that the service keeps up, or give onTimeout to put a result in its place.',
});

/** 2008: settings of an operator that make no sense. */
export const OperatorSettingInvalid: ErrorKind = defineError({
  code: 'MR-2008',
  title: 'Operator setting is invalid',
  explanation: 'A setting given to an operator is not of its type or outside its range.',
  remedy: 'Give a value in range.',
});

/** 2009: a record without a timestamp where order in time is wanted. */
export const RecordWithoutTimestamp: ErrorKind = defineError({
  code: 'MR-2009',
  title: 'Record has no timestamp',
  explanation: 'An operator that works in event time got a record without an event timestamp, so it cannot be put in its place.',
  remedy: 'Give the source a watermark strategy with a timestamp, or use assignTimestampsAndWatermarks before this operator.',
});

/** 2010: the sink's side effects could not be committed. */
export const CommitFailed: ErrorKind = defineError({
  code: 'MR-2010',
  title: 'Commit failed',
  explanation: 'The committer of a sink failed in every attempt, so results of a finished checkpoint are not visible yet. They stay in the state and are committed first after a restart.',
  remedy: 'Look at the error underneath: the target was unreachable, full or refused the commit.',
});

/** 2011: a sink failed. */
export const SinkFailed: ErrorKind = defineError({
  code: 'MR-2011',
  title: 'A sink failed',
  explanation: 'Writing, flushing or preparing a commit failed in a sink. The job stops there, so that no result is silently lost.',
  remedy: 'Look at the error underneath: it is what the target or the encoder said.',
});

/** 2012: a source failed. */
export const SourceFailed: ErrorKind = defineError({
  code: 'MR-2012',
  title: 'A source failed',
  explanation: 'Reading from a source failed for good. The job stops there; with checkpoints it goes on from the last position.',
  remedy: 'Look at the error underneath: it is what the origin of the data said.',
});
