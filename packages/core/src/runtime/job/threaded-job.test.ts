import { describe, expect, it } from 'vitest';
import { mapOperator } from '../../operators/map.js';
import type { JobProgram } from '../../operators/job-program.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { runTaskManagerThread } from '../task-manager/task-manager-thread.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { committingSink, lineProgram, sinkStep, sortedRows, type Step } from './job.test-parts.js';
import type { JobManager } from './job-manager.js';
import { runInThreads, type ThreadedRunOptions } from './threaded-job.js';
import { expectedSums, readings, sums } from './window-sums.test-parts.js';

const COUNT = 20_000;

const source = (count = COUNT, splits = 4): Step => readings(count, splits);

type Build = () => JobProgram;

/** Starts a job in threads of a simulated machine; each thread builds the job anew. */
function start(build: Build, workers: number, options: Partial<ThreadedRunOptions> = {}, seed = 1, inWorker: Build = build): { platform: SimulatedPlatform; job: JobManager } {
  const platform = new SimulatedPlatform({ seed, clockTickMs: 0.1 });
  platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, async () => inWorker()));
  const job = runInThreads(build(), platform, { entryUrl: 'worker', job: undefined, workers, options: { 'batch.size': 64 }, ...options });
  job.done.catch(() => {});
  return { platform, job };
}

async function finish({ platform, job }: ReturnType<typeof start>): Promise<Awaited<JobManager['done']>> {
  let settled = false;
  job.done.then(() => (settled = true), () => (settled = true));
  await platform.run(() => settled);
  return job.done;
}

