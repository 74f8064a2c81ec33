import { describe, expect, it } from 'vitest';
import type { Executor } from '../operators/executor.js';
import type { JobProgram } from '../operators/job-program.js';
import type { StreamEdge, StreamNode } from '../graph/stream-graph.js';
import type { Source } from '../connector/source.js';
import { countTrigger } from '../functions/triggers.js';
import { globalWindows, sessionEventTime, tumblingEventTime } from '../functions/window-assigners.js';
import { perSubtask } from '../functions/user-function.js';
import { t, type } from '../record/types/t.js';
import { state } from '../state/state-builders.js';
import { StreamEnvironment, type EnvironmentOptions } from './environment.js';
import { transform } from './transform.js';

interface Order {
  readonly orderId: string;
  readonly userId: number;
  readonly amount: number;
  readonly at: number;
}

const never: Executor = {
  execute: () => {
    expect.unreachable('nothing is executed here');
  },
};
const environment = (options?: EnvironmentOptions): StreamEnvironment => new StreamEnvironment(() => never, options);
const orderType = t.struct({ orderId: t.string, userId: t.number, amount: t.number, at: t.timestamp });
const order: Order = { orderId: 'a', userId: 1, amount: 2, at: 1_000_000_000_000 };

interface Plan {
  readonly program: JobProgram;
  node(name: string): StreamNode;
  into(name: string): readonly StreamEdge[];
}

function planOf(env: StreamEnvironment): Plan {
  const program = env.buildProgram('test');
  const node = (name: string): StreamNode => program.streamGraph.nodes.find((candidate) => candidate.name === name) ?? expect.unreachable(`no node ${name}`);
  return { program, node, into: (name) => program.streamGraph.edges.filter((edge) => edge.to === node(name).id) };
}

function ordersOf(env: StreamEnvironment) {
  return env.fromCollection<Order>([order], { name: 'orders', type: orderType as never });
}

