import { expect, it } from 'vitest';
import { t } from '../../record/types/t.js';
import { OperatorHarness } from '../../testing/operator-harness.js';
import { intervalJoinOperator } from './interval-join.js';

const join = intervalJoinOperator({
  keyOf1: () => 'k', keyOf2: () => 'k', keyType: t.string, lowerMs: 0, upperMs: 10, lowerInclusive: true, upperInclusive: true,
  join: (left: unknown, right: unknown, _times, out) => out.collect(`${String(left)}${String(right)}`),
});

it('R29 an element waits for partners up to its bound and not at it: that watermark has let it go', async () => {
  for (const [watermark, joined] of [[19, ['lr']], [20, []]] as const) {
    const harness = await OperatorHarness.open(join, { inputs: 2 });
    harness.element('l', 10, 0);
    for (const input of [0, 1]) harness.watermark(watermark, input);
    harness.element('r', 20, 1);
    expect(harness.values).toEqual(joined);
    await harness.close();
  }
});

it('R29 an element that comes at its own bound still meets those that come before the next watermark', async () => {
  const harness = await OperatorHarness.open(join, { inputs: 2 });
  for (const input of [0, 1]) harness.watermark(20, input);
  harness.element('r', 20, 1);
  harness.element('l', 20, 0);
  expect(harness.values).toEqual(['lr']);
});
