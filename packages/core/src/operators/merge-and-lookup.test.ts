import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TypeInfo } from '../record/types/type-info.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { runOperatorMatrix } from '../testing/operator-matrix.js';
import { lookupJoinOperator } from './lookup-join.js';
import { mergeByTimeOperator } from './merge-by-time.js';

const dynamic: TypeInfo = Object.freeze({ kind: 'dynamic' });

describe('merge by time', () => {
  const merge = () => mergeByTimeOperator({ inputs: 3, type: dynamic });

  it('R35 lets elements leave in event-time order once the watermark has passed them, ties by input, then arrival', async () => {
    const harness = await OperatorHarness.open(merge(), { inputs: 3 });
    for (const [value, timestamp, input] of [['c5', 5, 2], ['a5', 5, 0], ['a3', 3, 0], ['b5', 5, 1], ['a5x', 5, 0], ['c9', 9, 2]] as const) harness.element(value, timestamp, input);
    harness.watermark(20, 0);
    harness.watermark(7, 1);
    expect(harness.values).toEqual([]);
    harness.watermark(8, 2);
    expect(harness.outputs.map(({ value, timestamp }) => [value, timestamp])).toEqual([['a3', 3], ['a5', 5], ['a5x', 5], ['b5', 5], ['c5', 5]]);
    expect(harness.watermarks).toEqual([7]);
    harness.finish();
    expect(harness.values.at(-1)).toBe('c9');
  });

  it('R35 gives the same results in every way it may be run', async () => {
    const script = [5, 2, 9, 2, 7, 7, 1, 12].flatMap((timestamp, i) => [
      { element: `${i}`, timestamp: timestamp + 10 * Math.floor(i / 4), input: i % 3 },
      ...(i % 4 === 3 ? [0, 1, 2].map((input) => ({ watermark: 10 * Math.floor(i / 4) + 9, input })) : []),
    ]);
    await runOperatorMatrix([{ name: 'three inputs', operators: merge, script, options: { inputs: 3 } }]);
  });

  it('R35 agrees with sorting, for any input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 2 })), { maxLength: 40 }), async (events) => {
        const harness = await OperatorHarness.open(merge(), { inputs: 3, refuseOutput: true });
        events.forEach(([timestamp, input], arrival) => harness.element([timestamp, input, arrival], timestamp, input));
        harness.finish();
        const sorted = events.map(([timestamp, input], arrival) => [timestamp, input, arrival]).toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!);
        expect(harness.values).toEqual(sorted);
      }),
      { numRuns: 200 },
    );
  });

  it('gives late elements to the side output, or counts them; refuses those without timestamp', async () => {
    const connected = await OperatorHarness.open(merge(), { inputs: 3, sideOutputs: ['late'] });
    const alone = await OperatorHarness.open(merge(), { inputs: 3, name: 'merged' });
    for (const harness of [connected, alone]) {
      for (const input of [0, 1, 2]) harness.watermark(10, input);
      harness.element('late', 10, 0);
      harness.element('on time', 11, 0);
    }
    expect(connected.sideValues('late')).toEqual(['late']);
    expect(alone.metrics.counter('numLateRecordsDropped').value).toBe(1);
    expect(() => alone.element('no time')).toThrow(/MR-2009.*"merged".*"no time"/);
  });
});

