import { describe, expect, it } from 'vitest';
import type { Source } from '../../connector/source.js';
import { asyncMapOperator } from '../../operators/async-map.js';
import { lookupJoinOperator } from '../../operators/lookup-join.js';
import { keyedProcessOperator } from '../../operators/keyed-process.js';
import { mapOperator } from '../../operators/map.js';
import { t } from '../../record/types/t.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, sortedRows, start, takeCheckpoint, type Reading, type Step } from './job.test-parts.js';
import { runLocally } from './local-executor.js';
import type { JobProgram } from '../../operators/job-program.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: index, at: index });

function source(count: number, changes: Partial<Source<Reading>> = {}): Step {
  return { type: 'orders', program: { kind: 'source', source: { ...rangeSource(count, make), ...changes } as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC } };
}

describe('hostile', () => {
  it('H44 restored async in-flight', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const build = (platform: SimulatedPlatform, ms: number) => lineProgram([source(500), { type: 'call', program: asyncMapOperator({ ordered: true, capacity: 8, timeoutMs: 1e6, fn: ((value: Reading) => ms === 0 ? Promise.resolve(value.value) : new Promise((resolve) => platform.timers.setTimer(ms, () => resolve(value.value)))) as never }), settings: { uid: 'call', stateful: true } }, sinkStep(committingSink(committed))], 1);
    const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
    const job = runLocally(build(platform, 5), platform, { store, options: { 'batch.size': 16 } });
    job.done.catch(() => {});
    await platform.run(() => job.progress().recordsIn > 20);
    await takeCheckpoint({ platform, job });
    platform.owner.kill();
    const again = new SimulatedPlatform({ seed: 2, clockTickMs: 0.1 });
    const second = runLocally(build(again, 0), again, { store, options: { 'batch.size': 16 } });
    await finish({ platform: again, job: second });
    expect([...committed.values()].flat()).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('H25b stop with async in flight, no checkpoints', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
    const called: number[] = [];
    const job = runLocally(lineProgram([source(100_000), { type: 'call', program: asyncMapOperator({ ordered: true, capacity: 8, timeoutMs: 1e6, fn: ((value: Reading) => { called.push(value.value); return new Promise((resolve) => platform.timers.setTimer(5, () => resolve(value.value))); }) as never }), settings: { uid: 'call', stateful: true } }, sinkStep(committingSink(committed))], 1), platform, { options: { 'batch.size': 16 } });
    await platform.run(() => called.length > 40);
    void job.stop();
    const result = await finish({ platform, job });
    expect([...committed.values()].flat()).toEqual(Array.from({ length: result.recordsIn }, (_, i) => i));
  });

  it('H16 cancel while opening', async () => {
    const slow: Partial<Source<Reading>> = {
      createEnumerator: (context) => ({ start: () => new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason))), splitRequested() {}, splitsReturned() {}, snapshot: () => 1, close() {} }),
    };
    const run = start(lineProgram([source(1, slow as never), sinkStep(committingSink(new Map()))], 1));
    await run.platform.advance(1);
    const cancelled = run.job.cancel();
    await expect(finish(run)).resolves.toMatchObject({ state: 'CANCELED' });
    await cancelled;
  });

  it('H19 enumerator that cannot snapshot', async () => {
    const good = rangeSource(300_000, make);
    const bad: Partial<Source<Reading>> = { createEnumerator: (context, restored) => ({ ...good.createEnumerator(context as never, restored), snapshot: () => { throw new Error('no snapshot'); } }) as never };
    const run = start(lineProgram([source(300_000, bad), sinkStep(committingSink(new Map()))], 1), { store: new MemoryCheckpointStore() });
    await run.platform.advance(2);
    await expect(run.job.checkpoint()).rejects.toMatchObject({ message: expect.stringContaining('no snapshot') as string });
    await expect(run.job.done).rejects.toMatchObject({ code: 'MR-2301' });
  });

  it('H8 processing time timers after the end', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const fired: number[] = [];
    const timers = keyedProcessOperator({
      keyOf: ((value: Reading) => value.key) as never, keyType: t.string,
      fn: { processElement: (v: Reading, c: any) => c.timers.registerProcessingTime(c.processingTime + 50), onTimer: (time: number, c: any, out: any) => { fired.push(time); out.collect({ late: time }); } } as never,
    });
    // a sink whose commit takes long keeps the job alive.
    const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
    const sink = { ...committingSink(committed), createCommitter: () => ({ commit: (cs: any) => new Promise<void>((resolve) => platform.timers.setTimer(500, () => { for (const { id, rows } of cs) committed.set(id, rows); resolve(); })) }) };
    const job = runLocally(lineProgram([source(10), { type: 'p', program: timers, settings: { uid: 'p', stateful: true }, partitioning: 'hash', edge: { keyOf: (v: any) => v.key } }, { ...sinkStep(sink as never), partitioning: 'rebalance' }], 2), platform);
    await finish({ platform, job });
    expect(fired).toEqual([]);
  });

  it('H38 lookup join and a checkpoint while the table loads', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const stream = source(2000).program;
    const table = { kind: 'source' as const, source: rangeSource(20000, make) as never, watermarks: BY_AT, outputType: DYNAMIC };
    const program: JobProgram = {
      streamGraph: { job: 'test', parallelism: 1, maxParallelism: 128,
        nodes: [
          { id: 0, kind: 'source', type: 'a', name: 'a', chaining: 'always', inputs: 0, stateful: false },
          { id: 1, kind: 'source', type: 'b', name: 'b', chaining: 'always', inputs: 0, stateful: false },
          { id: 2, kind: 'operator', type: 'j', name: 'j', chaining: 'always', inputs: 2, stateful: true, uid: 'j' },
          { id: 3, kind: 'sink', type: 'sink', name: 'sink', chaining: 'always', inputs: 1, stateful: false, uid: 'sink' },
        ] as never,
        edges: [{ id: 0, from: 0, to: 2, input: 0, partitioning: 'rebalance' }, { id: 1, from: 1, to: 2, input: 1, partitioning: 'broadcast' }, { id: 2, from: 2, to: 3, input: 0, partitioning: 'forward' }] as never },
      nodes: new Map<number, any>([[0, stream], [1, table], [2, { kind: 'operator', outputType: DYNAMIC, factory: lookupJoinOperator({ keyOf: ((v: Reading) => v.value) as never, tableKeyOf: ((v: Reading) => v.value) as never, join: ((v: Reading, row: Reading) => [v.value, row.value]) as never }) }], [3, { kind: 'sink', sink: committingSink(committed) }]]),
      edges: new Map(),
    };
    const run = start(program, { store });
    await run.platform.run(() => run.job.progress().recordsIn > 3000);
    run.job.checkpoint().catch(() => {});
    await finish(run);
    expect([...committed.values()].flat()).toHaveLength(2000);
  });
});
