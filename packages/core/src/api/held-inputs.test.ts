import { expect, it } from 'vitest';
import type { MillraceError } from '../base/errors.js';
import type { Operator } from '../operators/operator.js';
import type { Flow } from '../operators/operator-context.js';
import { monotonousTimestamps } from '../functions/watermark-strategies.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { t } from '../record/types/t.js';
import { runLocally } from '../runtime/job/local-executor.js';
import type { LocalJob } from '../runtime/job/local-job.js';
import { MemoryCheckpointStore } from '../stores/memory-checkpoint-store.js';
import { HoldNotDeclared } from '../task/errors.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { StreamEnvironment } from './environment.js';
import { transform } from './transform.js';

/** Gives what its inputs bring; one of them waits until the other has ended. */
function oneBehindTheOther(held: number): Operator {
  let give: (value: unknown) => void;
  let flow: Flow;
  return {
    recordsIn: 0,
    open(context) {
      give = (value) => context.output.process(value);
      flow = context.flow;
      flow.hold(held);
    },
    input: () => ({ process: (value) => give(value) }),
    inputEnded(input) {
      if (input !== held) flow.release(held);
      return 'done';
    },
  };
}

/** Gives what its inputs bring and a line for the end of each; `ended` hears of it, too. */
function noting(ended: (input: number) => void): Operator {
  let give: (value: unknown) => void;
  return {
    recordsIn: 0,
    open: (context) => void (give = (value) => context.output.process(value)),
    input: () => ({ process: (value) => give(value) }),
    inputEnded(input, drained) {
      give(`end ${input} ${drained}`);
      ended(input);
      return 'done';
    },
  };
}

function environment(): StreamEnvironment {
  return new StreamEnvironment(() => ({ execute: (program, given = {}) => runLocally(program, nodePlatform(), { ...given, resume: 'none' }) }), { parallelism: 1 });
}

/** What the operator gives that holds one of two inputs and has declared `declared`. */
async function heldRows(held: number, declared: number | undefined): Promise<number[]> {
  const rows: number[] = [];
  const env = environment();
  const [few, more] = [env.fromCollection([1, 2, 3], { type: t.number }), env.fromCollection([10, 20, 30], { type: t.number })];
  transform<number>([few, more], 'one behind the other', { create: () => oneBehindTheOther(held) }, { output: t.number, ...(declared === undefined ? {} : { holdsInput: declared }) }).forEach((row) => void rows.push(row));
  await env.execute('held');
  return rows;
}

it.each([0, 1])('an operator that holds its input %i gets it when the other has ended', async (held) => {
  expect(await heldRows(held, held)).toEqual(held === 1 ? [1, 2, 3, 10, 20, 30] : [10, 20, 30, 1, 2, 3]);
});

it('an operator in the chain of a source is told that this has ended while its other input goes on', async () => {
  const rows: unknown[] = [];
  let tell = (): void => {};
  const heard = new Promise<void>((resolve) => (tell = resolve));
  const env = environment();
  const bounded = env.fromCollection([1, 2, 3], { type: t.number }).map((value) => value * 10);
  const open = env.fromAsyncIterable<number>(async function* () {
    yield 4;
    await heard;
    yield 5;
  }, { type: t.number });
  transform<unknown>([bounded, open], 'noting', { create: () => noting((index) => (index === 0 ? tell() : undefined)) }).forEach((row) => void rows.push(row));
  await env.execute('ends');
  const without4 = rows.filter((row) => row !== 4);
  expect(without4).toEqual([10, 20, 30, 'end 0 true', 5, 'end 1 true']);
  expect(rows).toHaveLength(without4.length + 1);
});

it.each([[0, undefined], [1, undefined], [0, 1], [1, 0]])('an operator that holds its input %s and has declared %s is refused with its name and line', async (held, declared) => {
  const error = await heldRows(held, declared).catch((thrown: unknown) => thrown);
  expect(HoldNotDeclared.is(error)).toBe(true);
  const { what, where, remedy } = error as MillraceError;
  expect([what, where.operator, remedy]).toEqual([expect.stringContaining(`holds its input ${held}`), 'one behind the other', expect.stringContaining(`holdsInput: ${held}`)]);
  expect(where.definedAt).toContain('held-inputs.test.ts');
});

