import { describe, expect, it } from 'vitest';
import type { Sink } from '../../connector/sink.js';
import { filterOperator } from '../../operators/filter.js';
import { flatMapOperator } from '../../operators/flat-map.js';
import type { JobProgram } from '../../operators/job-program.js';
import { mapOperator } from '../../operators/map.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { committingSink, finish, lineProgram, sinkStep, sortedRows, start, takeCheckpoint, type Step } from './job.test-parts.js';
import { runLocally } from './local-executor.js';
import { expectedSums, readings, sums } from './window-sums.test-parts.js';

const COUNT = 3000;
/** Enough that a snapshot, which is written in slices, is done long before the input ends. */
const LONG = 100_000;

const source = (count = COUNT, splits = 1): Step => readings(count, splits);

describe('a job in one thread', () => {
  it('runs a chain from source to sink and commits at its end', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const even = filterOperator((value) => (value as Reading).value % 2 === 0);
    const values = mapOperator((value) => (value as Reading).value);
    const run = start(lineProgram([source(10), { type: 'filter', program: even }, { type: 'map', program: values }, sinkStep(committingSink(committed))], 1));
    expect(committed.size).toBe(0);
    expect(await finish(run)).toMatchObject({ job: 'test', state: 'FINISHED', recordsIn: 10, recordsOut: 5 });
    expect([...committed.values()].flat()).toEqual([0, 2, 4, 6, 8]);
    expect(run.job.state).toBe('FINISHED');
  });

  it.each([1, 2, 3, 5])('gives the same window sums at parallelism %i, through the real codec', async (parallelism) => {
    const committed = new Map<string, readonly unknown[]>();
    await finish(start(lineProgram([source(COUNT, 1), sums(), sinkStep(committingSink(committed))], parallelism)));
    expect(sortedRows(committed)).toEqual(expectedSums(COUNT));
  });

  it('gives the same window sums in check mode', async () => {
    const committed = new Map<string, readonly unknown[]>();
    await finish(start(lineProgram([source(), sums(), sinkStep(committingSink(committed))], 1), { options: { check: true, 'batch.size': 16 } }));
    expect(sortedRows(committed)).toEqual(expectedSums(COUNT));
  });

  it('pulls a generator only as fast as the sink drains, and loses nothing', async () => {
    const rows: unknown[] = [];
    let open = 0;
    let most = 0;
    const platform = new SimulatedPlatform({ seed: 3 });
    const slow: Sink<unknown> = {
      kind: 'slow',
      guarantee: 'none',
      createWriter: () => ({
        write(value): void {
          rows.push(value);
          most = Math.max(most, ++open);
        },
        isFull: () => open >= 10,
        drained: () =>
          new Promise((resolve) => {
            platform.timers.setTimer(1, () => {
              open = 0;
              resolve();
            });
          }),
        close(): void {},
      }),
    };
    const explode = flatMapOperator(function* () {
      for (let copy = 0; copy < 500; copy++) yield copy;
    });
    const job = runLocally(lineProgram([source(4), { type: 'flatMap', program: explode }, sinkStep(slow)], 1), platform);
    await finish({ platform, job });
    expect(rows).toHaveLength(2000);
    expect(most).toBeLessThanOrEqual(10);
  });

  it('fails with the operator and the source offset of the record, and commits nothing', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const bad = mapOperator((value) => {
      if ((value as Reading).at === 420) throw new Error('no such thing');
      return value;
    });
    const run = start(lineProgram([source(), { type: 'enrich', program: bad, settings: { definedAt: '/app/job.ts:7:3' } }, sinkStep(committingSink(committed))], 1));
    await expect(finish(run)).rejects.toMatchObject({ code: 'MR-2001', where: { job: 'test', operator: 'enrich', definedAt: '/app/job.ts:7:3', source: 'source', split: 'range-0', offset: 42 } });
    expect(run.job.state).toBe('FAILED');
    expect(committed.size).toBe(0);
  });

  it('stops where it is, without firing windows, and commits what has arrived', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(lineProgram([source(1_000_000), sums(), sinkStep(committingSink(committed))], 1));
    await run.platform.advance(1);
    void run.job.stop();
    const result = await finish(run);
    expect(result.recordsIn).toBeLessThan(1_000_000);
    const all = new Set(expectedSums(result.recordsIn));
    for (const row of sortedRows(committed)) expect(all).toContain(row);
    // The last window is still open: it stays unfired, since its end was never reached.
    expect(sortedRows(committed).length).toBeLessThan(all.size);
  });

  it('says why windows gave nothing out', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(lineProgram([source(200), sums(), sinkStep(committingSink(committed))], 1), {}, 1, 5);
    await run.platform.run(() => run.job.progress().recordsIn >= 48);
    void run.job.stop();
    await finish(run);
    expect(run.platform.streams.stderr.text).toMatch(/tumbling-window" took 48 records in and gave nothing out: the watermark stands at 469/);
  });

  it('cancels at once and commits nothing', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(lineProgram([source(1_000_000), sums(), sinkStep(committingSink(committed))], 2));
    await run.platform.advance(1);
    void run.job.cancel();
    expect(await finish(run)).toMatchObject({ state: 'CANCELED' });
    expect(committed.size).toBe(0);
  });
});

