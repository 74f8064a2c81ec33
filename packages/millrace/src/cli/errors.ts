import { defineError, type ErrorKind } from '@millrace/core/command';

/** The file named as the job is not there. */
export const JobFileNotFound: ErrorKind = defineError({
  code: 'MR-3001',
  title: 'Job file not found',
  explanation: 'The file that was named as the job does not exist or cannot be read.',
  remedy: 'Give the path of a .ts, .mts, .js or .mjs file, relative to the current directory.',
});

/** The job file, or what it imports, cannot be bundled. */
export const JobDoesNotCompile: ErrorKind = defineError({
  code: 'MR-3002',
  title: 'The job file does not compile',
  explanation: 'The job is bundled before it runs. A syntax error or an import that cannot be found stops that.',
  remedy: 'Mend the place named; install a missing package with npm in the job\'s folder.',
});

/** The module has no job as its default export. */
export const NoJobExported: ErrorKind = defineError({
  code: 'MR-3003',
  title: 'The module exports no job',
  explanation: 'A job is a module whose default export was made by defineJob.',
  remedy: 'End the file with: export default defineJob({ name, build(env) { … } }).',
});

/** The words of the command make no sense. */
export const WrongUse: ErrorKind = defineError({
  code: 'MR-3004',
  title: 'Wrong use of the command',
  explanation: 'The command does not know an option or argument, or misses one.',
  remedy: 'Run the command with --help to see what it takes.',
});

/** A code to be explained does not exist. */
export const UnknownErrorCode: ErrorKind = defineError({
  code: 'MR-3006',
  title: 'Unknown error code',
  explanation: 'No error of this version has the code.',
  remedy: 'Codes look like MR-2101; all of them are listed in the error reference, and by: millrace explain',
});

/** The job module threw while it was loaded. */
export const JobModuleFailed: ErrorKind = defineError({
  code: 'MR-3007',
  title: 'The job module failed while it was loaded',
  explanation: 'The module of the job threw an error at its top level, before any job could be built. A job module has no side effects at top level, since every thread loads it.',
  remedy: 'Mend the error underneath; move what connects, reads or starts something into the functions of the job.',
});

/** The thread that leads the job has ended by itself. */
export const WorkerEnded: ErrorKind = defineError({
  code: 'MR-3008',
  title: 'The thread that led the job has ended',
  explanation: 'The thread that coordinated the job is gone without having said why: the code of the job called process.exit while it was loaded or built, or the thread ran out of memory.',
  remedy: 'Do not call process.exit in a job. For memory, give Node more with --max-old-space-size.',
});

/** No job runs that could be meant. */
export const NoJobRuns: ErrorKind = defineError({
  code: 'MR-3009',
  title: 'No job is running',
  explanation: 'The command speaks to a running job of this user, and there is none: it has ended, runs as another user or on another machine, or was started without a control socket.',
  remedy: 'Start one with: millrace run job.ts. A job of another user or with another TMPDIR can be named by its checkpoint directory.',
});

/** A word means no running job. */
export const JobUnknown: ErrorKind = defineError({
  code: 'MR-3010',
  title: 'No such job is running',
  explanation: 'A job is named by its name, the id of its run, the number of its process, or its checkpoint directory.',
  remedy: 'List the jobs that run with: millrace list',
});

/** A word means several running jobs. */
export const JobAmbiguous: ErrorKind = defineError({
  code: 'MR-3011',
  title: 'Several jobs are meant',
  explanation: 'What was given fits more than one running job, so the command does nothing.',
  remedy: 'Name the job by the id of its run or the number of its process. List them with: millrace list',
});
