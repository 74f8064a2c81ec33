import { describe, expect, it } from 'vitest';
import type { ReachPoint } from '../../base/reach-points.js';
import { listCheckpoints } from '../../stores/list-checkpoints.js';
import { verifyCheckpoint } from '../../stores/verify-checkpoint.js';
import { committingSink, finish, sortedRows, takeCheckpoint, type Run } from './job.test-parts.js';
import { launch, newMachine, reads, savepointPath, settled, sumsProgram, type Committed } from './savepoints.test-parts.js';
import { expectedSums } from './window-sums.test-parts.js';

/** Enough that a snapshot, which is written in slices, is done long before the input ends. */
const LONG = 60_000;
const LONGER = 100_000;
const SAVED = { directory: '/saved' };

/** The rows of a run that goes on from a path in a directory of its own, together with what was committed before. */
async function rowsFrom(run: Run, path: string, before: Committed, parallelism: number, more: Parameters<typeof launch>[2] = {}, count: number = LONG): Promise<string[]> {
  const committed: Committed = new Map(before);
  const resumed = launch(run.platform, sumsProgram(count, parallelism, committed), { directory: `/resumed-${parallelism}`, from: path, ...more });
  await finish(resumed);
  return sortedRows(committed);
}

const total = (rows: readonly string[]): number => rows.reduce((sum, row) => sum + (JSON.parse(row) as { sum: number }).sum, 0);

/** Whichever of the two is resumed after a crash, no row is missing and none comes twice. */
async function comesThrough(run: Run, committed: Committed, drained: boolean): Promise<void> {
  const saved = listCheckpoints(run.platform, '/saved').find(({ kind, damage }) => kind === 'savepoint' && damage === undefined);
  const more = drained ? { drained, resetWatermarks: true } : {};
  const fromSavepoint = saved === undefined ? undefined : await rowsFrom(run, saved.directory, committed, 3, more);
  const again: Committed = new Map(committed);
  await finish(launch(run.platform, sumsProgram(LONG, 3, again), drained ? { resetWatermarks: true } : {}));
  for (const rows of fromSavepoint === undefined ? [sortedRows(again)] : [fromSavepoint, sortedRows(again)]) {
    // A window that the drain has cut is fired in two parts, which together are right.
    if (drained) expect(total(rows)).toBe(total(expectedSums(LONG)));
    else expect(rows).toEqual(expectedSums(LONG));
  }
}