describe('checkpoints of a job in one thread', () => {
  const program = (parallelism: number, committed: Map<string, readonly unknown[]>): JobProgram =>
    lineProgram([source(LONG, 4), sums(), sinkStep(committingSink(committed))], parallelism);

  it.each([[1, 1], [1, 3], [3, 1], [2, 5]])('goes on from a checkpoint taken while records flow, from parallelism %i to %i', async (before, after) => {
    for (let seed = 1; seed <= 5; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const store = new MemoryCheckpointStore();
      const first = start(program(before, committed), { store }, seed);
      await first.platform.run(() => first.job.progress().recordsIn > seed * 1000);
      await takeCheckpoint(first);
      const readBefore = first.job.progress().recordsIn;
      // The kill: what was done after the checkpoint and not committed is gone.
      first.platform.owner.kill();
      expect(readBefore).toBeLessThan(LONG);
      await finish(start(program(after, committed), { store }, seed + 100));
      expect(sortedRows(committed)).toEqual(expectedSums(LONG));
    }
  });

  it('puts deltas behind their base when several checkpoints were taken', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const first = start(program(2, committed), { store });
    for (let taken = 1; taken <= 4; taken++) {
      await first.platform.run(() => first.job.progress().recordsIn > taken * 3000);
      await takeCheckpoint(first);
    }
    const kinds = new Set([...((await store.newest())?.operators.values() ?? [])].flat().flatMap((operator) => operator.keyGroups.map((blob) => blob.kind)));
    expect(kinds).toContain('delta');
    first.platform.owner.kill();
    await finish(start(program(3, committed), { store }));
    expect(sortedRows(committed)).toEqual(expectedSums(LONG));
  });

  it('survives kills of the whole machine at any time, with checkpoints on disk at every interval', { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const options = { options: { 'batch.size': 64, 'checkpoint.interval': 15 } };
      const machine = new SimulatedPlatform({ seed, clockTickMs: 0.1 });
      let platform: SimulatedPlatform = machine;
      for (let kill = 0; kill < 4; kill++) {
        const job = runLocally(program(1 + ((seed + kill) % 3), committed), platform, { ...options, store: new FileCheckpointStore(platform, { directory: '/state', job: 'test' }) });
        job.done.catch(() => {});
        await platform.advance(20 + ((seed * 7 + kill * 13) % 40));
        platform = machine.crash('tear');
      }
      await finish({ platform, job: runLocally(program(2, committed), platform, { ...options, store: new FileCheckpointStore(platform, { directory: '/state', job: 'test' }) }) });
      expect(sortedRows(committed)).toEqual(expectedSums(LONG));
    }
  });

  it('names restored state that the job no longer has', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const store = new MemoryCheckpointStore();
    const first = start(program(1, committed), { store });
    await first.platform.run(() => first.job.progress().recordsIn > 500);
    await takeCheckpoint(first);
    const without = start(lineProgram([source(LONG, 4), { ...sums(), settings: { uid: 'other' } }, sinkStep(committingSink(committed))], 1), { store });
    await expect(finish(without)).rejects.toMatchObject({ code: 'MR-2303', message: expect.stringContaining('"sums"') as string });
  });
});
