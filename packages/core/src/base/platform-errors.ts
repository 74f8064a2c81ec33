import { defineError, type ErrorKind } from './errors.js';

/** 2801: nothing at the path. */
export const FileNotFound: ErrorKind = defineError({
  code: 'MR-2801',
  title: 'File not found',
  explanation: 'A file or directory that was asked for does not exist, or a folder on the way to it does not.',
  remedy: 'Check the spelling of the path and the directory the command was started in.',
});

/** 2802: the process may not do this at the path. */
export const FileAccessDenied: ErrorKind = defineError({
  code: 'MR-2802',
  title: 'File access denied',
  explanation: 'The user the process runs as has no permission for this operation on the file or directory.',
  remedy: 'Give the user of the process the permission, or choose a path it owns.',
});

/** 2803: no room left. */
export const DiskFull: ErrorKind = defineError({
  code: 'MR-2803',
  title: 'Disk full',
  explanation: 'The file system, or the quota of the user, has no room left for what had to be written.',
  remedy: 'Free space on the file system that holds the path, or choose a path on another one.',
});

/** 2804: the file system takes no writes. */
export const FileSystemReadOnly: ErrorKind = defineError({
  code: 'MR-2804',
  title: 'File system is read-only',
  explanation: 'The path lies on a file system that is mounted for reading only.',
  remedy: 'Choose a path on a writable file system.',
});

/** 2805: the name is taken. */
export const FileExists: ErrorKind = defineError({
  code: 'MR-2805',
  title: 'File exists already',
  explanation: 'A name was to be created that must not exist yet, so that nothing is overwritten.',
  remedy: 'Choose another name, or remove the existing file when it is certain that nobody needs it.',
});

/** 2806: a file where a directory is needed, a directory where a file is needed, or a directory that is not empty. */
export const WrongFileKind: ErrorKind = defineError({
  code: 'MR-2806',
  title: 'Not the right kind of file',
  explanation: 'A directory is where a file is needed, or the other way round, or a directory to be replaced is not empty.',
  remedy: 'Check the path; for a folder give its name, for a file the name of the file in it.',
});

/** 2807: the device or the system failed. */
export const FileInputOutputFailed: ErrorKind = defineError({
  code: 'MR-2807',
  title: 'Reading or writing a file failed',
  explanation: 'The system reported an error of the device, or one that has no better code, for a file operation. What was being written cannot be trusted.',
  remedy: 'Look at the state of the disk and the log of the system; the job can be started again from its last checkpoint.',
});

/** 2808: no more open files allowed. */
export const TooManyOpenFiles: ErrorKind = defineError({
  code: 'MR-2808',
  title: 'Too many open files',
  explanation: 'The process, or the whole system, reached its limit of open files and sockets.',
  remedy: 'Raise the limit (`ulimit -n`), or lower the parallelism or the number of files open at once.',
});

/** 2809: the path itself cannot be used. */
export const PathUnusable: ErrorKind = defineError({
  code: 'MR-2809',
  title: 'Path cannot be used',
  explanation: 'The path is too long, runs in a circle of symbolic links, holds a character that file names cannot have, or crosses file systems where it must not.',
  remedy: 'Use a shorter and direct path on one file system.',
});

/** 2810: packed data are broken or stop early. */
export const CompressedDataDamaged: ErrorKind = defineError({
  code: 'MR-2810',
  title: 'Compressed data are damaged',
  explanation: 'The data are no gzip data, stop in the middle, or fail their own checksum.',
  remedy: 'Check that the file was copied completely (`gzip -t FILE`) and get it again where it was not.',
});

/** 2811: unpacked data exceed the limit. */
export const CompressedDataTooLarge: ErrorKind = defineError({
  code: 'MR-2811',
  title: 'Compressed data unpack to too much',
  explanation: 'Unpacking was stopped at its limit: a few bytes can be made to unpack to gigabytes.',
  remedy: 'Check where the data come from; raise the limit where they are right.',
});

/** 2812: sealed data do not open. */
export const SealBroken: ErrorKind = defineError({
  code: 'MR-2812',
  title: 'Sealed data cannot be opened',
  explanation: 'Encrypted data failed their authentication: another key, another place, or changed bytes.',
  remedy: 'Use the key the data were written with; if it is the right one, the data were changed and must not be used.',
});

/** 2813: a message that cannot be copied to another thread. */
export const MessageNotCloneable: ErrorKind = defineError({
  code: 'MR-2813',
  title: 'Message cannot be sent to another thread',
  explanation: 'Threads share no objects, so a message is copied, and functions, symbols and some native objects cannot be.',
  remedy: 'Send plain data.',
});

/** 2814: a thread ran out of memory. */
export const ThreadOutOfMemory: ErrorKind = defineError({
  code: 'MR-2814',
  title: 'Thread ran out of memory',
  explanation: 'A worker thread reached the limit of its heap and was stopped by the runtime.',
  remedy: 'Raise the memory limit of the workers, spread the work over more of them, or keep less state in memory.',
});

/** 2815: no connection, or it broke. */
export const ConnectionFailed: ErrorKind = defineError({
  code: 'MR-2815',
  title: 'Connection failed',
  explanation: 'The other side refused, could not be found or reached, or broke the connection.',
  remedy: 'Check that the other side runs and that host and port are right.',
});

/** 2816: nobody answered in time. */
export const ConnectionTimedOut: ErrorKind = defineError({
  code: 'MR-2816',
  title: 'Connection timed out',
  explanation: 'The other side did not answer the attempt to connect within the time allowed.',
  remedy: 'Check host, port and firewall, or allow more time.',
});

/** 2817: the door cannot be opened. */
export const ListenFailed: ErrorKind = defineError({
  code: 'MR-2817',
  title: 'Cannot listen at the address',
  explanation: 'The address is in use by another process, not one of this machine, forbidden to this user, or too long for a unix socket.',
  remedy: 'Choose another port or path, or stop the process that uses it.',
});

/** 2818: a standard stream is closed. */
export const OutputClosed: ErrorKind = defineError({
  code: 'MR-2818',
  title: 'Output is closed',
  explanation: 'The reader of a standard stream is gone, for example the next command of a pipe.',
  remedy: 'Keep the reader open until the job has ended, or write to a file.',
});

/** 2819: a file too large to be read whole. */
export const FileTooLarge: ErrorKind = defineError({
  code: 'MR-2819',
  title: 'File is too large to be read whole',
  explanation: 'The file was to be read in one piece, which is possible up to 2 GiB.',
  remedy: 'Use a smaller file here; data files are read by a file source, which has no such limit.',
});
