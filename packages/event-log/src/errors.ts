import { defineError, type ErrorKind } from '@millrace/core/spi';

export const LogMissing: ErrorKind = defineError({
  code: 'MR-4101',
  title: 'There is no event log in the directory',
  explanation: 'A log is a directory with a file `log.json`; this one has none.',
  remedy: 'Check the path, or create the log first: `millrace log create DIR --partitions N`.',
});

export const LogExists: ErrorKind = defineError({
  code: 'MR-4102',
  title: 'There is a log in the directory already',
  explanation: 'Creating a log never replaces one.',
  remedy: 'Open it, or give the new log a directory of its own.',
});

export const LogFormatUnknown: ErrorKind = defineError({
  code: 'MR-4103',
  title: 'The log has an unknown format',
  explanation: 'Its `log.json` is no description of a log, or was written by a newer version that keeps records in another form.',
  remedy: 'Use the version that wrote it, or a newer one.',
});

export const PartitionInUse: ErrorKind = defineError({
  code: 'MR-4104',
  title: 'Another writer has the partition',
  explanation: 'A partition of a log has one writer at a time, over all processes. The other one is alive, or gave a sign of life in the last seconds.',
  remedy: 'Close the other writer, or write to another partition.',
});

export const WriterFenced: ErrorKind = defineError({
  code: 'MR-4105',
  title: 'A newer writer has taken the partition over',
  explanation: 'This writer was silent for so long that another took its place. What it would write now could be lost or stand twice.',
  remedy: 'Open the partition again; what this writer had not flushed must be appended anew.',
});

export const LogDamaged: ErrorKind = defineError({
  code: 'MR-4106',
  title: 'The log is damaged',
  explanation: 'Bytes that were once safely on the disk do not match their checksum, or are gone. This is no end cut off by a crash, which is mended by itself.',
  remedy: 'Bring the file back from a backup. `millrace log verify DIR` shows what is affected; readers can go on behind it by offset.',
});

export const OffsetRemoved: ErrorKind = defineError({
  code: 'MR-4107',
  title: 'The offset is no longer in the log',
  explanation: 'Retention has removed the records that a reader or a checkpoint wanted to go on from. To go on at the oldest record left would leave some out silently.',
  remedy: 'Keep records for longer (`retentionMs`, `retentionBytes`), or start the reader at `earliest` knowing what is missing.',
});

export const OffsetNotYet: ErrorKind = defineError({
  code: 'MR-4108',
  title: 'The offset is beyond the end of the log',
  explanation: 'A reader or a checkpoint has seen records that the log does not hold: it was replaced, or records that were not forced to the disk were lost with the machine.',
  remedy: 'Check that this is the right log. With `fsync: always` nothing that was flushed can be lost.',
});

export const RecordTooLarge: ErrorKind = defineError({
  code: 'MR-4109',
  title: 'A record is larger than the log allows',
  explanation: 'Records have a limit, so that one of them cannot take all memory of every reader.',
  remedy: 'Make the record smaller, or create the log with a larger `maxRecordBytes`.',
});

export const RecordUnusable: ErrorKind = defineError({
  code: 'MR-4110',
  title: 'A record cannot be kept in a log',
  explanation: 'A timestamp is a whole number of epoch milliseconds; keys, values and the values of headers are bytes, and a value may be null.',
  remedy: 'Round the timestamp, or leave it out. Encode texts, e.g. with new TextEncoder().encode(text).',
});

export const LogSettingInvalid: ErrorKind = defineError({
  code: 'MR-4111',
  title: 'A setting of the log is not valid',
  explanation: 'Settings are checked when a log is created or opened, so that none is silently ignored.',
  remedy: 'Correct the setting that is named.',
});

export const PartitionUnknown: ErrorKind = defineError({
  code: 'MR-4112',
  title: 'The log has no such partition',
  explanation: 'A log has as many partitions as it was created with, numbered from 0.',
  remedy: 'Use a number below the count that `millrace log stat DIR` shows.',
});

export const CommitLost: ErrorKind = defineError({
  code: 'MR-4113',
  title: 'Records that were to be committed are gone',
  explanation: 'A checkpoint names a file with records for the log that were not committed yet, and the file is missing or damaged.',
  remedy: 'Bring the folder `staging` of the log back, or resume from an older checkpoint.',
});

export const WriteFailed: ErrorKind = defineError({
  code: 'MR-4114',
  title: 'Writing to the log failed',
  explanation: 'The disk refused a write or could not force it to the disk. What was flushed before is safe; the writer takes no more, since nobody knows how much of the last write is there.',
  remedy: 'Make room on the disk or repair it, then open the partition again: the torn end is cut off and appending goes on.',
});