describe('R41 a savepoint after which the job goes on', () => {
  it.each([[2, 1], [3, 2]])('commits nothing, disturbs no delta, and is enough to go on from, at parallelism %i and then %i', async (before, after) => {
    const committed: Committed = new Map();
    const run = launch(newMachine(1), sumsProgram(LONGER, before, committed));
    await reads(run, 3000);
    await takeCheckpoint(run);
    await reads(run, 6000);
    const atFirst = new Map(committed);
    const handedOut = (id: number): string[] => [...committed.keys()].filter((key) => key.split('-')[1] === String(id));
    const first = await settled(run, run.job.savepoint(SAVED));
    expect(handedOut(2)).toEqual([]);
    expect(first).toMatchObject({ kind: 'savepoint', path: savepointPath(2), checkpointId: 2, job: 'test' });
    await reads(run, 9000);
    await takeCheckpoint(run);
    // With the next checkpoint comes what was handed out for the savepoint.
    await run.platform.run(() => handedOut(2).length === before);
    const atSecond = new Map(committed);
    const second = await settled(run, run.job.savepoint(SAVED));
    await reads(run, 12_000);
    await takeCheckpoint(run);
    // The checkpoint after a savepoint builds on the checkpoint before it.
    expect(listCheckpoints(run.platform, '/state').map(({ checkpointId, bytes, newBytes }) => [checkpointId, bytes === newBytes])).toEqual([[3, false], [5, false]]);
    expect([...listCheckpoints(run.platform, '/saved')].map(({ kind, checkpointId, bytes, newBytes, damage }) => [kind, checkpointId, bytes === newBytes, damage])).toEqual([['savepoint', 2, true, undefined], ['savepoint', 4, true, undefined]]);
    expect(verifyCheckpoint(run.platform, second.path).problems).toEqual([]);
    const heir = run.platform.crash('tear');
    await finish(launch(heir, sumsProgram(LONGER, after, committed)));
    expect(sortedRows(committed)).toEqual(expectedSums(LONGER));
    expect(await rowsFrom({ ...run, platform: heir }, first.path, atFirst, after, {}, LONGER)).toEqual(expectedSums(LONGER));
    expect(await rowsFrom({ ...run, platform: heir }, second.path, atSecond, after + 1, {}, LONGER)).toEqual(expectedSums(LONGER));
    // Nobody has touched what belongs to the user.
    expect(listCheckpoints(heir, '/saved').map(({ damage }) => damage)).toEqual([undefined, undefined]);
  });

  it('may be renamed and copied, and is resumed from wherever it lies', async () => {
    const run = launch(newMachine(2), sumsProgram(LONG, 2, new Map()));
    await reads(run, 5000);
    const { path } = await settled(run, run.job.savepoint(SAVED));
    await settled(run, run.job.cancel());
    const { files } = run.platform;
    files.makeDirectory('/elsewhere/deep');
    for (const { name } of files.readDirectory(path)) files.writeFile(`/elsewhere/deep/${name}`, files.readFile(`${path}/${name}`));
    files.rename(path, '/saved/renamed');
    files.removeTree('/state');
    expect(await rowsFrom(run, '/saved/renamed', new Map(), 1)).toEqual(expectedSums(LONG));
    expect(await rowsFrom(run, '/elsewhere/deep/savepoint.json', new Map(), 2)).toEqual(expectedSums(LONG));
  });

  it('waits for a checkpoint under way, and several are taken one after the other', async () => {
    const run = launch(newMachine(3), sumsProgram(LONG, 2, new Map()), { options: { 'checkpoint.interval': 5 } });
    await reads(run, 3000);
    const all = [run.job.checkpoint().catch(() => undefined), run.job.savepoint(SAVED), run.job.savepoint(SAVED), run.job.savepoint({ directory: '/other' })];
    const taken = await settled(run, Promise.all(all));
    const ids = taken.flatMap((stored) => stored?.checkpointId ?? []);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    expect(run.job.describe().checkpoints?.savepoints).toBe(3);
    await settled(run, run.job.cancel());
  });

  it('is refused by code where it cannot be made, and the job goes on', async () => {
    const committed: Committed = new Map();
    const run = launch(newMachine(4), sumsProgram(LONG, 1, committed));
    await expect(run.job.savepoint(SAVED)).rejects.toMatchObject({ code: 'MR-2306', message: expect.stringContaining('it is INITIALIZING') as string });
    await reads(run, 2000);
    run.platform.files.writeFile('/taken', 'a file');
    await expect(settled(run, run.job.savepoint({ directory: '/taken' }))).rejects.toMatchObject({ code: 'MR-2413' });
    run.platform.files.writeFile('/saved', '');
    await expect(settled(run, run.job.stop({ savepoint: '/saved' }))).rejects.toMatchObject({ code: 'MR-2413' });
    await expect(settled(run, run.job.stop({ savepoint: '/saved', drain: true }))).rejects.toMatchObject({ code: 'MR-2413' });
    expect(await finish(run)).toMatchObject({ state: 'FINISHED', recordsIn: LONG });
    expect(sortedRows(committed)).toEqual(expectedSums(LONG));
    await expect(run.job.savepoint(SAVED)).rejects.toMatchObject({ code: 'MR-2306' });
  });

  it('leaves nothing behind when the job is canceled meanwhile', async () => {
    for (let events = 0; events < 40; events += 3) {
      const run = launch(newMachine(5), sumsProgram(LONG, 2, new Map()));
      await reads(run, 3000);
      let outcome: unknown;
      const taken = run.job.savepoint(SAVED).then((saved) => (outcome = saved.path), (error: unknown) => (outcome = error));
      let left = events;
      await run.platform.run(() => outcome !== undefined || left-- <= 0);
      await settled(run, run.job.cancel());
      await settled(run, taken);
      // Either it was being written and is whole, or there is none.
      const found = listCheckpoints(run.platform, '/saved').map(({ directory }) => directory);
      if (typeof outcome === 'string') expect([found, verifyCheckpoint(run.platform, outcome).problems]).toEqual([[outcome], []]);
      else expect([outcome, run.platform.files.exists(savepointPath(1))]).toMatchObject([{ code: 'MR-2306' }, false]);
    }
  });
});