describe('the graph of a job', () => {
  it('holds a node per operation, with name, uid, parallelism and the line of the call', () => {
    const env = environment();
    const clean = ordersOf(env).map((o) => o.amount, { name: 'amounts', uid: 'amounts', parallelism: 2, maxParallelism: 64 });
    clean.filter((n) => n > 0).name('positive').uid('positive').setParallelism(3).setMaxParallelism(32).startNewChain().print('out').name('show').disableChaining();
    const { program, node } = planOf(env);
    expect(program.streamGraph).toMatchObject({ job: 'test', parallelism: 1, maxParallelism: 128 });
    expect(node('orders')).toMatchObject({ kind: 'source', type: 'collection-source', inputs: 0, parallelism: 1, chaining: 'always' });
    expect(node('amounts')).toMatchObject({ kind: 'operator', type: 'map', uid: 'amounts', parallelism: 2, maxParallelism: 64, inputs: 1, stateful: false });
    expect(node('amounts').definedAt).toMatch(/api\/graph\.test\.ts:\d+:\d+$/);
    expect(node('positive')).toMatchObject({ type: 'filter', uid: 'positive', parallelism: 3, maxParallelism: 32, chaining: 'head' });
    expect(node('show')).toMatchObject({ kind: 'sink', type: 'print-sink', chaining: 'never' });
    expect(program.nodes.get(node('show').id)?.kind).toBe('sink');
  });

  it('is the same for two builds of one job', () => {
    const build = (): unknown => {
      const env = environment({ parallelism: 2 });
      const orders = ordersOf(env);
      orders.union(orders).keyBy('orderId').sum('amount').print();
      return env.buildProgram('test').streamGraph;
    };
    expect(build()).toEqual(build());
  });

  it('moves records forward between equal parallelisms and rebalances between others', () => {
    const env = environment({ parallelism: 2 });
    ordersOf(env).map((o) => o, { name: 'two' }).map((o) => o, { name: 'again' }).map((o) => o, { name: 'three', parallelism: 3 }).print();
    const { into } = planOf(env);
    expect(into('two')[0]?.partitioning).toBe('rebalance');
    expect(into('again')[0]?.partitioning).toBe('forward');
    expect(into('three')[0]?.partitioning).toBe('rebalance');
  });

  it('puts a partitioner on the next edge', () => {
    const env = environment({ parallelism: 2 });
    const orders = ordersOf(env);
    for (const way of ['shuffle', 'rebalance', 'rescale', 'global', 'broadcast'] as const) orders[way]().map((o) => o, { name: way }).print();
    orders.partitionCustom((key, channels) => key.length % channels, 'orderId').map((o) => o, { name: 'custom' }).print();
    orders.forward().map((o) => o, { name: 'forward', parallelism: 1 }).print();
    const { into, program } = planOf(env);
    for (const way of ['shuffle', 'rebalance', 'rescale', 'global', 'broadcast', 'custom', 'forward']) expect(into(way)[0]?.partitioning).toBe(way);
    const custom = program.edges.get(into('custom')[0]!.id);
    expect(custom?.keyOf?.(order)).toBe('a');
    expect(custom?.partition?.('abc', 2)).toBe(1);
  });

  it('R34 unites by in-edges, two of them for a stream united with itself', () => {
    const env = environment();
    const orders = ordersOf(env);
    const others = env.fromElements(order);
    orders.union(orders, others).map((o) => o, { name: 'all' }).print();
    const { into, node } = planOf(env);
    expect(into('all').map((edge) => [edge.from, edge.input])).toEqual([[node('orders').id, 0], [node('orders').id, 0], [node('elements').id, 0]]);
    expect(node('all').inputs).toBe(1);
  });

  it('hashes by field, tuple position, several fields and selector', () => {
    const env = environment();
    const orders = ordersOf(env);
    orders.keyBy('orderId').sum('amount', { name: 'field' }).print();
    orders.keyBy('orderId', 'userId').sum('amount', { name: 'fields' }).print();
    orders.keyBy((o) => o.userId * 2).sum('amount', { name: 'selector' }).print();
    env.fromElements<[string, number]>(['x', 1]).keyBy(0).sum(1, { name: 'position' }).print();
    orders.keyBy('userId').map((o) => o, { name: 'map by key' }).print();
    const { into, program, node } = planOf(env);
    const keyOf = (name: string, value: unknown): unknown => program.edges.get(into(name)[0]!.id)?.keyOf?.(value);
    expect(into('field')[0]?.partitioning).toBe('hash');
    expect(keyOf('field', order)).toBe('a');
    expect(keyOf('fields', order)).toEqual(['a', 1]);
    expect(keyOf('selector', order)).toBe(2);
    expect(keyOf('position', ['x', 1])).toBe('x');
    expect(into('map by key')[0]?.partitioning).toBe('hash');
    expect(node('fields')).toMatchObject({ type: 'rolling-sum', stateful: true, details: { key: '(orderId, userId)', field: 'amount' } });
    expect(node('selector').details).toMatchObject({ key: 'selector' });
  });

  it('has the operators of keyed streams', () => {
    const env = environment();
    const keyed = ordersOf(env).keyBy('orderId');
    keyed.reduce((a) => a).print();
    for (const kind of ['min', 'max', 'minBy', 'maxBy'] as const) keyed[kind]('amount').print();
    const processed = keyed.process({
      output: t.number, sideOutputs: { odd: t.string }, state: { n: state.value(t.number) },
      processElement: (o, ctx, out) => (o.amount > 1 ? ctx.side.odd.collect(ctx.key) : out.collect(o.amount)),
    }, { name: 'watch' });
    expect(processed.type).toBe(t.number);
    processed.side('odd').map((text) => text.length, { name: 'lengths' }).print();
    processed.print();
    const { node, into } = planOf(env);
    for (const name of ['reduce', 'min', 'max', 'minBy', 'maxBy']) expect(node(name).stateful).toBe(true);
    expect(node('watch')).toMatchObject({ type: 'keyed-process', stateful: true });
    expect(into('lengths')[0]).toMatchObject({ from: node('watch').id, sideOutput: 'odd' });
  });

  it('has windows of every kind', () => {
    const env = environment({ parallelism: 2 });
    const orders = ordersOf(env);
    const keyed = orders.keyBy('orderId');
    const statistics = keyed.window(tumblingEventTime('10 min'), { uid: 'ten', allowedLateness: '1 min', lateOutput: 'late' })
      .aggregate({ create: () => ({ n: 0 }), add: (a) => ({ n: a.n + 1 }) }, (a, { key }) => ({ key, n: a.n }));
    statistics.name('statistics').print();
    statistics.side('late').map((o) => o, { name: 'late ones' }).print();
    keyed.countWindow(3).sum('amount', { name: 'by count' }).print();
    keyed.countWindow(3, 1).maxBy('amount', { name: 'last three' }).print();
    keyed.timeWindow('1 min', '10 s').reduce((a) => a, (a, { key }) => `${key} ${a.amount}`, { name: 'by time' }).print();
    keyed.window(sessionEventTime('1 min')).process({ output: type<number>(), process: (all, _ctx, out) => out.collect([...all].length) }, { name: 'sessions' }).print();
    keyed.window(globalWindows()).trigger(countTrigger(2)).apply((all) => [[...all].length], { name: 'global' }).print();
    keyed.window(tumblingEventTime('1 min')).allowedLateness('5 s').sideOutputLateData('too-late').min('amount', { name: 'fluent' }).side('too-late').print();
    orders.windowAll(tumblingEventTime('1 min')).aggregate({ create: () => 0, add: (n) => n + 1 }, { name: 'everything' }).print();
    const { node, into } = planOf(env);
    expect(node('statistics')).toMatchObject({ type: 'tumbling-window', uid: 'ten', stateful: true, details: { allowedLateness: '1 min', lateOutput: 'late', key: 'orderId' } });
    expect(into('late ones')[0]?.sideOutput).toBe('late');
    expect(node('by count').type).toBe('global-window');
    expect(node('by time').type).toBe('sliding-window');
    expect(node('sessions').type).toBe('session-window');
    expect(node('everything')).toMatchObject({ type: 'tumbling-window-all', parallelism: 1 });
    expect(into('everything')[0]?.partitioning).toBe('global');
  });

  it('joins two streams, each input with its own key', () => {
    const env = environment();
    const orders = ordersOf(env);
    const payments = env.fromCollection([{ order: 'a', paid: 1 }], { name: 'payments' });
    const window = tumblingEventTime('1 min');
    orders.join(payments, { where: 'orderId', equalTo: 'order', window, uid: 'joined', name: 'joined' }, (o, p) => o.amount - p.paid).print();
    orders.coGroup(payments, { where: 'orderId', equalTo: 'order', window, name: 'grouped' }, (l, r) => [l.length + r.length]).print();
    orders.lookupJoin(payments, { where: 'orderId', equalTo: 'order', name: 'looked up' }, (o, p) => p?.paid ?? o.amount).print();
    orders.keyBy('orderId').intervalJoin(payments.keyBy('order'), { between: ['-5 s', '10 s'], upperExclusive: true, lateLeft: 'late', name: 'by interval' }, (o, p) => o.amount - p.paid)
      .side('late').print();
    orders.mergeByTime([orders], { name: 'merged' }).print();
    const { node, into, program } = planOf(env);
    expect(node('joined')).toMatchObject({ type: 'window-join', uid: 'joined', inputs: 2, stateful: true });
    expect(into('joined').map((edge) => [edge.input, edge.partitioning])).toEqual([[0, 'hash'], [1, 'hash']]);
    expect(program.edges.get(into('joined')[1]!.id)?.keyOf?.({ order: 'z' })).toBe('z');
    expect(node('grouped').type).toBe('co-group');
    expect(into('looked up').map((edge) => edge.partitioning)).toEqual(['forward', 'broadcast']);
    expect(node('by interval')).toMatchObject({ type: 'interval-join', details: { lower: -5000, upper: 10_000, key: 'orderId = order' } });
    expect(node('merged')).toMatchObject({ type: 'merge-by-time', inputs: 2, parallelism: 1 });
  });

  it('connects streams, plain, keyed and broadcast', () => {
    const env = environment({ parallelism: 2 });
    const orders = ordersOf(env);
    const rules = env.fromCollection([{ user: 'a', limit: 1 }], { name: 'rules' });
    orders.connect(rules).map((o) => o.orderId, (r) => r.user, { name: 'co-map' }).print();
    orders.connect(rules).flatMap((o) => [o.orderId], (r, out) => out.collect(r.user), { name: 'co-flat-map' }).print();
    orders.connect(rules).keyBy('orderId', 'user').process({ output: t.string, processElement1: () => {}, processElement2: () => {} }, { name: 'keyed' }).print();
    orders.keyBy('orderId').connect(rules.keyBy('user')).map((o) => o.orderId, (r) => r.user, { name: 'keyed map' }).print();
    const broadcast = rules.broadcast({ limits: state.broadcast(t.string, t.number) });
    orders.connect(broadcast).process({ output: t.number, processElement: () => {}, processBroadcast: () => {} }, { name: 'plain rules' }).print();
    orders.keyBy('orderId').connect(broadcast).process({ output: t.number, processElement: () => {}, processBroadcast: () => {} }, { name: 'keyed rules' }).print();
    const { node, into } = planOf(env);
    expect(node('co-map')).toMatchObject({ type: 'co-map', inputs: 2 });
    expect(into('keyed').map((edge) => edge.partitioning)).toEqual(['hash', 'hash']);
    expect(node('keyed')).toMatchObject({ type: 'keyed-co-process', stateful: true });
    expect(node('keyed map').stateful).toBe(false);
    expect(into('plain rules').map((edge) => edge.partitioning)).toEqual(['rebalance', 'broadcast']);
    expect(into('keyed rules').map((edge) => edge.partitioning)).toEqual(['hash', 'broadcast']);
  });

  it('takes classes and factories, whose declarations it reads from an instance', () => {
    class Watch {
      readonly output = t.number;
      readonly sideOutputs = { odd: t.string };
      processElement(): void {}
    }
    const env = environment();
    const orders = ordersOf(env);
    expect(orders.process(Watch).type).toBe(t.number);
    const made = orders.process(perSubtask(() => new Watch()));
    made.side('odd').print();
    orders.map(perSubtask(() => ({ map: (o: Order) => o.amount }))).print();
    expect(planOf(env).program.streamGraph.nodes).toHaveLength(6);
  });

  it('carries the dead letters of a source as a side output', () => {
    const env = environment();
    const orders = ordersOf(env);
    orders.print();
    orders.deadLetters().map((letter) => letter.reason, { name: 'reasons' }).print();
    const { into, node } = planOf(env);
    expect(into('reasons')[0]).toMatchObject({ from: node('orders').id, sideOutput: 'deadLetters' });
  });

  it('takes operators of others by transform', () => {
    const env = environment({ parallelism: 2 });
    const orders = ordersOf(env);
    const factory = { create: () => expect.unreachable('never created') };
    const result = transform(orders.keyBy('orderId'), 'ranked', factory, { type: 'top-n', output: t.number, stateful: true, sideOutputs: { rest: t.string }, uid: 'ranked' });
    result.side('rest').print();
    transform([orders, orders], 'pair', factory, { alone: true }).print();
    const { node, into } = planOf(env);
    expect(node('ranked')).toMatchObject({ type: 'top-n', uid: 'ranked', stateful: true, inputs: 1 });
    expect(into('ranked')[0]?.partitioning).toBe('hash');
    expect(node('pair')).toMatchObject({ type: 'custom', inputs: 2, parallelism: 1 });
  });

  it('lets code win over the options of a run', () => {
    const env = environment({ parallelism: 4, options: { maxParallelism: 256 } }).setParallelism(2);
    ordersOf(env).print();
    expect(env.buildProgram('test').streamGraph).toMatchObject({ parallelism: 2, maxParallelism: 256 });
  });

  it('hands the watermark interval of the environment to sources without one', () => {
    const env = environment().setWatermarkInterval('50 ms');
    const source = { kind: 'x', bounded: false, replayable: true, type: t.number, createReader: () => {}, createEnumerator: () => {} } as unknown as Source<number>;
    env.fromSource(source, { watermarks: { watermarks: { kind: 'boundedOutOfOrderness', boundMs: 0 } } }).print();
    const { program, node } = planOf(env);
    expect(program.nodes.get(node('x').id)).toMatchObject({ kind: 'source', watermarks: { intervalMs: 50 } });
    expect(node('x').unbounded).toBe(true);
  });
});
