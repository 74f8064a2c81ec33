import { describe, expect, it } from 'vitest';
import { countEvictor, deltaEvictor, timeEvictor } from '../../functions/evictors.js';
import { continuousEventTimeTrigger, countTrigger, deltaTrigger, eventTimeTrigger, purging } from '../../functions/triggers.js';
import { cumulativeEventTime, globalWindows, sessionEventTime, slidingEventTime, tumblingEventTime } from '../../functions/window-assigners.js';
import type { Trigger, TriggerContext } from '../../functions/window.js';
import { t } from '../../record/types/t.js';
import { state } from '../../state/state-builders.js';
import { OperatorHarness } from '../../testing/operator-harness.js';
import { windowOperator } from './window-operator.js';
import type { AnyProcessWindowFunction, WindowSpec } from './window-spec.js';

interface Item {
  readonly k: string;
  readonly v: number;
}

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });

/** Lists the values of each window, with the key and the window's start. */
const LIST: AnyProcessWindowFunction = {
  process(elements, { key, window }, out) {
    out.collect({ k: key, start: window.start, values: [...elements].map((element) => (element as Item).v) });
  },
};

function spec(settings: Partial<WindowSpec>): WindowSpec {
  return {
    assigner: tumblingEventTime(10),
    keyOf: (value) => (value as Item).k,
    keyType: t.string,
    elementType: DYNAMIC,
    accumulatorType: DYNAMIC,
    allowedLatenessMs: 0,
    lateOutput: undefined,
    function: { kind: 'process' },
    result: { kind: 'process', fn: LIST },
    sideOutputs: [],
    ...settings,
  };
}

const open = (settings: Partial<WindowSpec>): Promise<OperatorHarness> => OperatorHarness.open(windowOperator(spec(settings)));

const results = (harness: OperatorHarness): unknown[] => harness.outputs.map(({ value }) => value);

/** A trigger that notes its calls and does as the element's value says: 1 fire, 2 purge, 3 both, else nothing. */
function notingTrigger(calls: string[]): Trigger<unknown> {
  return {
    name: 'noting',
    onElement(value, _timestamp, _window, context) {
      context.setNumber('seen', (context.getNumber('seen') ?? 0) + 1);
      calls.push(`element ${context.getNumber('seen')}`);
      return (['continue', 'fire', 'purge', 'fireAndPurge'] as const)[(value as Item).v] ?? 'continue';
    },
    onEventTime(time, _window, context: TriggerContext) {
      calls.push(`time ${time} seen ${context.getNumber('seen')}`);
      return 'continue';
    },
    onProcessingTime: () => 'continue',
    clear: (window) => void calls.push(`clear ${window.start}`),
  };
}

describe('R07 firing without contents and purging', () => {
  it('emits nothing when a purged window fires', async () => {
    const harness = await open({ trigger: purging(countTrigger(2)), assigner: globalWindows() });
    for (const v of [1, 2, 3]) harness.element({ k: 'a', v }, v);
    expect(results(harness)).toEqual([{ k: 'a', start: -Infinity, values: [1, 2] }]);
    harness.watermark(1_000_000);
    expect(harness.outputs).toHaveLength(1);
  });

  it('clears contents only: what the trigger keeps, the state of the window and its cleanup stay', async () => {
    const calls: string[] = [];
    const fn: AnyProcessWindowFunction = {
      windowState: { firings: state.value(t.number) },
      process(elements, context, out) {
        const { firings } = context.windowState as unknown as { firings: { value(): number | undefined; update(count: number): void } };
        firings.update((firings.value() ?? 0) + 1);
        out.collect({ values: [...elements].map((element) => (element as Item).v), firing: firings.value() });
      },
    };
    const harness = await open({ trigger: notingTrigger(calls), result: { kind: 'process', fn } });
    harness.element({ k: 'a', v: 3 }, 1);
    harness.element({ k: 'a', v: 2 }, 2);
    harness.element({ k: 'a', v: 1 }, 3);
    expect(results(harness)).toEqual([{ values: [3], firing: 1 }, { values: [1], firing: 2 }]);
    expect(calls).toEqual(['element 1', 'element 2', 'element 3']);
    harness.watermark(9);
    expect(calls.at(-1)).toBe('clear 0');
  });
});

