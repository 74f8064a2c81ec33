import { describe, expect, expectTypeOf, it } from 'vitest';
import type { AggregateShorthand, ShorthandResult } from '../api/aggregate-shorthand.js';
import { type Aggregate, avg, collectList, count, countDistinct, first, last, max, min, sum } from './aggregates.js';

function run(aggregate: Aggregate<never, unknown, unknown>, values: readonly unknown[]): unknown {
  const plain = aggregate as Aggregate<unknown, unknown, unknown>;
  const take = (from: readonly unknown[]): unknown => {
    let accumulator = plain.create();
    for (const value of from) accumulator = plain.add(accumulator, value) ?? accumulator;
    return accumulator;
  };
  const whole = plain.result(take(values));
  for (let cut = 0; cut <= values.length; cut++) {
    const left = take(values.slice(0, cut));
    const merged = plain.merge!(left, take(values.slice(cut))) ?? left;
    if (values.length > 0) expect(plain.result(merged)).toEqual(whole);
  }
  return whole;
}

const orders = [
  { id: 'a', cents: 5, big: 5n, at: 'x' },
  { id: 'b', cents: 2, big: 2n, at: undefined },
  { id: 'a', cents: 9, big: 9n, at: 'z' },
];

describe('aggregates give the same alone and merged', () => {
  it.each<[string, Aggregate<never, unknown, unknown>, unknown]>([
    ['count', count() as never, 3],
    ['sum', sum('cents') as never, 16],
    ['sum of bigints', sum('big') as never, 16n],
    ['min', min('cents') as never, 2],
    ['max of strings', max('id') as never, 'b'],
    ['min of bigints', min('big') as never, 2n],
    ['avg', avg('cents') as never, 16 / 3],
    ['avg of bigints', avg('big') as never, 16 / 3],
    ['first', first('at') as never, 'x'],
    ['last', last('at') as never, 'z'],
    ['collectList', collectList('at') as never, ['x', undefined, 'z']],
    ['countDistinct', countDistinct('id') as never, 2],
  ])('%s', (_name, aggregate, expected) => {
    expect(run(aggregate, orders)).toEqual(expected);
  });

  it('take a position of a tuple', () => {
    expect(run(sum(1) as never, [['a', 1], ['b', 2]])).toBe(3);
  });

  it('do not let a result change when more is added', () => {
    const list = collectList('id');
    const accumulator = list.create();
    list.add(accumulator, orders[0]!);
    const result = list.result(accumulator);
    list.add(accumulator, orders[1]!);
    expect(result).toEqual(['a']);
  });

  it('say which of them may be reduced before an exchange', () => {
    expect([count(), min('a'), max('a'), countDistinct('a'), sum('a', { exact: true })].every((one) => one.exact === true)).toBe(true);
    expect([sum('a'), avg('a'), first('a'), last('a'), collectList('a')].some((one) => one.exact === true)).toBe(false);
  });

  it.each<[string, Aggregate<never, unknown, unknown>, unknown, RegExp]>([
    ['a string in a sum', sum('cents') as never, { cents: '5' }, /MR-1201.*sum\("cents"\) met "5" in the record \{"cents":"5"\}/],
    ['a missing field', avg('cents') as never, {}, /MR-1201.*a missing value/],
    ['null', min('cents') as never, { cents: null }, /MR-1201.*met null/],
    ['NaN where order counts', max('cents') as never, { cents: Number.NaN }, /MR-1201.*NaN/],
    ['an object among the distinct', countDistinct('cents') as never, { cents: new Date(0) }, /MR-1201/],
    ['no object at all', sum('cents') as never, null, /MR-1201/],
  ])('refuse %s', (_name, aggregate, value, message) => {
    expect(() => (aggregate as Aggregate<unknown, unknown, unknown>).add(aggregate.create(), value)).toThrow(message);
  });

  it('refuse a mixture of numbers and bigints', () => {
    expect(() => run(sum('n') as never, [{ n: 1 }, { n: 2n }])).toThrow(/MR-1201.*bigint 2 after a number/);
    expect(() => run(max('n') as never, [{ n: 1 }, { n: '2' }])).toThrow('MR-1201');
    expect(() => run(avg('n') as never, [{ n: 1 }, { n: 2n }])).toThrow('MR-1201');
  });
});

describe('aggregates know their types', () => {
  interface Order {
    readonly id: string;
    readonly amount: number;
    readonly big: bigint;
  }
  const aggregate = <A extends AggregateShorthand<Order>>(shorthand: A): ShorthandResult<A> => shorthand as unknown as ShorthandResult<A>;

  it('side by side under their names', () => {
    const result = aggregate({ n: count(), total: sum('amount'), low: min('amount'), name: max<'id', string>('id'), mean: avg('amount'), big: sum<'big', bigint>('big') });
    expectTypeOf(result).toEqualTypeOf<{ readonly n: number; readonly total: number; readonly low: number; readonly name: string; readonly mean: number; readonly big: bigint }>();
    // @ts-expect-error there is no such field
    aggregate({ total: sum('amnt') });
    // @ts-expect-error the field is no number
    aggregate({ total: sum('id') });
  });
});
