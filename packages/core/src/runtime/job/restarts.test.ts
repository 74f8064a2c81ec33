import { describe, expect, it } from 'vitest';
import type { Source } from '../../connector/source.js';
import { mapOperator } from '../../operators/map.js';
import type { OperatorFactory } from '../../operators/operator.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { runTaskManagerThread } from '../task-manager/task-manager-thread.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, sortedRows, start, takeCheckpoint, type Step } from './job.test-parts.js';
import { OUTAGE_MS } from './failure-story.js';
import { restartHelps } from './restart-helps.js';
import { runInThreads } from './threaded-job.js';
import { defineError } from '../../base/errors.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: index, at: index });
const source = (count: number, splits = 1): Step => ({ type: 'orders', program: { kind: 'source', source: rangeSource(count, make, splits) as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC } });
const expected = (count: number): string[] => Array.from({ length: count }, (_, index) => JSON.stringify(make(index))).sort();

/** A map that throws at the records with these numbers, each so many times. */
function failsAt(failures: ReadonlyMap<number, number>): OperatorFactory {
  const left = new Map(failures);
  return mapOperator((value) => {
    const { value: number } = value as Reading;
    const times = left.get(number) ?? 0;
    if (times === 0) return value;
    left.set(number, times - 1);
    throw new TypeError(`record ${number} is bad`);
  });
}

const line = (count: number, operator: OperatorFactory, committed: Map<string, readonly unknown[]>): ReturnType<typeof lineProgram> =>
  lineProgram([source(count), { type: 'enrich', program: operator, settings: { definedAt: '/app/job.ts:7:3' } }, sinkStep(committingSink(committed))], 1);

