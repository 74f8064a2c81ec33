import { defineError, type ErrorKind } from '../base/errors.js';

/** 1101: a timestamp that is not a number of milliseconds. */
export const TimestampInvalid: ErrorKind = defineError({
  code: 'MR-1101',
  title: 'Timestamp is not a number of milliseconds',
  explanation: 'An event timestamp is a safe integer: milliseconds since 1970-01-01 UTC. Anything else would silently put records into wrong windows.',
  remedy: 'Return epoch milliseconds as a number.',
});

/** 1102: a key without a value. */
export const KeyIsMissing: ErrorKind = defineError({
  code: 'MR-1102',
  title: 'Key is null or undefined',
  explanation: 'Every record of a keyed stream needs a key: it decides the subtask and the state. A missing field would put unrelated records together.',
  remedy: 'Filter such records out before keyBy, or give them a key of their own, e.g. the string "unknown".',
});

/** 1103: NaN as a key. */
export const KeyIsNaN: ErrorKind = defineError({
  code: 'MR-1103',
  title: 'Key is NaN',
  explanation: 'NaN is not equal to itself, so a record with this key belongs nowhere. It nearly always comes from a failed conversion.',
  remedy: 'Look where the number comes from, and filter such records out before keyBy.',
});

/** 1104: a key of a type that cannot be one. */
export const KeyTypeUnsupported: ErrorKind = defineError({
  code: 'MR-1104',
  title: 'Value cannot be a key',
  explanation: 'Keys are strings, numbers, bigints, booleans, and arrays or plain objects of them. Other values have no fixed bytes to be found by.',
  remedy: 'Use a field with one of these types, e.g. the time of a Date as a number, or an id.',
});

/** 1105: a value outside the value domain. */
export const ValueNotSupported: ErrorKind = defineError({
  code: 'MR-1105',
  title: 'Value cannot be kept or sent',
  explanation:
    'Records and state hold plain data: primitives, Date, Map, Set, arrays, plain objects, array buffers and typed arrays, and instances of classes declared with t.class. Functions, symbols, promises, weak collections and other instances would work in one thread and vanish in two.',
  remedy: 'Turn the value into plain data first, or declare its class with t.class.',
});

/** 1106: a value that contains itself. */
export const ValueIsCyclic: ErrorKind = defineError({
  code: 'MR-1106',
  title: 'Value contains itself',
  explanation: 'A record or a state value refers back to itself, so its encoding would have no end.',
  remedy: 'Replace the reference by an id.',
});

/** 1107: a value nested too deeply. */
export const ValueTooDeep: ErrorKind = defineError({
  code: 'MR-1107',
  title: 'Value is nested too deeply',
  explanation: 'Values are nested to 128 levels at most. Deeper ones could be read but then neither sent nor kept.',
  remedy: 'Flatten the value, e.g. into a list of nodes with ids.',
});

/** 1108: a value that is not of its declared type. */
export const ValueNotOfType: ErrorKind = defineError({
  code: 'MR-1108',
  title: 'Value is not of its declared type',
  explanation: 'A value was to be kept with a declared type and does not fit it. Keeping it would lose or change a part of it.',
  remedy: 'Give a value of the declared type, or declare the type as the values are.',
});

/** 1109: encoded values that are damaged. */
export const EncodingMalformed: ErrorKind = defineError({
  code: 'MR-1109',
  title: 'Encoded values are malformed',
  explanation: 'Bytes that should hold encoded records or state do not follow the format: they are damaged or were written by something else.',
  remedy: 'Use an undamaged copy. If both ends run Millrace, make sure that they run the same version.',
});

/** 1110: a frame or blob of a format we do not know. */
export const FormatUnknown: ErrorKind = defineError({
  code: 'MR-1110',
  title: 'Unknown format or version',
  explanation: 'The data do not begin as data of Millrace do, or were written in a version of the format that this version cannot read.',
  remedy: 'Read the data with the version of Millrace that wrote them, or a later one.',
});

/** 1111: a blob whose checksum or size is wrong. */
export const BlobDamaged: ErrorKind = defineError({
  code: 'MR-1111',
  title: 'Stored data are damaged',
  explanation: 'The checksum, the order or the size of a stored blob does not agree with its contents: it was cut short or changed after it was written.',
  remedy: 'Use another copy; a restore falls back to an older checkpoint where that is safe.',
});

/** 1112: a type that cannot be declared like this. */
export const TypeInvalid: ErrorKind = defineError({
  code: 'MR-1112',
  title: 'Type cannot be declared like this',
  explanation: 'A type declaration contradicts itself or describes something that the engine does not know.',
  remedy: 'See the reference of types for what can be declared.',
});
