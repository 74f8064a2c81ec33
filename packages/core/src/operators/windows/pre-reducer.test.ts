import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeWindow } from '../../functions/time-window.js';
import { slidingEventTime, tumblingEventTime } from '../../functions/window-assigners.js';
import { t } from '../../record/types/t.js';
import { CurrentRecord } from '../current-record.js';
import { StageCode } from '../fusion/stage-code.js';
import type { OperatorInfo } from '../operator-context.js';
import { PreReducer } from './pre-reducer.js';
import { windowOperator } from './window-operator.js';
import type { WindowSpec } from './window-spec.js';

interface Item {
  readonly k: unknown;
  readonly at: number;
}

const target: OperatorInfo = { job: 'job', name: 'counts', uid: 'counts', subtask: 0, parallelism: 2, maxParallelism: 128, attempt: 1, definedAt: 'job.ts:3:1', check: false };

const counting = {
  create: () => ({ n: 0 }),
  add: (total: { n: number }, item: unknown): void => {
    if ((item as Item).k === 'bad') throw new RangeError('a bad one');
    total.n++;
  },
  merge: (total: { n: number }, other: { n: number }): void => void (total.n += other.n),
  exact: true,
};

function spec(settings: Partial<WindowSpec> & { readonly aggregate?: object } = {}): WindowSpec {
  const { aggregate = counting, ...rest } = settings;
  return {
    assigner: tumblingEventTime(10), keyOf: (value) => (value as Item).k, elementType: t.dynamic, accumulatorType: t.dynamic, allowedLatenessMs: 0,
    lateOutput: undefined, function: { kind: 'aggregate', aggregate: aggregate as typeof counting as never }, sideOutputs: [], ...rest,
  };
}

/** A reducer, its records as code or as text take them, and what it has sent. */
function reducer(asText: boolean, window: WindowSpec = spec(), isBlocked = () => false): { readonly reducer: PreReducer; take(k: unknown, at: number): boolean; sent: string[]; readonly plain: unknown[] } {
  const sent: string[] = [];
  const plain: unknown[] = [];
  let records = 0;
  const made = new PreReducer({
    reduction: windowOperator(window).preReduction!,
    target,
    sender: {
      send: (key, accumulator, count, time) => void sent.push(`${String(key)}@${time}: ${String((accumulator as { n?: number } | undefined)?.n ?? accumulator)}/${count}`),
      isBlocked,
      records: () => records,
    },
  });
  const record = new CurrentRecord();
  const code = new StageCode(record);
  const text = code.guarded(made.fuse(code, 'value', `${code.part(plain)}.push(value);`));
  const process = code.build(['value'], text) as (value: unknown) => void;
  const take = (k: unknown, at: number): boolean => {
    records++;
    record.timestamp = at;
    const before = plain.length;
    if (asText) process({ k, at });
    else if (!made.take({ k, at }, at)) plain.push({ k, at });
    return plain.length === before;
  };
  return { reducer: made, take, sent, plain };
}

