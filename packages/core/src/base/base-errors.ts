import { defineError, type ErrorKind } from './errors.js';

/** 1001: a reader ran past the end of its bytes. */
export const BytesExhausted: ErrorKind = defineError({
  code: 'MR-1001',
  title: 'Data end too early',
  explanation: 'Encoded data stop before the value they announce is complete: a short or torn file, or data of another format.',
  remedy: 'Use an undamaged copy of the data; a checkpoint falls back to an older one.',
});

/** 1002: bytes that no writer makes. */
export const BytesMalformed: ErrorKind = defineError({
  code: 'MR-1002',
  title: 'Data are malformed',
  explanation: 'Encoded data hold a byte sequence that no writer makes: they are damaged, or of another format or version.',
  remedy: 'Use an undamaged copy of the data, written by a version that this one can read.',
});

/** 1003: a value too large for one buffer. */
export const BytesTooLarge: ErrorKind = defineError({
  code: 'MR-1003',
  title: 'Value is too large to encode',
  explanation: 'Encoding a value passed the largest buffer there is. Such a value is nearly always a collection that grows without end.',
  remedy: 'Keep less in one value: use map or list state, a TTL, or smaller records.',
});

/** 1004: not a duration. */
export const DurationInvalid: ErrorKind = defineError({
  code: 'MR-1004',
  title: 'Not a duration',
  explanation: 'A duration is a number and a unit, such as `10 s`, `10s`, `1.5 h` or `200 ms`, or in code a number of milliseconds. It is finite and not negative.',
  remedy: 'Write a number and one of the units ms, s, min, h, d.',
});

/** 1005: an option nobody knows. */
export const OptionUnknown: ErrorKind = defineError({
  code: 'MR-1005',
  title: 'Unknown option',
  explanation: 'An option was given that is not in the option table, so it would have no effect.',
  remedy: 'Check the spelling against the reference of options.',
});

/** 1006: an option with a value it cannot have. */
export const OptionInvalid: ErrorKind = defineError({
  code: 'MR-1006',
  title: 'Option has an invalid value',
  explanation: 'The value given for an option is not of its type or outside its range.',
  remedy: 'Give a value as the reference of options describes it.',
});

/** 1007: a path that leads out of its root. */
export const PathOutside: ErrorKind = defineError({
  code: 'MR-1007',
  title: 'Path leads outside its directory',
  explanation: 'A path that came from outside the program must stay inside one directory, also after symbolic links are followed.',
  remedy: 'Give a relative path without `..` that stays inside the directory.',
});

/** 1008: a secret that is not there. */
export const SecretMissing: ErrorKind = defineError({
  code: 'MR-1008',
  title: 'Secret is not set',
  explanation: 'A secret is read from an environment variable when it is needed, and that variable is not set or empty.',
  remedy: 'Set the environment variable for the process that runs the job.',
});

/** 1009: a metric name used twice. */
export const MetricNameTaken: ErrorKind = defineError({
  code: 'MR-1009',
  title: 'Metric name is taken',
  explanation: 'Two metrics of different kinds were registered under one name in one group, so one of them would be invisible.',
  remedy: 'Give the second metric another name, or a group of its own.',
});
