import { describe, expect, it } from 'vitest';
import type { Sink } from '../../connector/sink.js';
import type { Source } from '../../connector/source.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, sortedRows, start, type Step } from './job.test-parts.js';
import { launch, newMachine, reads, settled, sumsProgram, type Committed } from './savepoints.test-parts.js';
import { expectedSums } from './window-sums.test-parts.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const COUNT = 60_000;
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: index, at: index });
const source: Step = { type: 'orders', program: { kind: 'source', source: rangeSource(COUNT, make) as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC }, settings: { uid: 'orders' } };

/** A sink whose commits fail while `broken` says so. */
function failingCommits(committed: Committed, broken: () => boolean): Sink<unknown> {
  const sink = committingSink(committed);
  return {
    ...sink,
    createCommitter: (context) => {
      const committer = sink.createCommitter?.(context);
      return { commit: (committables, how) => (broken() ? Promise.reject(new Error('the other side is away')) : (committer?.commit(committables, how) ?? Promise.resolve())) };
    },
  };
}

describe('a stop', () => {
  it('that is asked for before the first record flows is done all the same', async () => {
    const committed: Committed = new Map();
    const run = start(lineProgram([source, sinkStep(committingSink(committed))], 1), { store: new MemoryCheckpointStore() });
    void run.job.stop();
    const { state, recordsIn } = await finish(run);
    expect(state).toBe('FINISHED');
    expect(recordsIn).toBeLessThan(COUNT);
    expect(sortedRows(committed)).toHaveLength(recordsIn);
  });

  it('R41 MR-2313 with a savepoint ends the job when what was written before cannot be committed, and nothing is read after it', async () => {
    for (const drain of [false, true]) {
      const committed: Committed = new Map();
      let broken = false;
      const LONG = 50_000;
      const run = launch(newMachine(3), sumsProgram(LONG, 2, failingCommits(committed, () => broken)));
      await reads(run, 5000);
      broken = true;
      const failed = await settled(run, run.job.stop({ savepoint: '/saved', drain }).catch((error: unknown) => error));
      expect(failed).toMatchObject({ code: 'MR-2313', message: expect.stringContaining('/saved/savepoint-test-1') as string });
      expect(run.job.state).toBe('FAILED');
      expect(committed.size).toBe(0);
      if (drain) continue;
      // The savepoint holds what is to be committed: whoever goes on from it commits that first.
      broken = false;
      await finish(launch(run.platform, sumsProgram(LONG, 1, committed), { directory: '/other', from: '/saved/savepoint-test-1' }));
      expect(sortedRows(committed)).toEqual(expectedSums(LONG));
    }
  });
});

it('a job that keeps failing while it stops waits before each restart, but for the one under way', async () => {
  let failures = 0;
  const fails: Sink<unknown> = { ...committingSink(new Map()), createWriter: () => { throw new Error(`failure of another kind each time: ${++failures}`); } };
  const run = start(lineProgram([source, sinkStep(fails)], 1), { store: new MemoryCheckpointStore(), options: { 'batch.size': 64, 'restart.strategy': 'fixed-delay', 'restart.delay': 10_000, 'restart.attempts': 3 } });
  await run.platform.run(() => run.job.state === 'RESTARTING');
  void run.job.stop().catch(() => {});
  const stoppedAt = run.platform.clock.now();
  await run.platform.run(() => failures >= 2 || run.job.state === 'FINISHED');
  expect(run.platform.clock.now() - stoppedAt).toBeLessThan(5000);
  await finish(run).catch(() => {});
  expect(run.platform.clock.now() - stoppedAt).toBeGreaterThan(9000 * (failures - 2));
  expect(failures).toBeGreaterThan(2);
});

it('a job whose results nobody reads any more fails, and does not wait for ever', async () => {
  const run = start(lineProgram([source, sinkStep(committingSink(new Map()))], 1), { store: new MemoryCheckpointStore() });
  run.platform.streams.stdout.closeReader();
  await expect(finish(run)).rejects.toMatchObject({ code: 'MR-2818' });
  expect(run.job.state).toBe('FAILED');
});
