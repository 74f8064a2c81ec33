import { defineError, type ErrorKind } from '../base/errors.js';

/** 2101: text that is no JSON. */
export const JsonMalformed: ErrorKind = defineError({
  code: 'MR-2101',
  title: 'JSON is malformed',
  explanation: 'A record is no complete JSON value. Each line (or message) must hold exactly one.',
  remedy: "Mend the record at its source. To go on without such records give the format onError: 'skip' or 'deadLetter'.",
});

/** 2102: nesting beyond the limit. */
export const JsonTooDeep: ErrorKind = defineError({
  code: 'MR-2102',
  title: 'JSON is nested too deep',
  explanation:
    'A record is nested deeper than the limit (128 unless set). Such values can be parsed, but then neither be copied to another thread nor stored, so the job would fail on each attempt to recover.',
  remedy: "Flatten the record at its source or raise maxDepth of the format; onError: 'skip' or 'deadLetter' goes on without it.",
});

/** 2103: a record that its schema refuses. */
export const SchemaMismatch: ErrorKind = defineError({
  code: 'MR-2103',
  title: 'Record does not fit its schema',
  explanation: 'The record was decoded, but the schema of the format refused it.',
  remedy: "Mend the record at its source or the schema; onError: 'skip' or 'deadLetter' goes on without such records.",
});

/** 2105: a value JSON cannot say. */
export const JsonNotEncodable: ErrorKind = defineError({
  code: 'MR-2105',
  title: 'Value cannot be written as JSON',
  explanation: 'JSON has no way to write NaN, the infinities, undefined at the top, functions, symbols, invalid dates or values that contain themselves. Leaving them out would lose data silently.',
  remedy: 'Map the record to one that JSON can say before the sink, e.g. null for a number that is not known.',
});

/** 2106: settings of a format that cannot be. */
export const FormatOptionInvalid: ErrorKind = defineError({
  code: 'MR-2106',
  title: 'Option of a format is not valid',
  explanation: 'A format was made with settings that contradict each other or are out of range.',
  remedy: 'Correct the setting that the message names.',
});

/** 2107: text that is no CSV of the declared columns. */
export const CsvMalformed: ErrorKind = defineError({
  code: 'MR-2107',
  title: 'CSV record is malformed',
  explanation: 'A record has another number of fields than there are columns, a quote in the wrong place, or a field that is no value of its type.',
  remedy: "Mend the record at its source, or the columns, delimiter or types of the format; onError: 'skip' or 'deadLetter' goes on without such records.",
});

/** 2108: a value CSV cannot hold. */
export const CsvNotEncodable: ErrorKind = defineError({
  code: 'MR-2108',
  title: 'Value cannot be written as CSV',
  explanation: 'A CSV field is a text, number, boolean, bigint or date. Nested values, and fields that are no column, have no place in it.',
  remedy: 'Map the record to flat columns before the sink, or write JSON.',
});

/** 2109: a value the raw format cannot write. */
export const RawNotEncodable: ErrorKind = defineError({
  code: 'MR-2109',
  title: 'Value cannot be written raw',
  explanation: "raw('string') writes strings and raw('bytes') Uint8Arrays, each record as one line. Another value has no raw bytes, and a line feed inside would read back as two records.",
  remedy: 'Map the record to a string (or bytes) without line feeds before the sink, or write JSON.',
});

/** 2110: the timestamp field is no timestamp. */
export const TimestampFieldInvalid: ErrorKind = defineError({
  code: 'MR-2110',
  title: 'Timestamp field is not a timestamp',
  explanation: 'The format was told to take the event time from a field, and the record has no whole number of epoch milliseconds there.',
  remedy: "Check the name of the field and its unit; onError: 'skip' or 'deadLetter' goes on without such records.",
});

/** 2111: what is no CloudEvent. */
export const CloudEventInvalid: ErrorKind = defineError({
  code: 'MR-2111',
  title: 'CloudEvent is not valid',
  explanation:
    'CloudEvents 1.0 asks for specversion "1.0", id, source and type as texts that are not empty, a time as in RFC 3339, and names of extensions of lower-case letters and digits. An event that lacks this would be refused or misread by the next who gets it.',
  remedy: "Mend the event where it is made; onError: 'skip' or 'deadLetter' goes on without such events.",
});

/** 2112: what is no change of a row. */
export const ChangeMalformed: ErrorKind = defineError({
  code: 'MR-2112',
  title: 'Change of a row is malformed',
  explanation: 'A record of change data capture lacks the row before or after the change, or names a change that is none of a row (such as the emptying of a table, after which rows are gone that no record names).',
  remedy: "Let the capture write whole rows (PostgreSQL: REPLICA IDENTITY FULL; MySQL: binlog_row_image=FULL), or read as upsert: true; onError: 'skip' or 'deadLetter' goes on without such records.",
});
