import { defineError, type ErrorKind } from '../base/errors.js';

/** 2790: a subject of a conformance kit does not conform. */
export const KitExpectationFailed: ErrorKind = defineError({
  code: 'MR-2790',
  title: 'Conformance test failed',
  explanation: 'A source, sink or format that is tested with a conformance kit does not keep its contract. The name of the kit test says which part.',
  remedy: 'Compare the implementation with the contract in the comments of its interface.',
});

/** Throws unless what a kit expects of its subject holds. */
export function expectKit(condition: unknown, expectation: string): asserts condition {
  if (!condition) throw KitExpectationFailed.error({ what: `it should hold that ${expectation}` });
}