describe('R41 a stop with a savepoint', () => {
  it.each([[1, 1], [2, 3], [3, 1]])('fires nothing, commits what is done, and is gone on from as if nothing had been, at parallelism %i and then %i', async (before, after) => {
    let early = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const committed: Committed = new Map();
      const run = launch(newMachine(seed), sumsProgram(LONG, before, committed), { options: { 'checkpoint.interval': 20 } });
      await reads(run, 1000 + seed * 2000);
      const result = await settled(run, run.job.stop({ savepoint: '/saved' }));
      expect(result).toMatchObject({ state: 'FINISHED', savepoint: expect.stringMatching(/^\/saved\/savepoint-test-\d+$/) as string });
      expect(await run.job.done).toEqual(result);
      if (result.recordsIn < LONG) early++;
      const path = result.savepoint as string;
      // What was handed out at the barrier is committed; the windows that were open are not fired.
      const all = new Set(expectedSums(LONG));
      expect(committed.size).toBeGreaterThan(0);
      expect(sortedRows(committed).every((row) => all.has(row))).toBe(true);
      expect(await rowsFrom(run, path, committed, after)).toEqual(expectedSums(LONG));
      // The run's own directory has the same state.
      await finish(launch(run.platform, sumsProgram(LONG, after, committed)));
      expect(sortedRows(committed)).toEqual(expectedSums(LONG));
    }
    expect(early).toBeGreaterThan(0);
  });

  it('with drain fires all windows, and is refused to whoever goes on from it without saying so', async () => {
    const committed: Committed = new Map();
    const run = launch(newMachine(6), sumsProgram(LONG, 2, committed));
    await reads(run, 5000);
    const { savepoint = '', recordsIn } = await settled(run, run.job.stop({ savepoint: '/saved', drain: true }));
    expect(recordsIn).toBeLessThan(LONG);
    const read = sortedRows(committed);
    expect(total(read)).toBeGreaterThan(0);
    expect(listCheckpoints(run.platform, '/saved')[0]).toMatchObject({ drained: true, kind: 'savepoint' });
    await expect(rowsFrom(run, savepoint, committed, 1)).rejects.toMatchObject({ code: 'MR-2415' });
    // Every record counts once, the rest after an anew begun event time.
    const rows = await rowsFrom(run, savepoint, committed, 2, { drained: true, resetWatermarks: true });
    expect(total(rows)).toBe(total(expectedSums(LONG)));
    expect(rows.length).toBeGreaterThan(read.length);
  });

  it('with drain and without a savepoint fires all windows and stops', async () => {
    const committed: Committed = new Map();
    const run = launch(newMachine(7), sumsProgram(LONG, 1, committed));
    await reads(run, 5000);
    const stopped = await settled(run, run.job.stop({ drain: true }));
    expect(stopped.savepoint).toBeUndefined();
    const starts = sortedRows(committed).map((row) => (JSON.parse(row) as { start: number }).start);
    expect(Math.max(...starts)).toBeGreaterThan(0);
    expect(committed.size).toBeGreaterThan(0);
  });

  it('takes the checkpoint at the end of the input when that comes first', async () => {
    const committed: Committed = new Map();
    const run = launch(newMachine(8), sumsProgram(4000, 2, committed));
    await reads(run, 3990);
    const { savepoint = '' } = await settled(run, run.job.stop({ savepoint: '/saved' }));
    expect(verifyCheckpoint(run.platform, savepoint).problems).toEqual([]);
    await finish(launch(run.platform, sumsProgram(4000, 2, committed)));
    expect(sortedRows(committed)).toEqual(expectedSums(4000));
  });

  const once = [0, 1];
  it.each<[ReachPoint, readonly number[]]>([
    ['barrier-injected', [0]],
    ['mid-alignment', [0]],
    ['before-sync-snapshot', [3]],
    ['after-sync-snapshot', [1]],
    ['before-ack', [2]],
    ['between-acks', once],
    ['during-upload', [0, 40]],
    ['before-rename', [0, 1, 2, 3]],
    ['before-directory-sync', [1, 3]],
    ['before-manifest', once],
    ['before-committing-mark', [0]],
    ['before-notify', [0]],
    ['after-commit', once],
    ['before-commit-recorded', once],
  ])('neither loses nor repeats a row when the machine loses power at the point %s', { timeout: 120_000 }, async (name, times) => {
    for (const time of times) {
      for (const drain of [false, true]) {
        const committed: Committed = new Map();
        const run = launch(newMachine(100 + time), sumsProgram(LONG, 2, committed));
        await reads(run, 4000);
        await takeCheckpoint(run);
        let left = time;
        let killed = false;
        run.platform.onReach((point, process) => {
          if (point !== name || left-- !== 0) return;
          killed = true;
          process.kill();
        });
        void run.job.stop({ savepoint: '/saved', drain }).catch(() => {});
        await run.platform.run(() => killed);
        run.platform.onReach(undefined);
        await comesThrough({ ...run, platform: run.platform.crash('tear') }, committed, drain);
      }
    }
  });

  it('goes on when the savepoint cannot be written to its end', async () => {
    const committed: Committed = new Map();
    const run = launch(newMachine(9), sumsProgram(LONG, 2, committed));
    await reads(run, 4000);
    await takeCheckpoint(run);
    const stopping = run.job.stop({ savepoint: '/saved' });
    run.platform.onReach((point) => {
      if (point !== 'before-ack') return;
      run.platform.files.capacityBytes = 1;
      run.platform.onReach(undefined);
    });
    await expect(settled(run, stopping)).rejects.toMatchObject({ code: 'MR-2413' });
    run.platform.files.capacityBytes = Number.POSITIVE_INFINITY;
    expect(listCheckpoints(run.platform, '/saved')).toEqual([]);
    const { savepoint = '' } = await settled(run, run.job.stop({ savepoint: '/saved' }));
    expect(await rowsFrom(run, savepoint, committed, 2)).toEqual(expectedSums(LONG));
  });
});