describe.each([['text', true], ['code', false]] as const)('a pre-reducer as %s', (_, asText) => {
  it('holds an accumulator for each key and slice until a watermark completes it', () => {
    const { reducer: made, take, sent } = reducer(asText);
    for (const [k, at] of [[1, 0], ['a', 3], [1, 9], [2, 12], [1, 5], ['a', 4]] as const) expect(take(k, at)).toBe(true);
    made.watermark(8);
    // Key 1 came back to the first slice; nothing had to leave but what shared its place.
    expect(sent).toEqual([]);
    made.watermark(9);
    expect(sent.sort()).toEqual(['1@0: 3/3', 'a@0: 2/2']);
    made.watermark(30);
    expect(sent.length).toBe(3);
  });

  it('R05 sends what is late for a sent watermark as it is', () => {
    const { reducer: made, take, sent, plain } = reducer(asText);
    take(1, 5);
    made.watermark(9);
    expect(take(1, 5)).toBe(false);
    expect(take(1, 10)).toBe(true);
    expect(plain).toEqual([{ k: 1, at: 5 }]);
    made.flush();
    expect(sent).toEqual(['1@0: 1/1', '1@10: 1/1']);
  });

  it('knows that an element of a slice that one window has used waits for others', () => {
    const { reducer: made, take, sent } = reducer(asText, spec({ assigner: slidingEventTime(10, 5) }));
    take(1, 7);
    made.watermark(8);
    expect(sent).toEqual([]);
    made.watermark(9);
    expect(sent).toEqual(['1@5: 1/1']);
    expect(take(1, 7)).toBe(false);
  });

  it('keeps nothing behind a flush', () => {
    const { reducer: made, take, sent } = reducer(asText);
    take(1, 1);
    made.flush();
    made.flush();
    take(1, 1);
    made.flush();
    expect(sent).toEqual(['1@0: 1/1', '1@0: 1/1']);
  });

  it('leaves composite keys, and elements without a time, to the receiver', () => {
    const { take, plain, reducer: made, sent } = reducer(asText);
    expect(take(1, Number.NaN)).toBe(false);
    expect(take(1, 5)).toBe(true);
    expect(take([1, 2], 5)).toBe(false);
    expect(plain.length).toBe(2);
    expect([made.active, sent]).toEqual([false, ['1@0: 1/1']]);
  });

  it('gives up for a while where hardly any records share a key, after a try with more places', () => {
    const { take, reducer: made } = reducer(asText);
    let key = 0;
    while (made.active && key < 200_000) take(key++, 5);
    expect(made.active).toBe(false);
    expect(key).toBeGreaterThan(2 * 4096);
    const gaveUpAt = key;
    expect(take(7, 5)).toBe(false);
    for (; key < gaveUpAt + (1 << 18); key++) take(key, 5);
    expect(made.active).toBe(false);
    made.watermark(0);
    expect(made.active).toBe(true);
  });

  it('takes more places for good where those hold what few places sent again and again', () => {
    const { take, reducer: made, sent } = reducer(asText);
    expect(32 - made.shift).toBe(8);
    for (let n = 0; n < 100_000; n++) take(n % 400, 5);
    expect(32 - made.shift).toBe(11);
    const before = sent.length;
    for (let n = 0; n < 100_000; n++) take(n % 400, 5);
    expect([sent.length, 32 - made.shift]).toEqual([before, 11]);
  });

  it('tries more places once in a while, and goes back to few where they change nothing', () => {
    const { take, reducer: made } = reducer(asText);
    const seen: number[] = [];
    for (let n = 0; n < 10 * 70 * 4200; n++) {
      take(Math.floor(n / 10), 5);
      if (seen.at(-1) !== 32 - made.shift) seen.push(32 - made.shift);
    }
    expect(seen).toEqual([8, 11, 8, 11, 8]);
  });

  it('gives up for good where an accumulator cannot be sent', () => {
    const { take, plain } = reducer(asText, spec({ aggregate: { ...counting, create: () => ({ n: 0, f: () => 0 }) } }));
    expect([take(1, 1), take(1, 1)]).toEqual([false, false]);
    expect(plain.length).toBe(2);
  });

  it('sends what has grown too large, unless there is no credit', () => {
    let isBlocked = true;
    const growing = { ...counting, create: () => ({ n: 0, texts: [] }), add: (total: { n: number; texts: string[] }) => void (total.n = total.texts.push('x'.repeat(50_000))) };
    const { take, sent } = reducer(asText, spec({ aggregate: growing }), () => isBlocked);
    for (let n = 0; n < 18; n++) for (const key of [1, 2, 3]) take(key, 5);
    expect(sent).toEqual([]);
    isBlocked = false;
    take(4, 5);
    // Three times 1.6 MiB were held, of which 2 MiB may stay.
    expect(sent).toEqual(['4@0: 1/1', '3@0: 18/18', '2@0: 18/18']);
    for (let n = 0; n < 100; n++) take(5, 5);
    expect(sent.slice(3)).toEqual(['5@0: 32/32', '5@0: 32/32', '5@0: 32/32']);
  });

  it('names the window when its functions throw', () => {
    const { take } = reducer(asText);
    expect(() => take('bad', 1)).toThrow(/"counts" threw RangeError: a bad one/);
    expect(() => take(Number.NaN, 1)).toThrow(/MR-/);
  });
});

