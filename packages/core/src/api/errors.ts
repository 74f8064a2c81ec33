import { defineError, type ErrorKind } from '../base/errors.js';

/** A stream was combined with one of another environment. */
export const ForeignStream: ErrorKind = defineError({
  code: 'MR-2601',
  title: 'Stream of another environment',
  explanation: 'Streams can be combined only within the environment they were made in: each environment builds one job.',
  remedy: 'Make both streams from the same environment.',
});

/** A job has nothing that takes its results. */
export const JobWithoutSink: ErrorKind = defineError({
  code: 'MR-2602',
  title: 'The job has no sink',
  explanation: 'A job whose records go nowhere would read its whole input for nothing, which is nearly always a forgotten sink.',
  remedy: 'End a stream with sinkTo(…), print() or forEach(…); sinkTo(discardSink()) says that nothing is wanted.',
});

/** A stateful operator has no uid although the job is strict. */
export const UidMissing: ErrorKind = defineError({
  code: 'MR-2603',
  title: 'Stateful operator without a uid',
  explanation: 'State is kept under the uid of its operator. One that is derived from the graph changes when an operator is put before it, and the state is lost. In strict mode every operator with state needs a uid of its own.',
  remedy: 'Give the operator a uid in its options: { uid: \'totals\' }.',
});

/** A side output was asked for that the operation does not have. */
export const SideOutputUnknown: ErrorKind = defineError({
  code: 'MR-2604',
  title: 'Unknown side output',
  explanation: 'A side output must be declared by the function (sideOutputs) or the window (lateOutput) that fills it.',
  remedy: 'Use one of the declared names, or declare this one.',
});

/** A setting was given to something that has no operator of its own. */
export const NothingToConfigure: ErrorKind = defineError({
  code: 'MR-2605',
  title: 'No operator to configure',
  explanation: 'union(), side() and the partitioners only say how records travel; there is no operator that could have a name, a uid or a parallelism.',
  remedy: 'Put the setting on the operation before or after it.',
});

/** An operation that cannot be parallel was given a parallelism. */
export const ParallelismFixed: ErrorKind = defineError({
  code: 'MR-2606',
  title: 'The operation is not parallel',
  explanation: 'An operation over all elements of a stream (windowAll, mergeByTime), or a source that cannot be divided, runs in exactly one instance.',
  remedy: 'Leave the parallelism out, or use the keyed form of the operation.',
});

/** A parallelism or a similar setting is out of range. */
export const SettingInvalid: ErrorKind = defineError({
  code: 'MR-2607',
  title: 'Invalid setting',
  explanation: 'A setting of an operation or of the environment has a value that it cannot have.',
  remedy: 'Give a value of the kind the message names.',
});

/** What should be a function (or a class, or an object with methods) is something else. */
export const FunctionInvalid: ErrorKind = defineError({
  code: 'MR-2608',
  title: 'Not a function',
  explanation: 'An operation was given something that it cannot call.',
  remedy: 'Give a function, an object with the methods that the message names, a class, or perSubtask(() => …).',
});

/** A key choice is neither a field nor a function. */
export const KeyChoiceInvalid: ErrorKind = defineError({
  code: 'MR-2609',
  title: 'Invalid key',
  explanation: 'A key is chosen by the name of a field, the position in a tuple, several of those, or a function.',
  remedy: 'Use keyBy(\'field\'), keyBy(0), keyBy(\'a\', \'b\') or keyBy((value) => …).',
});

/** A record has no value in the field it is keyed by. */
export const KeyFieldMissing: ErrorKind = defineError({
  code: 'MR-2610',
  title: 'Key field is missing',
  explanation: 'Records are dealt out by their key, so every record needs one; null and undefined are no keys.',
  remedy: 'Filter such records out before keyBy, or key by a function that gives them a key of their own.',
});

/** execute() was called where the job is run by somebody else. */
export const ExecuteInWorker: ErrorKind = defineError({
  code: 'MR-2611',
  title: 'execute() inside a worker',
  explanation: 'Every worker imports the job\'s module to build the graph. A module that also starts the job would start it once more in each worker.',
  remedy: 'Make the module\'s default export defineJob({ … build(env) { … } }), without execute(), and start it with `millrace run` or job.run(). A script that is to execute itself is started by Node.',
});

/** build() of a job gave a promise. */
export const BuildIsAsync: ErrorKind = defineError({
  code: 'MR-2612',
  title: 'build() is asynchronous',
  explanation: 'build() only describes the job and is called once per thread; what has to wait belongs into a source, a sink, or the open() of a function.',
  remedy: 'Make build() synchronous.',
});

/** A job argument was given that is not declared. */
export const ArgumentUnknown: ErrorKind = defineError({
  code: 'MR-2613',
  title: 'Unknown job argument',
  explanation: 'The job does not declare an argument of this name.',
  remedy: 'Use a declared argument; the message lists them.',
});

/** A job argument is missing. */
export const ArgumentMissing: ErrorKind = defineError({
  code: 'MR-2614',
  title: 'Missing job argument',
  explanation: 'The job declares an argument that is neither optional nor has a default.',
  remedy: 'Give the argument: on the command line behind `--`, in a program in the `args` of run().',
});

/** A job argument has a value that does not fit its declaration. */
export const ArgumentInvalid: ErrorKind = defineError({
  code: 'MR-2615',
  title: 'Invalid job argument',
  explanation: 'The value of a job argument does not fit its declaration.',
  remedy: 'Give a value of the declared kind.',
});

/** A job declaration is not complete. */
export const JobInvalid: ErrorKind = defineError({
  code: 'MR-2616',
  title: 'Invalid job declaration',
  explanation: 'defineJob takes { name, args?, build }: a name that is not empty, declared arguments, and a function that builds the graph.',
  remedy: 'Complete the declaration as the message says.',
});

/** A watermark strategy or trigger cannot be used here. */
export const WindowInvalid: ErrorKind = defineError({
  code: 'MR-2617',
  title: 'Invalid window',
  explanation: 'The settings of a window contradict each other.',
  remedy: 'Change the setting that the message names.',
});

/** Something that is no source, sink or assigner was given for one. */
export const ConnectorInvalid: ErrorKind = defineError({
  code: 'MR-2618',
  title: 'Not a source or sink',
  explanation: 'fromSource takes what a source function such as fileSource() made, sinkTo what a sink function such as fileSink() made.',
  remedy: 'Pass the result of a source or sink function, or an object that implements the Source or Sink contract.',
});

/** An environment was executed that was executed before. */
export const EnvironmentSpent: ErrorKind = defineError({
  code: 'MR-2619',
  title: 'The environment has been executed already',
  explanation: 'execute() takes everything that was defined since the environment was made. Calling it a second time would run the same job again, with the same sinks.',
  remedy: 'Make a new environment with StreamEnvironment.create() for each job.',
});

/** The join of an interval is empty. */
export const IntervalInvalid: ErrorKind = defineError({
  code: 'MR-2620',
  title: 'Invalid interval',
  explanation: 'An interval join takes { between: [lower, upper] }: two durations, each of which may be negative, with lower not above upper.',
  remedy: 'Give the smaller bound first, e.g. between: [\'-5 s\', \'10 s\'].',
});

export const DeadLettersNotPossible: ErrorKind = defineError({
  code: 'MR-2621',
  title: 'An operation gives no dead letters',
  explanation: 'Only sources, map, filter and flatMap can give up a record and go on: what they do with one has no effect on the next. A function with state or timers may have done half of its work when it throws.',
  remedy: 'Call deadLetterTo directly behind fromSource, map, filter or flatMap. In a process function, catch the error and use a side output.',
});
