import { defineError, type ErrorKind } from '../base/errors.js';

/** 1501: a decoder failed with an error of its own. */
export const DecoderFailed: ErrorKind = defineError({
  code: 'MR-1501',
  title: 'Decoder failed',
  explanation: 'A format threw an error without a code while it decoded a record. The record may be malformed, or the format has a bug.',
  remedy: "Look at the record and the error; a source can also go on without such records: onError: 'skip' or 'deadLetter'.",
});

/** 1502: a record above the limit. */
export const RecordTooLarge: ErrorKind = defineError({
  code: 'MR-1502',
  title: 'Record is too large',
  explanation:
    'A record is longer than the limit of the source (16 MiB unless set). Usually a separator is missing, so that the rest of the input looks like one record. Without a limit such an input would fill the memory.',
  remedy: 'Check that the input has the separators the format expects; raise maxRecordBytes of the source where records really are this large.',
});

/** 1503: bytes that are no text. */
export const TextInvalid: ErrorKind = defineError({
  code: 'MR-1503',
  title: 'Text is not valid UTF-8',
  explanation: 'The bytes of a record are no valid UTF-8. Decoding them all the same would silently put other characters in their place.',
  remedy: "Check how the input was written; for Western single-byte text give the source encoding: 'latin1'.",
});

/** 1504: a rate that is none. */
export const RateInvalid: ErrorKind = defineError({
  code: 'MR-1504',
  title: 'Rate is not a positive number',
  explanation: 'A rate is how many records per second a source hands out over all its subtasks.',
  remedy: 'Give a number above 0, e.g. rate: 1000, or leave it out for no limit.',
});

/** 1505: a schema that answers later. Never skipped: no record at all can be decoded. */
export const SchemaAsynchronous: ErrorKind = defineError({
  code: 'MR-1505',
  title: 'Schema validates asynchronously',
  explanation: 'The validator returned a promise. Records are decoded synchronously, because a promise per record would make reading many times slower.',
  remedy: 'Take the asynchronous checks out of the schema and do them in an asyncMap after the source.',
});

/** 1506: a head that does not fit. Never skipped: every record after it would be read wrongly. */
export const HeaderInvalid: ErrorKind = defineError({
  code: 'MR-1506',
  title: 'Header does not fit',
  explanation: 'The header at the beginning of a file lacks a column that the format needs, or has one twice. No record of the file can be read without it.',
  remedy: 'Correct the header, or the columns or types of the format.',
});

/** 1507: a word for bad records that means nothing. */
export const DecodePolicyInvalid: ErrorKind = defineError({
  code: 'MR-1507',
  title: 'onError is no way to treat bad records',
  explanation: "onError of a format says what happens to a record that cannot be decoded. A word that means nothing must not drop records in silence, so no record is read.",
  remedy: "Say onError: 'fail', 'skip' or 'deadLetter', or leave it out.",
});

/** 1508: a checkpoint of another enumerator. Beginning from the start instead would read everything twice. */
export const EnumeratorStateUnknown: ErrorKind = defineError({
  code: 'MR-1508',
  title: 'Source cannot go on from this checkpoint',
  explanation: 'What the checkpoint or savepoint holds of the source was not written by the enumerator that the source has now: the source deals its input out in another way than it did. It cannot be told what has been read.',
  remedy: 'Run the job with the source as it was when the savepoint was taken, or give the source another uid and let it begin at its start.',
});
