import { describe, expect, it } from 'vitest';
import { MillraceError } from '../base/errors.js';
import { tumblingEventTime } from '../functions/window-assigners.js';
import { t } from '../record/types/t.js';
import { StreamEnvironment } from './environment.js';
import { transform } from './transform.js';

const environment = (): StreamEnvironment => new StreamEnvironment(() => expect.unreachable('nothing is executed here'));
const orderType = t.struct({ orderId: t.string, amount: t.number });
const orders = (env: StreamEnvironment = environment()) => env.fromCollection([{ orderId: 'a', amount: 1 }], { name: 'orders', type: orderType });

function errorOf(action: () => unknown): MillraceError {
  try {
    action();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  return expect.unreachable('nothing was thrown');
}

describe('a mistake in a job', () => {
  it.each<[string, string, string, () => unknown]>([
    ['a stream of another environment', 'MR-2601', 'belongs to another environment', () => orders().union(orders()).map((o) => o)],
    ['a foreign stream in connect', 'MR-2601', 'another environment', () => orders().connect(orders()).map((o) => o, (o) => o)],
    ['an unknown side output', 'MR-2604', 'Did you mean "late"?', () => orders().process({ sideOutputs: { late: t.string }, processElement: () => {} }).side('lat' as never)],
    ['a side output of an operation without any', 'MR-2604', 'It declares none', () => orders().map((o) => o).side('late' as never)],
    ['a name on a union', 'MR-2605', 'name() was called on the result of union', () => orders().union().name('x')],
    ['a uid on a side output', 'MR-2605', 'side("late")', () => orders().process({ sideOutputs: { late: t.string }, processElement: () => {} }).side('late').uid('x')],
    ['a parallelism on a partitioner', 'MR-2605', 'rebalance', () => orders().rebalance().setParallelism(2)],
    ['a parallel windowAll', 'MR-2606', 'can only run with 1', () => orders().windowAll(tumblingEventTime(1)).sum('amount').setParallelism(2)],
    ['a parallel list', 'MR-2606', 'fromCollection "orders"', () => orders().setParallelism(2)],
    ['a parallelism of zero', 'MR-2607', 'expected a whole number from 1', () => orders().map((o) => o, { parallelism: 0 })],
    ['a fractional maximum', 'MR-2607', 'maximum parallelism', () => orders().map((o) => o).setMaxParallelism(1.5)],
    ['an empty name', 'MR-2607', 'the name of the operation map is ""', () => orders().map((o) => o, { name: '' })],
    ['an empty uid', 'MR-2607', 'uid', () => orders().map((o) => o).uid(' ')],
    ['an unknown chaining', 'MR-2607', 'always, head or never', () => orders().map((o) => o, { chaining: 'tail' as never })],
    ['a label that is no text', 'MR-2607', 'label', () => orders().print(7 as never)],
    ['an asyncMap without a timeout', 'MR-2607', 'no timeout', () => orders().asyncMap(async (o) => o, {} as never)],
    ['a map of nothing', 'MR-2608', 'map was given undefined', () => orders().map(undefined as never)],
    ['a map of an object without map', 'MR-2608', 'without a method "map"', () => orders().map({} as never)],
    ['a process function instead of an object', 'MR-2608', 'a plain function', () => orders().process((() => {}) as never)],
    ['half a co-process function', 'MR-2608', 'processElement2', () => { const s = orders(); return s.connect(s).process({ processElement1: () => {} } as never); }],
    ['a stream that is none', 'MR-2608', 'connect was given a string', () => orders().connect('orders' as never)],
    ['a forEach of nothing', 'MR-2608', 'forEach', () => orders().forEach(1 as never)],
    ['a transform without a factory', 'MR-2608', 'factory', () => transform(orders(), 'x', {} as never)],
    ['a key that the type lacks', 'MR-2609', 'Did you mean "orderId"?', () => orders().keyBy('ordrId' as never)],
    ['no key', 'MR-2609', 'no key', () => (orders().keyBy as () => unknown)()],
    ['a key of the wrong kind', 'MR-2609', 'a boolean', () => orders().keyBy(true as never)],
    ['a selector among fields', 'MR-2609', 'a function beside other keys', () => orders().keyBy('orderId', (() => 1) as never)],
    ['a position beyond the tuple', 'MR-2609', 'has 2 positions', () => environment().fromCollection([['a', 1]], { type: t.tuple(t.string, t.number) as never }).keyBy(2 as never)],
    ['a join without keys', 'MR-2609', 'no keys', () => { const s = orders(); return s.join(s, { window: tumblingEventTime(1) } as never, (o) => o); }],
    ['an interval join with a stream without keys', 'MR-2609', 'without keys', () => { const s = orders(); return s.keyBy('orderId').intervalJoin(s as never, { between: [0, 1] }, (o) => o); }],
    ['a join without a window', 'MR-2607', 'no window', () => { const s = orders(); return s.join(s, { where: 'orderId', equalTo: 'orderId' } as never, (o) => o); }],
    ['a sum of a field that the type lacks', 'MR-2609', 'Did you mean "amount"?', () => orders().keyBy('orderId').sum('amonut' as never)],
    ['a window of nothing', 'MR-2617', 'window assigner', () => orders().keyBy('orderId').window('10 min' as never)],
    ['a late output without a name', 'MR-2617', 'no name', () => orders().keyBy('orderId').timeWindow(1).sideOutputLateData('')],
    ['a count window of nothing', 'MR-2617', 'the size 0', () => orders().keyBy('orderId').countWindow(0)],
    ['a slide of nothing', 'MR-2617', 'the slide 0.5', () => orders().countWindowAll(2, 0.5)],
    ['a sink that is none', 'MR-2618', 'no sink', () => orders().sinkTo({} as never)],
    ['a source that is none', 'MR-2618', 'no source', () => environment().fromSource('orders.ndjson' as never)],
    ['watermarks that are none', 'MR-2618', 'no watermark strategy', () => orders().assignTimestampsAndWatermarks((() => 1) as never)],
    ['misspelled watermarks', 'MR-2618', 'Did you mean "custom"?', () => environment().fromCollection([1], { watermarks: { watermarks: { kind: 'costum' } } as never })],
    ['an interval upside down', 'MR-2620', 'above the upper bound', () => { const k = orders().keyBy('orderId'); return k.intervalJoin(k, { between: ['5 s', '-5 s'] }, (o) => o); }],
    ['no interval', 'MR-2620', 'no { between', () => { const k = orders().keyBy('orderId'); return k.intervalJoin(k, {} as never, (o) => o); }],
  ])('%s is a coded error that names the place', (_title, code, text, action) => {
    const error = errorOf(action);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.where.definedAt ?? 'api/mistakes.test.ts').toContain('api/mistakes.test.ts');
  });

  it('is found when the job is built', () => {
    const build = (describeJob: (env: StreamEnvironment) => void, settings = {}): MillraceError => {
      const env = environment();
      describeJob(env);
      return errorOf(() => env.buildProgram('job', settings));
    };
    expect(build((env) => void orders(env).map((o) => o)).code).toBe('MR-2602');
    expect(build(() => {}).code).toBe('MR-1405');
    expect(build((env) => {
      orders(env).map((o) => o, { uid: 'x' }).map((o) => o, { uid: 'x' }).print();
    }).code).toBe('MR-1401');
    expect(build((env) => void orders(env).forward().map((o) => o, { parallelism: 2 }).print()).code).toBe('MR-1402');
    const strict = build((env) => {
      orders(env).uid('orders').keyBy('orderId').sum('amount').print();
    }, { strict: true });
    expect(strict.code).toBe('MR-2603');
    expect(strict.message).toContain('"sum" keeps state');
    expect(strict.where.definedAt).toContain('api/mistakes.test.ts');
    expect(errorOf(() => orders().keyBy('orderId') && environment().buildProgram('')).code).toBe('MR-2607');
  });

  it('is found in a record without its key', () => {
    const env = environment();
    env.fromElements({ id: 'a' }).keyBy('id').map((o) => o, { name: 'keyed' }).print();
    const { edges, streamGraph } = env.buildProgram('job');
    const keyOf = edges.get(streamGraph.edges.find((edge) => edge.partitioning === 'hash')!.id)!.keyOf!;
    expect(errorOf(() => keyOf({ Id: 'a' })).message).toMatch(/keyBy: a record has undefined in the field "id"\. Did you mean "Id"\?/);
    expect(errorOf(() => keyOf({ id: null })).code).toBe('MR-2610');
    expect(errorOf(() => keyOf(null)).where.definedAt).toContain('api/mistakes.test.ts');
    expect(keyOf({ id: 'a' })).toBe('a');
  });

  it('is a second execution of one environment', async () => {
    const env = new StreamEnvironment(() => ({
      execute: () => ({ done: Promise.resolve({} as never), cancel: () => Promise.resolve(), stop: () => Promise.resolve({} as never) }),
    }));
    orders(env).print();
    await env.execute('first');
    await expect(env.execute('second')).rejects.toThrow('MR-2619');
  });
});
