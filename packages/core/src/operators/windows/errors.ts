/** The failures of the window operators: codes 2040 to 2059. */
import { defineError, type ErrorKind } from '../../base/errors.js';

/** 2040: a trigger that cannot merge, on windows that do. */
export const TriggerCannotMerge: ErrorKind = defineError({
  code: 'MR-2040',
  title: 'Trigger cannot be used with merging windows',
  explanation: 'Sessions and other merging windows grow together, and the trigger must then join what it kept for each of them. This trigger has no onMerge.',
  remedy: 'Use a trigger that can merge (event time, processing time, count, continuous), or give your own trigger an onMerge.',
});

/** 2041: per-window state on windows that merge. */
export const WindowStateCannotMerge: ErrorKind = defineError({
  code: 'MR-2041',
  title: 'Merging windows have no state of their own',
  explanation: 'A process window function declares windowState, but its windows merge, and nobody could say how the states of merged windows become one.',
  remedy: 'Keep it in `state`, which belongs to the key and is shared by its windows, or use windows that do not merge.',
});

/** 2042: an aggregate without merge, on windows that merge. */
export const AggregateCannotMerge: ErrorKind = defineError({
  code: 'MR-2042',
  title: 'Aggregate cannot merge',
  explanation: 'Sessions and other merging windows grow together, and their accumulators with them. The aggregate function has no merge.',
  remedy: 'Give the aggregate function merge(accumulator, other), which takes the other accumulator into the first.',
});

/** 2043: settings of a window that contradict each other. */
export const WindowSettingInvalid: ErrorKind = defineError({
  code: 'MR-2043',
  title: 'Window setting is invalid',
  explanation: 'The settings of a window contradict each other: a lateness is a number of milliseconds from 0, and a window that collects its elements needs a function that takes them.',
  remedy: 'Look at the reference of windows for what goes together.',
});

/** 2044: stored windows that the job's windows cannot take over. */
export const StoredWindowsDoNotFit: ErrorKind = defineError({
  code: 'MR-2044',
  title: 'Stored windows do not fit the job',
  explanation: 'The size, slide or offset of the windows was changed since the checkpoint, and the stored parts of windows cannot be put together to the new ones.',
  remedy: 'Restore with the old windows, or give the operator another uid so that it starts empty.',
});

/** 2045: an evictor that did not return a list. */
export const EvictorResultInvalid: ErrorKind = defineError({
  code: 'MR-2045',
  title: 'Evictor returned no list',
  explanation: 'evictBefore and evictAfter return the elements that stay, in order. Without a list the contents of the window would be lost.',
  remedy: 'Return an array of the elements that stay; return the given one to keep all.',
});

/** 2046: an accumulator that no codec can carry. */
export const AccumulatorNotSendable: ErrorKind = defineError({
  code: 'MR-2046',
  title: 'Accumulator cannot be sent',
  explanation:
    'Before an exchange, records of one key are added up where they are, and what the aggregate has made of them is sent to the window and kept in its state. Functions, symbols, promises and instances of classes can be neither sent nor kept. Where the first accumulators of an aggregate are such values, records are sent one by one instead; this one came later.',
  remedy: 'Let create() and add() of the aggregate make plain values: numbers, strings, arrays, plain objects, maps and sets.',
});
