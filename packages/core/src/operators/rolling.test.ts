import { describe, expect, it } from 'vitest';
import type { TypeInfo } from '../record/types/type-info.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { runOperatorMatrix } from '../testing/operator-matrix.js';
import { reduceOperator } from './reduce.js';
import { type RollingKind, rollingOperator } from './rolling.js';

const dynamic: TypeInfo = Object.freeze({ kind: 'dynamic' });
const string: TypeInfo = Object.freeze({ kind: 'string' });

interface Order {
  readonly user: string;
  readonly n: number;
  readonly id: number;
}
const userOf = (order: Order): string => order.user;
const keyed = { keyOf: userOf, keyType: string, type: dynamic };
const orders: readonly Order[] = [3, 1, 2, 1, 5, 5, 0].map((n, id) => ({ user: id % 2 === 0 ? 'ann' : 'bob', n, id }));
const script = orders.map((element, timestamp) => ({ element, timestamp }));

async function run(kind: RollingKind, firstOnTie?: boolean): Promise<unknown[]> {
  const harness = await OperatorHarness.open(rollingOperator({ ...keyed, kind, field: 'n', ...(firstOnTie === undefined ? {} : { firstOnTie }) }));
  for (const { user, n, id } of orders) harness.element({ user, n, id }, id);
  return harness.values.map((value) => [(value as Order).id, (value as Order).n]);
}

describe('rolling aggregations', () => {
  it('R31 emit every update; sum, min and max keep the other fields of the first element', async () => {
    expect(await run('sum')).toEqual([[0, 3], [1, 1], [0, 5], [1, 2], [0, 10], [1, 7], [0, 10]]);
    expect(await run('min')).toEqual([[0, 3], [1, 1], [0, 2], [1, 1], [0, 2], [1, 1], [0, 0]]);
    expect(await run('max')).toEqual([[0, 3], [1, 1], [0, 3], [1, 1], [0, 5], [1, 5], [0, 5]]);
  });

  it('R31 minBy and maxBy give the whole element, the first on ties or the last if wanted', async () => {
    expect(await run('minBy')).toEqual([[0, 3], [1, 1], [2, 2], [1, 1], [2, 2], [1, 1], [6, 0]]);
    expect(await run('minBy', false)).toEqual([[0, 3], [1, 1], [2, 2], [3, 1], [2, 2], [3, 1], [6, 0]]);
    expect(await run('maxBy')).toEqual([[0, 3], [1, 1], [0, 3], [1, 1], [4, 5], [5, 5], [4, 5]]);
  });

  it('give the same results in every way they may be run', async () => {
    const kinds: readonly RollingKind[] = ['sum', 'min', 'max', 'minBy', 'maxBy'];
    await runOperatorMatrix(kinds.map((kind) => ({ name: kind, operators: () => rollingOperator({ ...keyed, kind, field: 'n' }), script, routes: [userOf] })));
  });

  it('work on tuples, primitives, strings, bigints and fields of one’s own', async () => {
    const harness = async (field: Parameters<typeof rollingOperator>[0]['field'], kind: RollingKind, values: readonly unknown[]): Promise<unknown> => {
      const one = await OperatorHarness.open(rollingOperator({ keyOf: () => 'all', keyType: string, type: dynamic, kind, field }));
      for (const value of values) one.element(value);
      return one.values.at(-1);
    };
    expect(await harness(1, 'sum', [['a', 1], ['b', 2]])).toEqual(['a', 3]);
    expect(await harness(0, 'sum', [1, 2, 3])).toBe(6);
    expect(await harness('s', 'max', [{ s: 'b' }, { s: 'c' }, { s: 'a' }])).toEqual({ s: 'c' });
    expect(await harness('n', 'sum', [{ n: 2n ** 60n }, { n: 1n }])).toEqual({ n: 2n ** 60n + 1n });
    const nested = { get: (v: { a: { b: number } }) => v.a.b, set: (copy: { a: object }, b: unknown) => ({ ...copy, a: { ...copy.a, b } }) };
    expect(await harness(nested, 'sum', [{ a: { b: 1 } }, { a: { b: 4 } }])).toEqual({ a: { b: 5 } });
    const dangerous = JSON.parse('[{"__proto__":1},{"__proto__":2}]') as unknown[];
    expect(JSON.stringify(await harness('__proto__', 'sum', dangerous))).toBe('{"__proto__":3}');
  });

  it.each<[string, RollingKind, readonly unknown[]]>([
    ['a missing field', 'sum', [{ user: 'ann' }]],
    ['null', 'min', [{ user: 'ann', n: null }]],
    ['a string in a sum', 'sum', [{ user: 'ann', n: '5' }]],
    ['NaN where order counts', 'max', [{ user: 'ann', n: Number.NaN }]],
    ['a mixture', 'sum', [{ user: 'ann', n: 1 }, { user: 'ann', n: 2n }]],
  ])('refuse %s', async (_name, kind, values) => {
    const harness = await OperatorHarness.open(rollingOperator({ ...keyed, kind, field: 'n' }), { name: 'totals' });
    expect(() => values.forEach((value) => harness.element(value))).toThrow(/MR-2006[^]*\("n"\)[^]*totals/);
  });
});

describe('reduce', () => {
  const adding = (a: Order, b: Order): Order => ({ ...a, n: a.n + b.n });

  it('R31 emits every update, and does the same in every way it may be run', async () => {
    await runOperatorMatrix([
      { name: 'new objects', operators: () => reduceOperator({ ...keyed, reduce: adding }), script, routes: [userOf] },
      {
        name: 'in place',
        operators: () =>
          reduceOperator({
            ...keyed,
            reduce: (a: { n: number }, b: { n: number }) => {
              a.n += b.n;
              return a;
            },
          }),
        script,
        routes: [userOf],
      },
    ]);
    const harness = await OperatorHarness.open(reduceOperator({ ...keyed, reduce: { reduce: adding } }));
    for (const order of orders) harness.element({ ...order });
    expect(harness.values.map((value) => (value as Order).n)).toEqual([3, 1, 5, 2, 10, 7, 10]);
  });

  it('leaves emitted results and the first element alone when the function changes its argument', async () => {
    const harness = await OperatorHarness.open(
      reduceOperator({
        ...keyed,
        reduce: (a: { n: number }, b: { n: number }) => {
          a.n += b.n;
          return a;
        },
      }),
    );
    const firstOrder = { user: 'ann', n: 1 };
    harness.element(firstOrder);
    harness.element({ user: 'ann', n: 2 });
    harness.element({ user: 'ann', n: 3 });
    expect(firstOrder.n).toBe(1);
    expect(harness.values).toEqual([{ user: 'ann', n: 1 }, { user: 'ann', n: 3 }, { user: 'ann', n: 6 }]);
  });

  it('says what failed', async () => {
    const throwing = await OperatorHarness.open(reduceOperator({ ...keyed, reduce: () => { throw new Error('no'); } }));
    throwing.element(orders[0]);
    expect(() => throwing.element(orders[2])).toThrow(/MR-2001.*the reduce function/);
    const promising = await OperatorHarness.open(reduceOperator({ ...keyed, reduce: (async () => 1) as never }));
    promising.element(orders[0]);
    expect(() => promising.element(orders[2])).toThrow('MR-2002');
  });
});
