import { defineError, type ErrorKind } from '../base/errors.js';

export const DuplicateUid: ErrorKind = defineError({
  code: 'MR-1401',
  title: 'Two operators share a uid',
  explanation: 'A uid names the state of one operator for the life of the job. Two operators with the same uid would read each other\'s state.',
  remedy: 'Give each operator a uid of its own.',
});

export const ForwardNeedsEqualParallelism: ErrorKind = defineError({
  code: 'MR-1402',
  title: 'Forward between different parallelisms',
  explanation: 'A forward connection hands each record to the instance with the same index, so both sides need the same number of instances.',
  remedy: 'Give both operators the same parallelism, or use rebalance() or rescale() between them.',
});

export const GraphHasCycle: ErrorKind = defineError({
  code: 'MR-1403',
  title: 'The job graph has a cycle',
  explanation: 'Records flow from sources to sinks; a stream cannot be its own input.',
  remedy: 'Break the cycle: send the records through a topic or table, or merge the two steps into one process function.',
});

export const BadParallelism: ErrorKind = defineError({
  code: 'MR-1404',
  title: 'Parallelism out of range',
  explanation: 'The parallelism of an operator is an integer from 1 up to the maximum parallelism (the number of key groups), which itself is at most 32768.',
  remedy: 'Choose a parallelism between 1 and the maximum parallelism, or raise the maximum parallelism before the first state is written.',
});

export const EmptyJob: ErrorKind = defineError({
  code: 'MR-1405',
  title: 'The job has nothing to run',
  explanation: 'A job needs at least one source and one operator or sink behind it.',
  remedy: 'Add a source with env.fromSource(…) and end the stream with sinkTo(…) or print().',
});

export const OperatorCannotScale: ErrorKind = defineError({
  code: 'MR-1406',
  title: 'The operator cannot be given that parallelism',
  explanation: 'A running job was to be rescaled, and one of the operators named does not exist or can only run alone: it sees the whole stream, or reads what cannot be divided.',
  remedy: 'Name operators by their uid, as the plan and the description of the job show it, and leave out those that run alone.',
});

export const StreamsWaitForEachOther: ErrorKind = defineError({
  code: 'MR-1407',
  title: 'Streams of the job would wait for each other for ever',
  explanation:
    'A look-up join holds its stream until the table has been read. What feeds the stream waits meanwhile, and while a checkpoint is taken so does what comes behind the join. When the table comes from a source that has to give records to one of these as well, that source waits too, and the table never ends. Whether it happens depends on the amount of data and on the moment of a checkpoint, so it is refused. (Where the join shares a chain with the source of its stream only that source stands still.)',
  remedy: 'Read the data twice: give the table a source of its own, as in env.fromSource(…) once for the table and once for the other use.',
});
