/** Cases in which a job once hung, or lost records: each test tells the story of one. */
import { describe, expect, it } from 'vitest';
import type { Sink, SinkWriter } from '../../connector/sink.js';
import type { EnumeratorContext, Source, Split } from '../../connector/source.js';
import { asyncMapOperator } from '../../operators/async-map.js';
import type { JobProgram, NodeProgram } from '../../operators/job-program.js';
import { keyedProcessOperator } from '../../operators/keyed-process.js';
import { lookupJoinOperator } from '../../operators/lookup-join.js';
import type { OperatorFactory } from '../../operators/operator.js';
import { t } from '../../record/types/t.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, start, takeCheckpoint, type Step } from './job.test-parts.js';
import { runLocally } from './local-executor.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: index, at: index });
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function program(source: Source<Reading>): NodeProgram {
  return { kind: 'source', source: source as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC };
}

/** A source whose enumerator is changed in some ways. */
function source(count: number, change: (context: EnumeratorContext<Split>) => object = () => ({})): Step {
  const plain = rangeSource(count, make) as unknown as Source<Reading, Split>;
  const changed: Source<Reading> = { ...plain, createEnumerator: (context, restored) => ({ ...plain.createEnumerator(context, restored), ...change(context) }) };
  return { type: 'orders', program: program(changed) };
}

/** Gives each value after some milliseconds, up to `capacity` at a time. */
function calls(platform: SimulatedPlatform, capacity: number, delayMs: (value: number) => number): Step {
  const fn = ({ value }: Reading): Promise<number> => new Promise((resolve) => platform.timers.setTimer(delayMs(value), () => resolve(value)));
  return { type: 'call', program: asyncMapOperator({ ordered: true, capacity, timeoutMs: 1e6, fn: fn as never }), settings: { uid: 'call', stateful: true } };
}

const values = (committed: ReadonlyMap<string, readonly unknown[]>): unknown[] => [...committed.values()].flat();

describe('a job that starts', () => {
  it('R33 ends after a restore whose calls were answered while other operators were still being opened', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const run = (platform: SimulatedPlatform, delayMs: number): { platform: SimulatedPlatform; job: ReturnType<typeof runLocally> } => {
      const job = runLocally(lineProgram([source(500), calls(platform, 8, () => delayMs), sinkStep(committingSink(committed))], 1), platform, { store, options: { 'batch.size': 16 } });
      job.done.catch(() => {});
      return { platform, job };
    };
    const first = run(new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 }), 5);
    await first.platform.run(() => first.job.progress().recordsIn > 20);
    await takeCheckpoint(first);
    first.platform.owner.kill();
    await finish(run(new SimulatedPlatform({ seed: 2, clockTickMs: 0.1 }), 0));
    expect(values(committed)).toEqual(numbers(500));
  });

  it('is canceled, and does not fail, when its source gives up the search because of that', async () => {
    const waitForAbort = ({ signal }: EnumeratorContext<Split>): object => ({
      start: () => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const run = start(lineProgram([source(1, waitForAbort), sinkStep(committingSink(new Map()))], 1));
    await run.platform.advance(1);
    const canceled = run.job.cancel();
    await expect(finish(run)).resolves.toMatchObject({ state: 'CANCELED' });
    await canceled;
  });
});

describe('a checkpoint', () => {
  it('fails the job at once when an enumerator cannot say what it knows, since all others would fail too', async () => {
    const broken = (): object => ({
      snapshot: () => {
        throw new Error('no snapshot');
      },
    });
    const run = start(lineProgram([source(300_000, broken), sinkStep(committingSink(new Map()))], 1), { store: new MemoryCheckpointStore(), options: { 'batch.size': 64, 'restart.strategy': 'none' } });
    await run.platform.advance(2);
    await expect(run.job.checkpoint()).rejects.toMatchObject({ message: expect.stringContaining('no snapshot') as string });
    await expect(run.job.done).rejects.toMatchObject({ code: 'MR-2301' });
  });

  it('holds a split that was assigned between a barrier that was given up and its own', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const run = (platform: SimulatedPlatform): { platform: SimulatedPlatform; job: ReturnType<typeof runLocally> } => {
      const orders = { ...rangeSource(0, make), createEnumerator: lateSplit(platform) } as unknown as Source<Reading>;
      const job = runLocally(lineProgram([{ type: 'orders', program: program(orders) }, sinkStep(stuckSink(platform, committed))], 1), platform, { store, options: { 'checkpoint.interval': 100_000 } });
      job.done.catch(() => {});
      return { platform, job };
    };
    const first = run(new SimulatedPlatform({ seed: 1 }));
    await first.platform.run(() => committed.size > 0);
    first.platform.owner.kill();
    await finish(run(new SimulatedPlatform({ seed: 2 })));
    expect(values(committed).map((row) => (row as Reading).value)).toEqual(numbers(200));
  });

  it('comes through while a lookup join holds its stream back and loads its table, and goes on from there', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const first = start(lookupJob(committed), { store });
    await first.platform.run(() => first.job.progress().recordsIn > 3000);
    await takeCheckpoint(first);
    first.platform.owner.kill();
    await finish(start(lookupJob(committed), { store }));
    expect(values(committed)).toEqual(numbers(2000).map((value) => [value, value]));
  });
});