describe('R41 a savepoint while the job changes', () => {
  it('is taken or refused by code when the job is rescaled meanwhile, and no row is lost or doubled', async () => {
    const outcomes = new Set<string>();
    for (let delay = 0; delay < 6; delay++) {
      const committed: Committed = new Map();
      const run = launch(newMachine(20 + delay), sumsProgram(LONG, 2, committed));
      await reads(run, 3000);
      const asked: Promise<unknown>[] = [];
      const ask = (action: () => Promise<unknown>): void => void asked.push(action());
      const [first, second] = delay % 2 === 0 ? [() => run.job.rescale(3), () => run.job.savepoint(SAVED)] : [() => run.job.savepoint(SAVED), () => run.job.rescale(3)];
      ask(first);
      let events = delay * 8;
      await run.platform.run(() => events-- <= 0);
      ask(second);
      for (const { status, reason } of (await settled(run, Promise.allSettled(asked))) as { status: string; reason?: unknown }[]) {
        outcomes.add(status);
        if (status === 'rejected') expect(reason).toMatchObject({ code: expect.stringMatching(/^MR-23(06|12)$/) as string });
      }
      for (const { directory } of listCheckpoints(run.platform, '/saved')) expect(verifyCheckpoint(run.platform, directory).problems).toEqual([]);
      await finish(run);
      expect(sortedRows(committed)).toEqual(expectedSums(LONG));
    }
    expect(outcomes).toContain('fulfilled');
  });

  it('ends the job when it stops with one after a rescale, at whichever parallelism', async () => {
    const committed: Committed = new Map();
    const run = launch(newMachine(30), sumsProgram(LONG, 1, committed));
    await reads(run, 2000);
    await settled(run, run.job.rescale(3));
    const { savepoint = '' } = await settled(run, run.job.stop({ savepoint: '/saved' }));
    expect(await rowsFrom(run, savepoint, committed, 2)).toEqual(expectedSums(LONG));
  });

  it('is refused by code when an attempt fails meanwhile, and the job goes on from its checkpoint', async () => {
    const committed: Committed = new Map();
    let fails = true;
    const sink = committingSink(committed);
    const failing: typeof sink = {
      ...sink,
      createWriter(context, restored) {
        const writer = sink.createWriter(context, restored);
        return {
          ...writer,
          prepareCommit(checkpointId) {
            if (checkpointId === 2 && fails) {
              fails = false;
              throw new Error('out of luck');
            }
            return writer.prepareCommit?.(checkpointId) ?? [];
          },
        } as typeof writer;
      },
    };
    const run = launch(newMachine(31), sumsProgram(LONG, 2, failing), { options: { 'restart.strategy': 'fixed-delay', 'restart.delay': 10 } });
    await reads(run, 3000);
    await takeCheckpoint(run);
    await expect(settled(run, run.job.stop({ savepoint: '/saved' }))).rejects.toMatchObject({ code: 'MR-2306' });
    expect(listCheckpoints(run.platform, '/saved')).toEqual([]);
    expect(await finish(run)).toMatchObject({ state: 'FINISHED' });
    expect(sortedRows(committed)).toEqual(expectedSums(LONG));
  });
});

it('R41 a savepoint holds state on disk as a checkpoint does, and either backend goes on from it', async () => {
  const committed: Committed = new Map();
  const run = launch(newMachine(40), sumsProgram(LONG, 2, committed), { options: { 'stateBackend': 'log', 'checkpoint.dir': '/state' } });
  await reads(run, 3000);
  await takeCheckpoint(run);
  const { savepoint = '' } = await settled(run, run.job.stop({ savepoint: '/saved' }));
  const onDisk = { 'stateBackend': 'log' as const, 'checkpoint.dir': '/resumed-3' };
  expect(await rowsFrom(run, savepoint, committed, 2)).toEqual(expectedSums(LONG));
  expect(await rowsFrom(run, savepoint, committed, 3, { options: onDisk })).toEqual(expectedSums(LONG));
});