describe('lookup join', () => {
  const join = (value: { user: string | string[] }, row: { name: string } | undefined): unknown => (row === undefined ? undefined : `${String(value.user)}:${row.name}`);
  const factory = () => lookupJoinOperator({ keyOf: (value: { user: unknown }) => value.user, tableKeyOf: (row: { id: unknown }) => row.id, join });

  it('holds the stream until the table is loaded; later rows replace earlier ones; no row, no result', async () => {
    const harness = await OperatorHarness.open(factory(), { inputs: 2 });
    harness.element({ user: 'a' }, 1, 0);
    harness.element({ user: ['b', 1] }, 2, 0);
    harness.element({ user: 'nobody' }, 3, 0);
    harness.element({ id: 'a', name: 'Old' }, undefined, 1);
    harness.element({ id: ['b', 1], name: 'Bob' }, undefined, 1);
    harness.element({ id: 'a', name: 'Ann' }, undefined, 1);
    expect(harness.values).toEqual([]);
    expect(harness.queued).toBe(3);
    harness.endInput(1);
    expect(harness.outputs.map(({ value, timestamp }) => [value, timestamp])).toEqual([['a:Ann', 1], ['b,1:Bob', 2]]);
  });

  it('does not wait again after a restore of a loaded table, and does so of one that was half loaded', async () => {
    const harness = await OperatorHarness.open(factory(), { inputs: 2 });
    harness.element({ id: 'a', name: 'Ann' }, undefined, 1);
    const half = await OperatorHarness.open(factory(), { inputs: 2, restore: [harness.snapshot()] });
    harness.endInput(1);
    const loaded = await OperatorHarness.open(factory(), { inputs: 2, restore: [harness.snapshot()] });
    for (const one of [half, loaded]) one.element({ user: 'a' }, 1, 0);
    expect(half.values).toEqual([]);
    half.endInput(1);
    expect(half.values).toEqual(['a:Ann']);
    expect(loaded.values).toEqual(['a:Ann']);
  });

  it('R41 keeps what comes when the job is stopped before the table is there, and joins it when it has gone on, before event time passes it', async () => {
    const stopped = await OperatorHarness.open(factory(), { inputs: 2 });
    stopped.element({ id: 'a', name: 'Ann' }, undefined, 1);
    stopped.idle(1);
    stopped.element({ user: 'a' }, 1, 0);
    stopped.element({ user: 'b' }, 2, 0);
    stopped.watermark(5, 0);
    stopped.endInput(1, false);
    expect([stopped.values, stopped.watermarks]).toEqual([[], []]);
    const further = await OperatorHarness.open(factory(), { inputs: 2, restore: [stopped.snapshot()] });
    further.element({ user: 'b' }, 3, 0);
    further.element({ id: 'b', name: 'Bob' }, undefined, 1);
    further.watermark(7, 0);
    further.endInput(1);
    expect(further.outputs.map(({ value, timestamp }) => [value, timestamp])).toEqual([['a:Ann', 1], ['b:Bob', 2], ['b:Bob', 3]]);
    expect(further.watermarks).toEqual([7]);
    const loaded = await OperatorHarness.open(factory(), { inputs: 2, restore: [further.snapshot()] });
    loaded.element({ user: 'b' }, 4, 0);
    expect(loaded.values).toEqual(['b:Bob']);
  });

  it('gives the same results in every way it may be run', async () => {
    await runOperatorMatrix([
      {
        name: 'lookup',
        operators: factory,
        options: { inputs: 2 },
        routes: ['rebalance', 'broadcast'],
        script: [
          { element: { id: 'a', name: 'Ann' }, input: 1 },
          { element: { id: 'b', name: 'Bob' }, input: 1 },
          { endInput: 1 },
          { element: { user: 'a' }, timestamp: 1 },
          { watermark: 1 },
          { element: { user: 'b' }, timestamp: 2 },
          { element: { user: 'c' }, timestamp: 3 },
        ],
      },
    ]);
  });

  it('says what failed', async () => {
    const harness = await OperatorHarness.open(factory(), { inputs: 2 });
    expect(() => harness.element({ id: null }, 1, 1)).toThrow('MR-1102');
    const throwing = await OperatorHarness.open(lookupJoinOperator({ keyOf: () => 1, tableKeyOf: () => 1, join: () => { throw new Error('no'); } }), { inputs: 2 });
    throwing.endInput(1);
    expect(() => throwing.element(1)).toThrow(/MR-2001.*the join function/);
  });
});