describe('the end of a job', () => {
  it('waits for the calls under way when it is stopped', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
    const job = runLocally(lineProgram([source(100_000), calls(platform, 100, (value) => 50 + (value % 17)), sinkStep(committingSink(committed))], 1), platform, { options: { 'batch.size': 16 } });
    await platform.run(() => job.progress().recordsIn > 40);
    void job.stop();
    const { recordsIn } = await finish({ platform, job });
    expect(values(committed)).toEqual(numbers(recordsIn));
  });

  it('R27 leaves processing-time timers of a finished operator alone, though others still work', async () => {
    const fired: number[] = [];
    const fn = {
      processElement: (_value: unknown, context: { processingTime: number; timers: { registerProcessingTime(time: number): void } }) => context.timers.registerProcessingTime(context.processingTime + 50),
      onTimer: (time: number) => void fired.push(time),
    };
    const keyOf = (value: unknown): unknown => (value as Reading).key;
    const timers = keyedProcessOperator({ keyOf: keyOf as never, keyType: t.string, fn: fn as never });
    const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
    const slow: Sink<unknown> = { ...committingSink(new Map()), createCommitter: () => ({ commit: () => new Promise((resolve) => platform.timers.setTimer(500, () => resolve())) }) };
    const steps: Step[] = [source(10), { type: 'timers', program: timers, partitioning: 'hash', edge: { keyOf }, settings: { uid: 'timers', stateful: true } }, { ...sinkStep(slow), partitioning: 'rebalance' }];
    await finish({ platform, job: runLocally(lineProgram(steps, 2), platform) });
    expect(fired).toEqual([]);
  });
});

/** Finds its first split at once and its second after five minutes. */
function lateSplit(platform: SimulatedPlatform) {
  return (context: EnumeratorContext<Split & { from: number; to: number }>, restored: unknown): object => {
    let both = restored === 'both';
    return {
      start(): void {
        if (restored === undefined) context.assign(0, [{ id: 'first', from: 0, to: 100 }]);
        if (both) {
          context.noMoreSplits(0);
          return;
        }
        platform.timers.setTimer(300_000, () => {
          both = true;
          context.assign(0, [{ id: 'late', from: 100, to: 200 }]);
          context.noMoreSplits(0);
        });
      },
      splitRequested(): void {},
      splitsReturned(): void {},
      snapshot: () => (both ? 'both' : 'first'),
      close(): void {},
    };
  };
}

/** A sink that is full once, in the middle of a batch, for longer than a checkpoint may take. */
function stuckSink(platform: SimulatedPlatform, committed: Map<string, readonly unknown[]>): Sink<unknown> {
  const plain = committingSink(committed);
  return {
    ...plain,
    createWriter(context, states) {
      const writer = plain.createWriter(context, states) as SinkWriter<unknown>;
      let full = false;
      return {
        prepareCommit: (checkpointId) => writer.prepareCommit?.(checkpointId) ?? [],
        close(): void {},
        write(value, about): void {
          writer.write(value, about);
          if ((value as Reading).value === 40) full = true;
        },
        isFull: () => full,
        drained: () =>
          new Promise((resolve) => {
            platform.timers.setTimer(850_000, () => {
              full = false;
              resolve();
            });
          }),
      };
    },
  };
}

function lookupJob(committed: Map<string, readonly unknown[]>): JobProgram {
  const valueOf = (reading: Reading): number => reading.value;
  const join: OperatorFactory = lookupJoinOperator({ keyOf: valueOf as never, tableKeyOf: valueOf as never, join: ((left: Reading, right: Reading | undefined) => [left.value, right?.value]) as never });
  const node = { chaining: 'always' as const, stateful: false };
  return {
    streamGraph: {
      job: 'test', parallelism: 1, maxParallelism: 128,
      nodes: [
        { ...node, id: 0, kind: 'source', type: 'orders', name: 'orders', inputs: 0 },
        { ...node, id: 1, kind: 'source', type: 'table', name: 'table', inputs: 0 },
        { ...node, id: 2, kind: 'operator', type: 'join', name: 'join', inputs: 2, stateful: true, holdsInput: 0, uid: 'join' },
        { ...node, id: 3, kind: 'sink', type: 'sink', name: 'sink', inputs: 1, uid: 'sink' },
      ],
      edges: [
        { id: 0, from: 0, to: 2, input: 0, partitioning: 'rebalance' },
        { id: 1, from: 1, to: 2, input: 1, partitioning: 'broadcast' },
        { id: 2, from: 2, to: 3, input: 0, partitioning: 'forward' },
      ],
    },
    nodes: new Map<number, NodeProgram>([
      [0, program(rangeSource(2000, make) as unknown as Source<Reading>)],
      [1, program(rangeSource(20_000, make) as unknown as Source<Reading>)],
      [2, { kind: 'operator', outputType: DYNAMIC, factory: join }],
      [3, { kind: 'sink', sink: committingSink(committed) }],
    ]),
    edges: new Map(),
  };
}