describe('a job that fails and restarts', () => {
  it('R45 goes on from the newest complete checkpoint after a second, and gives the same committed rows', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(line(60_000, failsAt(new Map([[40_000, 2]])), committed), { store: new MemoryCheckpointStore() });
    const states: string[] = [];
    run.job.onState((state) => states.push(state));
    await run.platform.run(() => run.job.progress().recordsIn > 1000);
    await takeCheckpoint(run);
    expect((await finish(run)).state).toBe('FINISHED');
    expect(sortedRows(committed)).toEqual(expected(60_000));
    expect(states).toEqual(['CREATED', 'RUNNING', 'FAILING', 'RESTARTING', 'CREATED', 'RUNNING', 'FAILING', 'RESTARTING', 'CREATED', 'RUNNING', 'FINISHED']);
    const { failures, restarts, attempt, checkpoints } = run.job.describe();
    expect({ restarts, attempt }).toEqual({ restarts: 2, attempt: 2 });
    expect(failures).toMatchObject([
      { number: 1, attempt: 0, code: 'MR-2001', where: { operator: 'enrich', split: 'range-0', offset: 40_000 }, inARow: 1, restoredFrom: 1 },
      { number: 2, attempt: 1, inARow: 2, restoredFrom: 1 },
    ]);
    expect(failures[0]?.restartAfterMs).toBeGreaterThanOrEqual(900);
    expect(failures[1]?.restartAfterMs).toBeGreaterThanOrEqual(1350);
    expect(checkpoints).toMatchObject({ triggered: 2, completed: 2, failed: 0, last: { checkpointId: 2 } });
    expect(run.platform.streams.stderr.text.match(/goes on from checkpoint 1 in/g)).toHaveLength(2);
  });

  it('begins at the start when no checkpoint was complete, and at the checkpoint the run began with when none of its own was', async () => {
    const fresh = new Map<string, readonly unknown[]>();
    const first = start(line(5000, failsAt(new Map([[3000, 1]])), fresh), { store: new MemoryCheckpointStore() });
    await finish(first);
    expect(sortedRows(fresh)).toEqual(expected(5000));
    expect(first.job.describe().failures).toMatchObject([{ restoredFrom: undefined }]);
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const killed = start(line(50_000, failsAt(new Map()), committed), { store });
    await killed.platform.run(() => killed.job.progress().recordsIn > 1000);
    await takeCheckpoint(killed);
    killed.platform.owner.kill();
    const resumed = start(line(50_000, failsAt(new Map([[40_000, 1]])), committed), { store });
    await finish(resumed);
    expect(resumed.job.describe().failures).toMatchObject([{ restoredFrom: 1 }]);
    expect(sortedRows(committed)).toEqual(expected(50_000));
  });

  it('never goes on from an older run when it was told to begin afresh', async () => {
    const store = new MemoryCheckpointStore();
    const older = start(line(50_000, failsAt(new Map()), new Map()), { store });
    await older.platform.run(() => older.job.progress().recordsIn > 1000);
    await takeCheckpoint(older);
    older.platform.owner.kill();
    const committed = new Map<string, readonly unknown[]>();
    await finish(start(line(5000, failsAt(new Map([[3000, 1]])), committed), { store, resume: 'none' }));
    expect(sortedRows(committed)).toEqual(expected(5000));
  });

  it('R45 MR-2311 ends when the same record fails three times in a row, and tells all three', async () => {
    const run = start(line(60_000, failsAt(new Map([[40_000, 9]])), new Map()), { store: new MemoryCheckpointStore() });
    await expect(finish(run)).rejects.toMatchObject({
      code: 'MR-2311', where: { operator: 'enrich', offset: 40_000 }, cause: { code: 'MR-2001' },
      why: expect.stringMatching(/in attempt 0: MR-2001.*in attempt 1: MR-2001.*in attempt 2: MR-2001/) as string,
    });
    expect(run.job.state).toBe('FAILED');
    expect(run.job.describe().failures.map(({ inARow, restartAfterMs }) => [inARow, restartAfterMs === undefined])).toEqual([[1, false], [2, false], [3, true]]);
  });

  it('R45 outlasts an outage of minutes behind a promise, and ends after ten minutes of it', async () => {
    const away = (until: number): ReturnType<typeof start> => {
      const upsert: OperatorFactory = { create: () => ({ recordsIn: 0, open(): void {
        if (run.platform.clock.monotonicMs() < until) throw new Error('connection refused');
      }, input: () => ({ process(): void {} }) }) };
      const run = start(lineProgram([source(100), { type: 'upsert', program: upsert }, sinkStep(committingSink(new Map()))], 1), { store: new MemoryCheckpointStore() });
      return run;
    };
    const short = away(300_000);
    expect((await finish(short)).state).toBe('FINISHED');
    expect(short.job.describe().restarts).toBeGreaterThan(8);
    expect(short.job.describe().failures.at(-1)?.inARow).toBe(short.job.describe().restarts);
    const long = away(Infinity);
    await expect(finish(long)).rejects.toMatchObject({ code: 'MR-2311', message: expect.stringMatching(/has failed \d\d times in a row.*connection refused/) as string });
    expect(long.platform.clock.monotonicMs()).toBeGreaterThanOrEqual(OUTAGE_MS);
    expect(long.platform.clock.monotonicMs()).toBeLessThan(OUTAGE_MS + 70_000);
  });

  it('R45 goes on when other records fail in between', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(line(9000, failsAt(new Map([[1000, 2], [2000, 2], [3000, 2]])), committed), { store: new MemoryCheckpointStore(), options: { 'batch.size': 64, 'restart.delay': 1 } });
    await finish(run);
    expect(sortedRows(committed)).toEqual(expected(9000));
    expect(run.job.describe().restarts).toBe(6);
  });

  it('R45 does not restart without checkpoints unless it is told to', async () => {
    await expect(finish(start(line(5000, failsAt(new Map([[3000, 1]])), new Map())))).rejects.toMatchObject({ code: 'MR-2001' });
    const committed = new Map<string, readonly unknown[]>();
    const run = start(line(5000, failsAt(new Map([[3000, 1]])), committed), { options: { 'batch.size': 64, 'restart.strategy': 'fixed-delay', 'restart.delay': 0 } });
    await finish(run);
    expect(sortedRows(committed)).toEqual(expected(5000));
  });

  it('ends with the failure itself when the restarts are used up', async () => {
    const run = start(line(9000, failsAt(new Map([[1000, 1], [2000, 1]])), new Map()), { options: { 'batch.size': 64, 'restart.strategy': 'fixed-delay', 'restart.attempts': 1, 'restart.delay': 1 } });
    await expect(finish(run)).rejects.toMatchObject({ code: 'MR-2001', where: { offset: 2000 } });
    expect(run.platform.streams.stderr.text).toContain('not started again: all 1 restarts');
  });

  it('R43 ends at once where a restart cannot help', () => {
    const stored = defineError({ code: 'MR-1301', title: 't', explanation: 'e', remedy: 'r' });
    const failed = defineError({ code: 'MR-2202', title: 't', explanation: 'e', remedy: 'r' });
    expect(restartHelps(failed.error({ what: 'w' }))).toBe(true);
    expect(restartHelps(failed.error({ what: 'w', cause: stored.error({ what: 'w' }) }))).toBe(false);
    expect(restartHelps(new Error('connection lost'))).toBe(true);
  });

  it('stops and cancels while it waits for its restart', async () => {
    const slow = { store: new MemoryCheckpointStore(), options: { 'batch.size': 64, 'restart.delay': 500_000, 'restart.maxDelay': 500_000 } } as const;
    const canceled = start(line(60_000, failsAt(new Map([[4000, 1]])), new Map()), slow);
    await canceled.platform.run(() => canceled.job.state === 'RESTARTING');
    void canceled.job.cancel();
    expect((await finish(canceled)).state).toBe('CANCELED');
    const committed = new Map<string, readonly unknown[]>();
    const stopped = start(line(60_000, failsAt(new Map([[4000, 1]])), committed), { ...slow, store: new MemoryCheckpointStore() });
    await stopped.platform.run(() => stopped.job.state === 'RESTARTING');
    void stopped.job.stop();
    expect((await finish(stopped)).state).toBe('FINISHED');
    expect(stopped.platform.clock.monotonicMs()).toBeLessThan(400_000);
  });
});

describe('a job in worker threads whose workers end', () => {
  it('R45 starts new workers and gives the same committed rows, whatever ends which worker when', { timeout: 60_000 }, async () => {
    let restarted = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const platform = new SimulatedPlatform({ seed, clockTickMs: 0.1 });
      // The functions of all workers are in this process: what has failed once does not fail again.
      const bad = failsAt(new Map([[seed * 900, 1], [seed * 1100, 1]]));
      const build = (): ReturnType<typeof lineProgram> => lineProgram([source(20_000, 3), { type: 'enrich', program: bad, partitioning: 'rebalance' }, sinkStep(committingSink(committed))], 2);
      platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, async () => build()));
      const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
      const job = runInThreads(build(), platform, { entryUrl: 'worker', job: undefined, workers: 2, options: { 'batch.size': 64, 'checkpoint.interval': 15, 'restart.delay': 5 }, store });
      let settled = false;
      job.done.then(() => (settled = true), () => (settled = true));
      await platform.run(() => settled);
      await job.done;
      expect(sortedRows(committed)).toEqual(expected(20_000));
      restarted += job.describe().restarts;
      expect(new Set(job.describe().failures.map(({ code }) => code))).toEqual(new Set(['MR-2001']));
    }
    expect(restarted).toBe(16);
  });
});