describe('a job in worker threads', () => {
  const program = (committed: Map<string, readonly unknown[]>, parallelism: number): Build => () => lineProgram([source(), sums(), sinkStep(committingSink(committed))], parallelism);

  it.each([[1, 1], [2, 2], [4, 2], [3, 3], [5, 4]])('gives the same rows at parallelism %i in %i threads', async (parallelism, workers) => {
    const committed = new Map<string, readonly unknown[]>();
    const result = await finish(start(program(committed, parallelism), workers, {}, parallelism));
    expect(sortedRows(committed)).toEqual(expectedSums(COUNT));
    expect(result).toMatchObject({ state: 'FINISHED', recordsIn: COUNT, recordsOut: expectedSums(COUNT).length });
  });

  it.each([[2, 3], [3, 1], [4, 2]])('goes on from a checkpoint at another parallelism, from %i to %i', async (before, after) => {
    for (let seed = 1; seed <= 4; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const store = new MemoryCheckpointStore();
      const first = start(program(committed, before), before, { store }, seed);
      await first.platform.run(() => first.job.state === 'RUNNING');
      await first.platform.advance(seed * 4);
      let taken = false;
      first.job.checkpoint().then(() => (taken = true), () => {});
      await first.platform.run(() => taken);
      await first.platform.advance(seed);
      expect(first.job.state).toBe('RUNNING');
      first.platform.owner.kill();
      await finish(start(program(committed, after), after, { store }, seed + 50));
      expect(sortedRows(committed)).toEqual(expectedSums(COUNT));
    }
  });

  it('survives kills of the whole machine at any time, with checkpoints on disk at every interval', { timeout: 60_000 }, async () => {
    let restores = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const machine = new SimulatedPlatform({ seed, clockTickMs: 0.1 });
      let platform: SimulatedPlatform = machine;
      const run = (parallelism: number, workers: number): JobManager => {
        const build = program(committed, parallelism);
        platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, async () => build()));
        const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
        return runInThreads(build(), platform, { entryUrl: 'worker', job: undefined, workers, options: { 'batch.size': 64, 'checkpoint.interval': 15 }, store });
      };
      for (let kill = 0; kill < 4; kill++) {
        run(1 + ((seed + kill) % 3), 3).done.catch(() => {});
        await platform.advance(200 + ((seed * 17 + kill * 13) % 60));
        platform = machine.crash('tear');
      }
      if ((await new FileCheckpointStore(platform, { directory: '/state', job: 'test' }).list()).length > 0) restores++;
      const job = run(2, 2);
      job.done.catch(() => {});
      await finish({ platform, job });
      expect(sortedRows(committed)).toEqual(expectedSums(COUNT));
    }
    expect(restores).toBeGreaterThan(7);
  });

  it('fails when the threads have built different graphs', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(program(committed, 2), 2, {}, 1, program(committed, 3));
    await expect(finish(run)).rejects.toMatchObject({ code: 'MR-2308', message: expect.stringContaining('worker 1') as string });
    expect(run.job.state).toBe('FAILED');
  });

  it('fails with the code, the operator and the cause that a worker has met', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const bad = mapOperator((value) => {
      if ((value as Reading).at === 420) throw new TypeError('no such thing');
      return value;
    });
    const build: Build = () => lineProgram([source(), { type: 'enrich', program: bad, settings: { definedAt: '/app/job.ts:7:3' } }, sinkStep(committingSink(committed))], 2);
    const failure = finish(start(build, 2));
    await expect(failure).rejects.toMatchObject({ code: 'MR-2001', where: { operator: 'enrich', definedAt: '/app/job.ts:7:3', split: 'range-0', offset: 42 }, cause: { name: 'TypeError', message: 'no such thing' } });
    expect(committed.size).toBe(0);
  });

  it('fails when a worker is gone, and commits nothing', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(program(committed, 2), 2, {}, 1, () => {
      throw new RangeError('cannot be built here');
    });
    await expect(finish(run)).rejects.toMatchObject({ message: 'cannot be built here' });
    expect(committed.size).toBe(0);
  });

  it('does not wait for workers that are still loading when it fails at its start', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, () => new Promise<never>(() => {})));
    const store = { ...new MemoryCheckpointStore(), open: () => Promise.reject(new RangeError('in use')), close: async () => {} } as unknown as MemoryCheckpointStore;
    const job = runInThreads(lineProgram([source(), sinkStep(committingSink(new Map()))], 1), platform, { entryUrl: 'worker', job: undefined, store });
    job.done.catch(() => {});
    const before = platform.clock.monotonicMs();
    await expect(finish({ platform, job })).rejects.toMatchObject({ message: 'in use' });
    expect(platform.clock.monotonicMs() - before).toBeLessThan(1000);
  });

  it('stops and cancels', async () => {
    const long = (committed: Map<string, readonly unknown[]>): Build => () => lineProgram([source(5_000_000), sums(), sinkStep(committingSink(committed))], 2);
    const stopped = new Map<string, readonly unknown[]>();
    const first = start(long(stopped), 2);
    await first.platform.run(() => first.job.state === 'RUNNING');
    await first.platform.advance(20);
    void first.job.stop();
    const result = await finish(first);
    expect(result.recordsIn).toBeGreaterThan(0);
    expect(result.recordsIn).toBeLessThan(5_000_000);
    const canceled = new Map<string, readonly unknown[]>();
    const second = start(long(canceled), 2);
    await second.platform.run(() => second.job.state === 'RUNNING');
    await second.platform.advance(20);
    void second.job.cancel();
    expect(await finish(second)).toMatchObject({ state: 'CANCELED' });
    expect(canceled.size).toBe(0);
  });

  it('hands printed rows and log messages over in their order', async () => {
    const printed: unknown[] = [];
    const print = { kind: 'print', guarantee: 'at-least-once' as const, createWriter: (context: { print(text: string, row: unknown): void }) => ({ write: (value: unknown) => context.print(`${(value as Reading).value}\n`, value), close: () => {} }) };
    const build: Build = () => lineProgram([source(500, 1), sinkStep(print as never)], 1);
    await finish(start(build, 1, { onPrint: (text, row) => printed.push([text, (row as Reading).at]) }));
    expect(printed).toEqual(Array.from({ length: 500 }, (_, index) => [`${index % 100}\n`, index * 10]));
  });
});