/** Aggregates whose `add` changes, gives another, gives either, and whose accumulators are no objects; some throw at the first or a later record of a key. */
const AGGREGATES: Readonly<Record<string, object>> = {
  'that change': counting,
  'that give another': { ...counting, add: ({ n }: { n: number }) => ({ n: n + 1 }) },
  'that give another now and then': { ...counting, add: (total: { n: number }) => (total.n % 3 === 2 ? { n: total.n + 1 } : void total.n++) },
  'of numbers': { ...counting, create: () => 0, add: (n: number) => n + 1 },
  'of texts': { ...counting, create: () => '', add: (text: string, { k }: Item) => `${text}${String(k)}` },
  'of nothing': { ...counting, create: () => undefined, add: () => undefined },
  'that throw at the first': { ...counting, add: (total: { n: number }, { k }: Item) => { if (k === 3) throw new RangeError(`no ${k}`); total.n++; } },
  'that throw later': { ...counting, add: (total: { n: number }) => { if (++total.n === 4) throw new RangeError('four'); } },
  'that cannot begin': { ...counting, create: () => { throw new RangeError('nothing'); } },
};

describe('a pre-reducer as text', () => {
  const key = fc.oneof({ weight: 8, arbitrary: fc.nat(6) }, fc.constantFrom<unknown>('a', 'b', 2.5, -1, 1n, true, null, [1, 2]));
  const step = fc.oneof({ weight: 12, arbitrary: fc.record({ k: key, at: fc.integer({ min: -5, max: 60 }) }) }, fc.record({ watermark: fc.integer({ min: -5, max: 60 }) }), fc.constant('flush' as const));

  it.each(Object.keys(AGGREGATES))('does with aggregates %s what it does as code', (name) => {
    const did = (asText: boolean, sliding: boolean, steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): unknown => {
      const { reducer: made, take, sent, plain } = reducer(asText, spec({ aggregate: AGGREGATES[name]!, ...(sliding ? { assigner: slidingEventTime(20, 5) } : {}) }));
      const taken = steps.map((each) => {
        try {
          if (each === 'flush') return made.flush();
          return 'watermark' in each ? made.watermark(each.watermark) : take(each.k, each.at);
        } catch (error) {
          return String(error);
        }
      });
      made.flush();
      return { taken, sent, plain, active: made.active };
    };
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 120, size: 'max' }), (sliding, steps) => {
        expect(did(true, sliding, steps)).toEqual(did(false, sliding, steps));
      }),
      { numRuns: 60 },
    );
  });
});

describe('what may be reduced before an exchange', () => {
  const offered = (settings: Parameters<typeof spec>[0]): boolean => windowOperator(spec(settings)).preReduction !== undefined;

  it('is an exact aggregate that can be merged, in windows of event time, where late elements are only counted', () => {
    expect(offered({})).toBe(true);
    expect(offered({ assigner: slidingEventTime(10, 3) })).toBe(true);
    expect(offered({ aggregate: { ...counting, exact: false } })).toBe(false);
    expect(offered({ aggregate: { create: counting.create, add: counting.add, exact: true } })).toBe(false);
    expect(offered({ aggregate: { ...counting, open: () => {} } })).toBe(false);
    expect(offered({ lateOutput: 'late' })).toBe(false);
    expect(offered({ allowedLatenessMs: 1 })).toBe(false);
    expect(offered({ assigner: slidingEventTime(5, 10) })).toBe(false);
  });

  it('has slices in which all elements have the same windows', () => {
    const { slices } = windowOperator(spec({ assigner: slidingEventTime(10, 4) })).preReduction!;
    for (let time = -20; time < 40; time++) {
      const window = timeWindow(slices.sliceStart(time), slices.sliceEnd(slices.sliceStart(time)));
      expect(time >= window.start && time < window.end).toBe(true);
      expect(slices.firstEnd(window.start)).toBe(slices.firstEnd(time));
    }
  });
});
