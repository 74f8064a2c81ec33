import { defineError, type ErrorKind } from '../base/errors.js';

/** 1201: an aggregate met a field it cannot work with. */
export const AggregateFieldInvalid: ErrorKind = defineError({
  code: 'MR-1201',
  title: 'Field cannot be aggregated',
  explanation:
    'sum and avg add numbers or bigints, min and max compare numbers, bigints or strings, countDistinct counts values that can be keys. Any other value, a missing field or a mixture would give a wrong result without a sign.',
  remedy: 'Filter such records out or convert the field before the aggregation.',
});

/** 1202: a watermark strategy that makes no sense. */
export const WatermarkStrategyInvalid: ErrorKind = defineError({
  code: 'MR-1202',
  title: 'Watermark strategy is invalid',
  explanation: 'A part of a watermark strategy is not of its type: the timestamp function, the generator factory, or one of the options idleness, alignment and interval.',
  remedy: 'Compare the call with the reference of watermark strategies.',
});
