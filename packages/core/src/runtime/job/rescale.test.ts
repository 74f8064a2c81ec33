import { describe, expect, it } from 'vitest';
import type { Source } from '../../connector/source.js';
import { keyedProcessOperator } from '../../operators/keyed-process.js';
import { mapOperator } from '../../operators/map.js';
import type { JobProgram } from '../../operators/job-program.js';
import { t } from '../../record/types/t.js';
import { state } from '../../state/state-builders.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { runTaskManagerThread } from '../task-manager/task-manager-thread.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import type { JobManager } from './job-manager.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, sortedRows, start, type Run, type Step } from './job.test-parts.js';
import { runInThreads } from './threaded-job.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const COUNT = 12_000;
const make = (index: number): Reading => ({ key: `k${index % 50}`, value: index, at: index });

/** Each record takes a look at the clock of the machine under test, and with it a tenth of a millisecond. */
const machine: { platform: SimulatedPlatform | undefined } = { platform: undefined };
const slowly = (index: number): Reading => {
  machine.platform?.clock.monotonicMs();
  return make(index);
};
const source = (count = COUNT): Step => ({ type: 'orders', program: { kind: 'source', source: rangeSource(count, slowly, 6) as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC }, settings: { uid: 'orders' } });

/** Starts a job in the calling thread. */
function begin(...given: Parameters<typeof start>): Run {
  const run = start(...given);
  machine.platform = run.platform;
  return run;
}

/** Numbers the records of each key. */
function numbered(): Step {
  const program = keyedProcessOperator({
    keyOf: (value: unknown) => (value as Reading).key,
    keyType: t.string,
    fn: {
      state: { seen: state.value(t.number) },
      processElement: (value: Reading, { state: kept }: { state: { seen: { value(): number | undefined; update(value: number): void } } }, out: { collect(value: unknown): void }) => {
        const number = (kept.seen.value() ?? 0) + 1;
        kept.seen.update(number);
        out.collect({ key: value.key, number });
      },
    } as never,
    sideOutputs: [],
  } as unknown as Parameters<typeof keyedProcessOperator>[0]);
  return { type: 'numbered', program, partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key }, settings: { uid: 'numbered', stateful: true } };
}

/** Every key has had its numbers from 1 without a gap or a repetition. */
function expected(count = COUNT): string[] {
  const seen = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    const { key } = make(index);
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    return JSON.stringify({ key, number });
  }).sort();
}

const program = (committed: Map<string, readonly unknown[]>, parallelism = 1, count = COUNT): JobProgram =>
  lineProgram([source(count), numbered(), sinkStep(committingSink(committed))], parallelism);

/** Rescales and lets the machine run until it is done or refused. */
async function rescale(run: { readonly platform: SimulatedPlatform; readonly job: JobManager }, to: number | Record<string, number>): Promise<unknown> {
  let outcome: unknown = 'pending';
  run.job.rescale(to).then(() => (outcome = 'done'), (error: unknown) => (outcome = error));
  await run.platform.run(() => outcome !== 'pending');
  return outcome;
}

const flowing = ({ platform, job }: Run | { platform: SimulatedPlatform; job: JobManager }, records: number): Promise<void> => platform.run(() => job.progress().recordsIn > records);

