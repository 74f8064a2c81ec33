import { expect, it } from 'vitest';
import { count } from '../../functions/aggregates.js';
import { sessionEventTime, slidingEventTime, tumblingEventTime } from '../../functions/window-assigners.js';
import type { WindowAssigner } from '../../functions/window.js';
import { t } from '../../record/types/t.js';
import { OperatorHarness } from '../../testing/operator-harness.js';
import { genericWindowOperator, windowOperator } from './window-operator.js';
import type { WindowSpec } from './window-spec.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });

/** Windows that list the numbers of each pair, by a key function that gives what `keyOf` makes of a record. */
function spec(assigner: WindowAssigner<unknown>, keyOf: (value: unknown) => unknown, settings: Partial<WindowSpec> = {}): WindowSpec {
  return {
    assigner,
    keyOf,
    keyType: t.tuple(t.number, t.number),
    elementType: DYNAMIC,
    accumulatorType: DYNAMIC,
    allowedLatenessMs: 0,
    lateOutput: undefined,
    function: { kind: 'process' },
    result: { kind: 'process', fn: { process: (elements, { key }, out) => out.collect([...(key as number[]), [...elements].length]) } },
    sideOutputs: [],
    ...settings,
  };
}

/** Fills one array again for each record, which a key may not be. */
function reusingKey(): (value: unknown) => unknown {
  const key = [0, 0];
  return (value) => {
    key[0] = value as number;
    key[1] = value as number;
    return key;
  };
}

it.each([['as it is', windowOperator], ['by the general operator', genericWindowOperator]])('a key that sessions keep cannot be changed by who gave it, %s (MR-2001)', async (_how, make) => {
  const harness = await OperatorHarness.open(make(spec(sessionEventTime(10), reusingKey())));
  harness.element(1, 5);
  expect(() => harness.element(2, 6)).toThrow(/MR-2001.*read only property/s);
});

it('a key that sliding windows keep for an element behind the last firing cannot be changed by who gave it (MR-2001)', async () => {
  const counted: Partial<WindowSpec> = { function: { kind: 'aggregate', aggregate: count() as never }, result: { kind: 'map', fn: (total, { key }) => [...(key as number[]), total] } };
  const harness = await OperatorHarness.open(windowOperator(spec(slidingEventTime(20, 10), reusingKey(), counted)));
  harness.element(1, 5);
  harness.watermark(10);
  harness.element(2, 6);
  expect(() => harness.element(3, 7)).toThrow(/MR-2001.*read only property/s);
});

it('a pair whose array is filled again is counted by its numbers where nobody keeps the array', async () => {
  const harness = await OperatorHarness.open(windowOperator(spec(tumblingEventTime(10), reusingKey())));
  for (const value of [1, 2, 2, 3]) harness.element(value, value);
  harness.watermark(100);
  expect(harness.values).toEqual([[1, 1, 1], [2, 2, 2], [3, 3, 1]]);
});