const ROWS = 400;

/** Runs a job with small batches and checkpoints from moment `moment` of the simulation on; true when it has come to its end. */
async function ends(moment: number, parallelism: number, build: (env: StreamEnvironment) => void): Promise<boolean> {
  const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
  let job: LocalJob | undefined;
  let state = 'running' as 'failed' | 'running' | 'ended';
  const env = new StreamEnvironment(() => ({
    execute(program, given = {}) {
      job = runLocally(program, platform, { ...given, options: { 'batch.size': 2, 'checkpoint.timeout': 60_000 }, resume: 'none', store: new MemoryCheckpointStore() });
      return job;
    },
  }), { parallelism });
  build(env);
  const done = env.execute('held').then(() => (state = 'ended'), (error: unknown) => {
    state = 'failed';
    throw error;
  });
  if (job === undefined) await done;
  let moments = 0;
  await platform.run(() => ++moments > moment || state !== 'running');
  job?.checkpoint().catch(() => {});
  const until = platform.clock.now() + 600_000;
  await platform.run(() => state !== 'running' || platform.clock.now() > until);
  return state === 'ended';
}

it.each([[1, 5], [1, 60], [2, 5], [2, 60], [2, 200]])('a table that two look-up joins share is read to its end at parallelism %i, whatever a checkpoint holds back from moment %i on', async (parallelism, moment) => {
  const rows: number[] = [];
  const on = { where: (n: number) => n, equalTo: (n: number) => n, output: t.number } as const;
  expect(await ends(moment, parallelism, (env) => {
    const table = env.fromSequence(1, ROWS);
    const other = env.fromSequence(1, ROWS).lookupJoin(table, on, (n) => n);
    env.fromSequence(1, ROWS).rebalance().lookupJoin(table, on, (n, row) => (row === undefined ? -1 : n)).rebalance().lookupJoin(other, on, (n, row) => (row === undefined ? -1 : n)).forEach((n) => void rows.push(n));
    table.forEach(() => {});
  })).toBe(true);
  expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, at) => at + 1));
});

it.each([5, 60, 200])('a table that an operator behind the join reads, too, is read to its end where the join holds its source, whatever a checkpoint holds back from moment %i on', async (moment) => {
  const rows: number[] = [];
  const build = (env: StreamEnvironment): void => {
    const table = env.fromSequence(1, ROWS);
    env.fromSequence(1, ROWS).rebalance().lookupJoin(table, { where: (n) => n, equalTo: (n) => n, output: t.number }, (n) => n)
      .connect(table).map((n) => n, (n) => -n, { output: t.number }).forEach((n) => void rows.push(n));
  };
  expect(await ends(moment, 1, build)).toBe(true);
  expect(rows.length).toBe(2 * ROWS);
  await expect(ends(moment, 2, build)).rejects.toThrow(/MR-1407.*"sequence", which also feeds "map"/);
});

it('refuses a table from a source whose other records have to pass by the join', async () => {
  const on = { where: (n: number) => n, equalTo: (n: number) => n, output: t.number } as const;
  const env = environment();
  const all = env.fromSequence(1, 100_000);
  all.lookupJoin(all.filter((n) => n < 10), on, (n) => n).forEach(() => {});
  await expect(env.execute('held')).rejects.toThrow(/MR-1407.*"lookupJoin" waits for the end of "sequence"/);
});

it.each([1, 2])('R23 a table and the stream that waits for it may be in one alignment group, at parallelism %i', async (parallelism) => {
  const rows: number[] = [];
  const aligned = monotonousTimestamps<number>((n) => n, { alignment: { group: 'both', maxDrift: 5 } });
  expect(await ends(60, parallelism, (env) => {
    const table = env.fromSequence(1, ROWS, { watermarks: aligned });
    env.fromSequence(1, ROWS, { watermarks: aligned }).rebalance().lookupJoin(table, { where: (n) => n, equalTo: (n) => n, output: t.number }, (n, row) => (row === undefined ? -1 : n)).forEach((n) => void rows.push(n));
  })).toBe(true);
  expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, at) => at + 1));
});
