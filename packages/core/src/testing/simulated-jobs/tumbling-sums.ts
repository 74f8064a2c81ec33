import type { OperatorFactory } from '../../operators/operator.js';
import { windowOperator } from '../../operators/windows/window-operator.js';
import type { Reading } from './reading.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });

/** A sum under way. */
export interface Sum {
  sum: number;
}

/** How readings are added up. */
export interface SumAggregate {
  create(): Sum;
  add(total: Sum, reading: Reading): void;
  /** With it, and since sums of whole numbers are exact, senders may reduce records before they send them. */
  merge?(total: Sum, other: Sum): void;
  readonly exact?: true;
}

/** Record by record. */
export const PLAIN_SUM: SumAggregate = {
  create: () => ({ sum: 0 }),
  add: (total, { value }) => void (total.sum += value),
};

/** Also by sums of sums. */
export const MERGED_SUM: SumAggregate = {
  ...PLAIN_SUM,
  merge: (total, other) => void (total.sum += other.sum),
  exact: true,
};

/** Sums of readings per key and tumbling window of event time; `row` makes a row of each. */
export function tumblingSums(sizeMs: number, aggregate: SumAggregate, row: (sum: number, key: unknown, window: { readonly start: number; readonly end: number }) => unknown): OperatorFactory {
  return windowOperator({
    assigner: { kind: 'tumbling', domain: 'event', sizeMs, offsetMs: 0 },
    keyOf: (value: unknown) => (value as Reading).key,
    keyType: DYNAMIC,
    elementType: DYNAMIC,
    accumulatorType: DYNAMIC,
    allowedLatenessMs: 0,
    lateOutput: undefined,
    sideOutputs: [],
    function: { kind: 'aggregate', aggregate },
    result: { kind: 'map', fn: (total, { key, window }) => row((total as Sum).sum, key, window) },
  } as Parameters<typeof windowOperator>[0]);
}