describe('R08 the cleanup of a window', () => {
  it('asks the trigger first, and then drops everything at exactly maxTimestamp + lateness, though the trigger never fired', async () => {
    const calls: string[] = [];
    const harness = await open({ trigger: notingTrigger(calls), allowedLatenessMs: 5 });
    harness.element({ k: 'a', v: 0 }, 1);
    harness.watermark(13);
    expect(calls).toEqual(['element 1']);
    harness.watermark(14);
    expect(calls).toEqual(['element 1', 'time 14 seen 1', 'clear 0']);
    expect(harness.outputs).toEqual([]);
    // A later element of the same span is late: nothing of the window is left to add to.
    harness.element({ k: 'a', v: 1 }, 2);
    expect(harness.outputs).toEqual([]);
  });
});

describe('R11 merging windows', () => {
  const noMerge: Trigger<unknown> = { name: 'mine', onElement: () => 'continue', onEventTime: () => 'continue', onProcessingTime: () => 'continue', clear: () => {} };

  it('refuse a trigger that cannot merge (MR-2040), by its name', () => {
    expect(() => windowOperator(spec({ assigner: sessionEventTime(10), trigger: noMerge }))).toThrow(/MR-2040.*"mine"/s);
    expect(() => windowOperator(spec({ assigner: sessionEventTime(10), trigger: eventTimeTrigger() }))).not.toThrow();
  });

  it('refuse state of their own when it is used (MR-2041), and allow that of the key', async () => {
    const withState = (windowState: boolean): AnyProcessWindowFunction => ({
      ...(windowState ? { windowState: { mine: state.value(t.number) } } : { state: { mine: state.value(t.number) } }),
      process(_elements, context, out) {
        const kept = (windowState ? context.windowState : context.state) as unknown as { mine: { update(value: number): void } };
        kept.mine.update(1);
        out.collect('fired');
      },
    });
    await expect(async () => {
      const harness = await open({ assigner: sessionEventTime(10), result: { kind: 'process', fn: withState(true) } });
      harness.element({ k: 'a', v: 1 }, 1);
      harness.watermark(100);
    }).rejects.toThrow(/MR-2041/);
    const harness = await open({ assigner: sessionEventTime(10), result: { kind: 'process', fn: withState(false) } });
    harness.element({ k: 'a', v: 1 }, 1);
    harness.watermark(100);
    expect(results(harness)).toEqual(['fired']);
  });

  it('refuse an aggregate without merge (MR-2042)', async () => {
    const aggregate = { create: () => ({ sum: 0 }), add: (sum: { sum: number }, value: Item) => void (sum.sum += value.v) };
    await expect(async () => open({ assigner: sessionEventTime(10), function: { kind: 'aggregate', aggregate: aggregate as never }, result: { kind: 'map', fn: (sum) => sum } })).rejects.toThrow(/MR-2042/);
  });
});

describe('R14 triggers and evictors at their limits', () => {
  it('a count trigger fires at n and counts anew', async () => {
    const harness = await open({ trigger: countTrigger(2) });
    for (const v of [1, 2, 3, 4]) harness.element({ k: 'a', v }, v);
    expect(results(harness)).toEqual([{ k: 'a', start: 0, values: [1, 2] }, { k: 'a', start: 0, values: [1, 2, 3, 4] }]);
  });

  it('a continuous trigger fires at the next full interval, capped by the end of the window', async () => {
    const harness = await open({ trigger: continuousEventTimeTrigger(4) });
    harness.element({ k: 'a', v: 1 }, 1);
    for (const watermark of [3, 4, 7, 8, 9]) {
      harness.watermark(watermark);
    }
    const times = harness.events.map((event) => (event.kind === 'watermark' ? event.watermark : 'fired'));
    expect(times).toEqual([3, 'fired', 4, 7, 'fired', 8, 'fired', 9]);
  });

  it('a delta trigger fires above its threshold, a delta evictor drops from it on', async () => {
    const distance = (from: Item, to: Item): number => Math.abs(to.v - from.v);
    const trigger = deltaTrigger<Item>(10, distance) as Trigger<unknown>;
    const fired = await open({ assigner: globalWindows(), trigger });
    for (const v of [0, 10, 11]) fired.element({ k: 'a', v }, v);
    expect(results(fired)).toEqual([{ k: 'a', start: -Infinity, values: [0, 10, 11] }]);
    const evicted = await open({ evictor: deltaEvictor<Item>(10, distance) as never });
    for (const v of [0, 1, 10]) evicted.element({ k: 'a', v }, 1);
    evicted.watermark(9);
    expect(results(evicted)).toEqual([{ k: 'a', start: 0, values: [1, 10] }]);
  });

  it('a time evictor drops what is as old as its size, a count evictor keeps the last', async () => {
    const byTime = await open({ assigner: tumblingEventTime(100), evictor: timeEvictor(10) });
    for (const at of [1, 10, 11, 20]) byTime.element({ k: 'a', v: at }, at);
    byTime.watermark(99);
    expect(results(byTime)).toEqual([{ k: 'a', start: 0, values: [11, 20] }]);
    const byCount = await open({ evictor: countEvictor(2) });
    for (const v of [1, 2, 3]) byCount.element({ k: 'a', v }, v);
    byCount.watermark(9);
    expect(results(byCount)).toEqual([{ k: 'a', start: 0, values: [2, 3] }]);
  });
});

