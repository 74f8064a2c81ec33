import { expect, it } from 'vitest';
import type { Operator } from '../operators/operator.js';
import { AsyncCallTimedOut } from '../operators/errors.js';
import { runLocally } from '../runtime/job/local-executor.js';
import { MemoryCheckpointStore } from '../stores/memory-checkpoint-store.js';
import { t } from '../record/types/t.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { StreamEnvironment } from './environment.js';
import type { AsyncMapOptions } from './stream-options.js';
import { transform } from './transform.js';

/** Runs a job over 1 to 5 whose calls are answered by `call`, in virtual time; the rows, or what it failed with. */
async function run(call: (n: number, attempt: number) => Promise<number>, options: AsyncMapOptions<number, number>): Promise<unknown> {
  const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
  const env = new StreamEnvironment(() => ({ execute: (program, given = {}) => runLocally(program, platform, { ...given, resume: 'none' }) }), { parallelism: 1 });
  const attempts = new Map<number, number>();
  const rows: number[] = [];
  env.fromSequence(1, 5).asyncMap((n) => {
    attempts.set(n, (attempts.get(n) ?? 0) + 1);
    return call(n, attempts.get(n)!);
  }, options).forEach((n) => void rows.push(n));
  let ended: unknown;
  void env.execute('calls').then(() => (ended = rows), (error: unknown) => (ended = error));
  const until = platform.clock.now() + 600_000;
  await platform.run(() => ended !== undefined || platform.clock.now() > until);
  return ended;
}

const never = (): Promise<number> => new Promise(() => {});

it.each([true, false])('R33 calls that are to be repeated when the input has ended are repeated; ordered: %s', async (ordered) => {
  const rows = await run(async (n, attempt) => {
    if (n >= 3 && attempt === 1) throw new Error('down');
    return n;
  }, { timeout: '10 s', ordered, retry: { attempts: 3, delay: '200 ms' } });
  expect(ordered ? rows : (rows as number[]).toSorted()).toEqual([1, 2, 3, 4, 5]);
});

it('R33 MR-2007 a call without an answer ends at its time, also when the input has ended', async () => {
  const error = await run((n) => (n < 3 ? Promise.resolve(n) : never()), { timeout: '5 s' });
  expect(AsyncCallTimedOut.is(error)).toBe(true);
});

it.each([1, 100])('R33 the value of onTimeout takes the place of each answer that has not come when the input has ended; capacity %i', async (capacity) => {
  expect(await run((n) => (n < 3 ? Promise.resolve(n) : never()), { timeout: '5 s', capacity, onTimeout: (n) => -n })).toEqual([1, 2, -3, -4, -5]);
});

/** Gives what its inputs bring. */
function both(): Operator {
  let give: (value: unknown) => void;
  return { recordsIn: 0, open: (context) => void (give = (value) => context.output.process(value)), input: () => ({ process: (value) => give(value) }) };
}

/** Calls of a minute over the first input, whose source ends at once; the other input of the chain brings a record each second. */
function besideAnother(ordered: boolean) {
  const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
  const rows: { at: number; row: number }[] = [];
  const later = (ms: number): Promise<void> => new Promise((resolve) => platform.timers.setTimer(ms, () => resolve()));
  let job: ReturnType<typeof runLocally> | undefined;
  const store = new MemoryCheckpointStore();
  const env = new StreamEnvironment(() => ({ execute: (program, given = {}) => (job = runLocally(program, platform, { ...given, store, resume: 'none' })) }), { parallelism: 1 });
  const called = env.fromCollection([100, 200], { type: t.number }).asyncMap((value) => later(60_000).then(() => value + 1), { timeout: '5 min', ordered });
  const other = env.fromAsyncIterable<number>(async function* () {
    for (let second = 1; second <= 10; second++) {
      await later(1000);
      yield second;
    }
  }, { type: t.number });
  const began = platform.clock.now();
  transform<number>([called, other], 'both', { create: both }, { output: t.number }).forEach((row) => void rows.push({ at: platform.clock.now() - began, row }));
  const done = env.execute('beside');
  done.catch(() => {});
  return { platform, rows, done, job: () => job!, elapsed: () => platform.clock.now() - began };
}

it.each([true, false])('R33 the last calls do not hold what comes on another input of the chain when theirs has ended; ordered: %s', async (ordered) => {
  const { platform, rows, done, elapsed } = besideAnother(ordered);
  let ended = false;
  void done.then(() => (ended = true));
  await platform.run(() => ended || elapsed() > 300_000);
  expect(rows.filter(({ row, at }) => row < 100 && at > row * 1000 + 200)).toEqual([]);
  expect(rows.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 101, 201]);
  expect(ended).toBe(true);
});

it('R33 a checkpoint is taken while the last calls are under way, with their records in it', async () => {
  const { platform, rows, job, elapsed } = besideAnother(true);
  await platform.run(() => rows.length === 3);
  let taken = false;
  void job().checkpoint().then(() => (taken = true));
  await platform.run(() => taken || elapsed() > 100_000);
  expect([taken, elapsed() < 10_000]).toEqual([true, true]);
});
