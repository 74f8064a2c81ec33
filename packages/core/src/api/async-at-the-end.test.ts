import { expect, it } from 'vitest';
import { AsyncCallTimedOut } from '../operators/errors.js';
import { runLocally } from '../runtime/job/local-executor.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { StreamEnvironment } from './environment.js';
import type { AsyncMapOptions } from './stream-options.js';

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
