import { defineError, type ErrorKind } from '../base/errors.js';

/** 2501: no input. */
export const InputNotFound: ErrorKind = defineError({
  code: 'MR-2501',
  title: 'No input file found',
  explanation: 'The path of a file source leads to no file: it is misspelled, the pattern matches nothing, or the directory holds no files (names that begin with a dot or underscore do not count).',
  remedy: 'Check the path and the directory the command was started in. For a directory that files will come into later, give watch: true.',
});

/** 2502: input that cannot be read. */
export const InputUnreadable: ErrorKind = defineError({
  code: 'MR-2502',
  title: 'Input file cannot be read',
  explanation: 'An input file of a file source exists but cannot be opened or read.',
  remedy: 'Look at the reason below; often the user of the process lacks the permission to read the file.',
});

/** 2503: settings of a connector that cannot be. */
export const ConnectorOptionInvalid: ErrorKind = defineError({
  code: 'MR-2503',
  title: 'Option of a source or sink is not valid',
  explanation: 'A source or sink was made with settings that contradict each other or are out of range.',
  remedy: 'Correct the setting that the message names.',
});

/** 2504: a file that is another than at the checkpoint. */
export const InputChanged: ErrorKind = defineError({
  code: 'MR-2504',
  title: 'Input file changed',
  explanation: 'The job goes on from a place in an input file which the file no longer has: it became shorter since. Reading on would silently give other records.',
  remedy: 'Put the file back as it was, or start the job afresh (--resume none).',
});

/** 2505: output that is there already. */
export const OutputNotEmpty: ErrorKind = defineError({
  code: 'MR-2505',
  title: 'Output directory is not empty',
  explanation: 'The directory of a file sink holds files and the job does not go on from a checkpoint. Writing into it would mix the output of two runs.',
  remedy: "Choose an empty directory, or say what is to happen: existing: 'append' keeps the files, existing: 'replace' removes the part files of earlier runs.",
});

/** 2506: output that cannot be written. */
export const OutputUnwritable: ErrorKind = defineError({
  code: 'MR-2506',
  title: 'Output cannot be written',
  explanation: 'A file sink could not make, write, or rename a file in its directory. Nothing of what was not yet committed is visible.',
  remedy: 'Look at the reason below: permissions, a full disk, or a path that is no directory.',
});

/** 2507: committed output that is gone. */
export const OutputLost: ErrorKind = defineError({
  code: 'MR-2507',
  title: 'Output file is lost',
  explanation: 'A file that a checkpoint promised to commit is neither in its hidden nor its final place. Somebody removed or renamed it.',
  remedy: 'Restore the file from a backup, or start the job afresh; never touch hidden files of a job that can be resumed.',
});

/** 2508: a partition path that leads elsewhere. */
export const PartitionInvalid: ErrorKind = defineError({
  code: 'MR-2508',
  title: 'Partition is not a path inside the output',
  explanation: 'partitionBy gave something else than a relative path of plain folder names. Data must not decide where on the disk files are written.',
  remedy: "Return a path like 'dt=2026-01-31/hm=1200'; replace slashes and leading dots in values that come from data.",
});

/** 2509: a user's function of a connector failed. */
export const ConnectorFunctionFailed: ErrorKind = defineError({
  code: 'MR-2509',
  title: 'Function of a source or sink failed',
  explanation: 'A function that was given to a source or sink threw an error or its promise was rejected.',
  remedy: 'Look at the error below: it comes from the function.',
});

/** 2510: a socket source that cannot connect. */
export const SocketSourceFailed: ErrorKind = defineError({
  code: 'MR-2510',
  title: 'Socket source lost its connection',
  explanation: 'The source could not connect to its server, or lost the connection, and the attempts to connect again are spent.',
  remedy: 'Check that the server runs and that host and port are right; raise reconnect of the source where outages are longer.',
});

/** 2511: somebody else's file where ours is to be. */
export const OutputTaken: ErrorKind = defineError({
  code: 'MR-2511',
  title: 'Output file exists already',
  explanation: 'A file that was to be committed has a name that another file has taken: two jobs or two sinks write into one directory, or files were put there by hand.',
  remedy: 'Give each sink a directory of its own.',
});