describe('rescaling a running job', () => {
  it('in worker threads, 1 → 3 → 2 while records flow, loses and repeats nothing', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const platform = new SimulatedPlatform({ seed, clockTickMs: 0.1 });
      machine.platform = platform;
      let spawned = 0;
      platform.registerThreadEntry('worker', (thread) => (spawned++, runTaskManagerThread(thread, async () => program(committed))));
      const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
      const job = runInThreads(program(committed), platform, { entryUrl: 'worker', job: undefined, workers: 3, options: { 'batch.size': 64, 'checkpoint.interval': 10 + seed }, store });
      job.done.catch(() => {});
      const run = { platform, job };
      await flowing(run, seed * 100);
      const states: string[] = [];
      job.onState((to) => states.push(to));
      expect(await rescale(run, 3)).toBe('done');
      expect(states).toEqual(['RESTARTING', 'CREATED', 'RUNNING']);
      expect(job.describe()).toMatchObject({ parallelism: 3, attempt: 1, restarts: 0, failures: [] });
      await flowing(run, job.progress().recordsIn + seed * 100);
      // Every worker tells now and then what it does.
      await platform.run(() => job.describe().subtasks.length === 6);
      expect(await rescale(run, 2)).toBe('done');
      let settled = false;
      job.done.then(() => (settled = true), () => (settled = true));
      await platform.run(() => settled);
      expect((await job.done).state).toBe('FINISHED');
      expect(sortedRows(committed)).toEqual(expected());
      // The second time it takes the worker that the first attempt has given back, and one more.
      expect(spawned).toBe(1 + 3 + 1);
    }
  });

  it('MR-2312 gives up when the new workers never finish loading, and leaves none behind when it is canceled meanwhile', async () => {
    for (const canceled of [false, true]) {
      const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
      machine.platform = platform;
      let spawned = 0;
      const committed = new Map<string, readonly unknown[]>();
      // The first worker loads the job, all others hang.
      platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, () => (spawned++ === 0 ? Promise.resolve(program(committed, 1, 2_000_000)) : new Promise<never>(() => {}))));
      const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
      const job = runInThreads(program(committed, 1, 2_000_000), platform, { entryUrl: 'worker', job: undefined, workers: 3, options: { 'batch.size': 64 }, store });
      job.done.catch(() => {});
      await flowing({ platform, job }, 100);
      const outcome = rescale({ platform, job }, 3);
      let isCanceled = false;
      if (canceled) void platform.advance(100).then(() => job.cancel()).then(() => (isCanceled = true));
      expect(await outcome).toMatchObject({ code: 'MR-2312' });
      if (!canceled) void job.cancel().then(() => (isCanceled = true));
      expect(job.state).toBe(canceled ? 'CANCELED' : 'CANCELLING');
      await platform.run(() => isCanceled);
      expect((await job.done).state).toBe('CANCELED');
    }
  });

  it('by uid changes one operator, and another one keeps what it was given', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = begin(program(committed, 1), { store: new MemoryCheckpointStore() });
    await flowing(run, 500);
    expect(await rescale(run, { numbered: 4 })).toMatchObject({ code: 'MR-1402' });
    expect(await rescale(run, { numbered: 4, sink: 4 })).toBe('done');
    await flowing(run, run.job.progress().recordsIn + 500);
    expect(await rescale(run, { orders: 2 })).toBe('done');
    expect(run.job.describe().operators.map(({ uid, parallelism }) => [uid, parallelism])).toEqual([['orders', 2], ['numbered', 4], ['sink', 4]]);
    await finish(run);
    expect(sortedRows(committed)).toEqual(expected());
  });

  it('survives failures before, during and after', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const left = new Set([seed * 300, 3000 + seed * 500, 6000 + seed * 900]);
      const fails = mapOperator((value) => {
        if (left.delete((value as Reading).value)) throw new TypeError('once');
        return value;
      });
      const job = lineProgram([source(), { type: 'enrich', program: fails }, numbered(), sinkStep(committingSink(committed))], 2);
      const run = begin(job, { store: new MemoryCheckpointStore(), options: { 'batch.size': 64, 'checkpoint.interval': 20, 'restart.delay': 3 } }, seed);
      await flowing(run, 1000);
      for (const to of [3, 1, 4]) {
        await rescale(run, to);
        await flowing(run, run.job.progress().recordsIn + 700);
      }
      await finish(run);
      expect(sortedRows(committed)).toEqual(expected());
    }
  });

  it('MR-2312 is refused without checkpoints, before it runs, twice at a time, and at its end', async () => {
    const without = begin(program(new Map()));
    await flowing(without, 100);
    expect(await rescale(without, 2)).toMatchObject({ code: 'MR-2312', message: expect.stringContaining('no checkpoints') as string });
    const run = begin(program(new Map()), { store: new MemoryCheckpointStore() });
    await expect(run.job.rescale(2)).rejects.toMatchObject({ code: 'MR-2312', message: expect.stringContaining('INITIALIZING') as string });
    await flowing(run, 100);
    const first = run.job.rescale(2);
    first.catch(() => {});
    await expect(run.job.rescale(3)).rejects.toMatchObject({ code: 'MR-2312', message: expect.stringContaining('under way') as string });
    let done = false;
    void first.then(() => (done = true));
    await run.platform.run(() => done);
    await finish(run);
    await expect(run.job.rescale(2)).rejects.toMatchObject({ code: 'MR-2312' });
  });

  it('MR-1404 MR-1406 is refused beyond the maximum parallelism and for operators that do not exist, and the job goes on', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = begin(program(committed), { store: new MemoryCheckpointStore() });
    await flowing(run, 100);
    expect(await rescale(run, 129)).toMatchObject({ code: 'MR-1404' });
    expect(await rescale(run, 0)).toMatchObject({ code: 'MR-1404' });
    expect(await rescale(run, { numberd: 2 })).toMatchObject({ code: 'MR-1406', message: expect.stringContaining('numbered') as string });
    expect(await rescale(run, 1)).toBe('done');
    expect(run.job.describe().attempt).toBe(0);
    await finish(run);
    expect(sortedRows(committed)).toEqual(expected());
  });

  it('ends when the job is canceled or stopped meanwhile', async () => {
    for (let at = 0; at < 12; at += 2) {
      const canceled = begin(program(new Map(), 1, 40_000), { store: new MemoryCheckpointStore() });
      await flowing(canceled, 500);
      const refused = canceled.job.rescale(3).then(() => undefined, () => undefined);
      await canceled.platform.advance(at);
      void canceled.job.cancel();
      expect((await finish(canceled)).state).toBe('CANCELED');
      await refused;
      const committed = new Map<string, readonly unknown[]>();
      const stopped = begin(program(committed, 1, 40_000), { store: new MemoryCheckpointStore() });
      await flowing(stopped, 500);
      const over = stopped.job.rescale(3).then(() => undefined, () => undefined);
      await stopped.platform.advance(at);
      void stopped.job.stop();
      expect((await finish(stopped)).state).toBe('FINISHED');
      await over;
      const numbers = new Map<string, number[]>();
      for (const row of [...committed.values()].flat() as { key: string; number: number }[]) numbers.set(row.key, [...(numbers.get(row.key) ?? []), row.number]);
      for (const list of numbers.values()) expect(list.sort((a, b) => a - b)).toEqual(list.map((_, index) => index + 1));
    }
  });
});