describe('windows that cannot be as they were declared', () => {
  it('MR-2043 names a negative lateness and a function that is none', async () => {
    expect(() => windowOperator(spec({ allowedLatenessMs: -1 }))).toThrow(/MR-2043/);
    await expect(async () => open({ result: { kind: 'process', fn: {} as never } })).rejects.toThrow(/MR-2043/);
  });

  it('MR-2044 refuses stored pieces of other windows rather than cutting them up', async () => {
    const sum = { create: () => ({ sum: 0 }), add: (kept: { sum: number }, value: Item) => void (kept.sum += value.v), merge: (a: { sum: number }, b: { sum: number }) => void (a.sum += b.sum) };
    const summed = (assigner: WindowSpec['assigner'], trigger?: Trigger<unknown>): Partial<WindowSpec> => ({
      assigner, function: { kind: 'aggregate', aggregate: sum as never }, result: { kind: 'map', fn: (kept) => (kept as { sum: number }).sum }, ...(trigger === undefined ? {} : { trigger }),
    });
    const before = await open(summed(slidingEventTime(20, 10)));
    before.element({ k: 'a', v: 1 }, 5);
    const snapshot = before.snapshot();
    await expect(OperatorHarness.open(windowOperator(spec(summed(slidingEventTime(21, 7), countTrigger(3)))), { restore: [snapshot] })).rejects.toThrow(/MR-2044/);
    const after = await OperatorHarness.open(windowOperator(spec(summed(slidingEventTime(20, 10), eventTimeTrigger()))), { restore: [snapshot] });
    after.watermark(100);
    expect(results(after)).toEqual([1, 1]);
  });

  it('MR-2045 names the evictor that gave no list', async () => {
    const harness = await open({ evictor: { name: 'mine', evictBefore: () => undefined as never } });
    harness.element({ k: 'a', v: 1 }, 1);
    expect(() => harness.watermark(9)).toThrow(/MR-2045.*"mine"/s);
  });

  it('MR-1220 to MR-1223 refuse sizes, steps, triggers, gaps and windows that are none', async () => {
    expect(() => tumblingEventTime(0)).toThrow(/MR-1220/);
    expect(() => tumblingEventTime(10, { offset: 10 })).toThrow(/MR-1220.*offset/s);
    expect(() => cumulativeEventTime(10, 3)).toThrow(/MR-1220.*does not divide/s);
    expect(() => countTrigger(0)).toThrow(/MR-1221/);
    expect(() => deltaEvictor(Number.NaN, () => 0)).toThrow(/MR-1221/);
    const gap = await open({ assigner: { kind: 'dynamicSession', domain: 'event', gapOf: () => 0 } });
    expect(() => gap.element({ k: 'a', v: 1 }, 1)).toThrow(/MR-1222/);
    const assigned = await open({ assigner: { kind: 'custom', domain: 'event', assign: () => [{ start: 5, end: 5 }] } });
    expect(() => assigned.element({ k: 'a', v: 1 }, 1)).toThrow(/MR-1223/);
  });
});
