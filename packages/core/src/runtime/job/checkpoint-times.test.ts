import { describe, expect, it } from 'vitest';
import type { Sink } from '../../connector/sink.js';
import type { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { finish, lineProgram, rangeSource, sinkStep, type Run, BY_AT } from './job.test-parts.js';
import { runLocally, type LocalRunOptions } from './local-executor.js';
import { launch, newMachine, reads, settled } from './savepoints.test-parts.js';
import type { JobProgram } from '../../operators/job-program.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const make = (index: number): Reading => ({ key: 'k', value: index, at: 1_700_000_000_000 + index });

/** A sink whose flush at a barrier takes so many milliseconds of virtual time, now. */
function slowSink(platform: SimulatedPlatform, flushMs: () => number): Sink<unknown> {
  return {
    kind: 'slow',
    guarantee: 'at-least-once',
    createWriter: () => ({
      write: () => undefined,
      flush: () => new Promise<void>((resolve) => void platform.timers.setTimer(flushMs(), resolve)),
      close: () => undefined,
    }),
  } as Sink<unknown>;
}

function program(platform: SimulatedPlatform, flushMs: () => number, count: number = 2_000_000): JobProgram {
  return lineProgram([{ type: 'source', program: { kind: 'source', source: rangeSource(count, make), watermarks: BY_AT, outputType: DYNAMIC } }, sinkStep(slowSink(platform, flushMs))], 1);
}

interface Watched extends Run {
  readonly warnings: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> | undefined }[];
}

function watched(platform: SimulatedPlatform, flushMs: () => number, options: NonNullable<LocalRunOptions['options']>, store: MemoryCheckpointStore = new MemoryCheckpointStore()): Watched {
  const warnings: Watched['warnings'] = [];
  const keep = (message: string, fields?: Readonly<Record<string, unknown>>): void => void warnings.push({ message, fields });
  const logger = { debug: () => undefined, info: () => undefined, warn: keep, error: keep, isEnabled: () => true, child: () => logger };
  const job = runLocally(program(platform, flushMs), platform, { logger, store, options: { 'batch.size': 1, ...options } });
  job.done.catch(() => {});
  return { platform, job, warnings };
}

describe('when checkpoints are taken', () => {
  it('takes one after the other when they take longer than the interval, and warns with the figures', async () => {
    const platform = newMachine(1);
    const run = watched(platform, () => 100, { 'checkpoint.interval': 30 });
    await platform.run(() => (run.job.describe().checkpoints?.completed ?? 0) >= 3);
    const { triggered = 0, completed = 0, last } = run.job.describe().checkpoints ?? {};
    expect(triggered - completed).toBeLessThanOrEqual(1);
    expect(last?.durationMs).toBeGreaterThanOrEqual(100);
    // Told once, and again only when it gets twice as bad.
    expect(run.warnings).toEqual([{ message: expect.stringMatching(/^MR-2320 .*took 1\d\d ms and the interval is 30 ms; the next begins 0 ms after it/) as string, fields: { tookMs: expect.any(Number) as number, intervalMs: 30, minPauseMs: 0 } }]);
    await settled(run, run.job.cancel());
  });

  it('keeps the pause between the end of one and the start of the next', async () => {
    const starts: number[] = [];
    const platform = newMachine(2);
    platform.onReach((point) => void (point === 'barrier-injected' && starts.push(platform.clock.now())));
    const run = watched(platform, () => 50, { 'checkpoint.interval': 60, 'checkpoint.minPause': 200 });
    await platform.run(() => starts.length >= 4);
    for (let at = 1; at < starts.length; at++) expect((starts[at] as number) - (starts[at - 1] as number)).toBeGreaterThanOrEqual(250);
    await settled(run, run.job.cancel());
  });

  it('keeps the interval when they are fast', async () => {
    const starts: number[] = [];
    const platform = newMachine(3);
    platform.onReach((point) => void (point === 'barrier-injected' && starts.push(platform.clock.now())));
    const run = watched(platform, () => 5, { 'checkpoint.interval': 60, 'checkpoint.minPause': 10 });
    await platform.run(() => starts.length >= 4);
    for (let at = 1; at < starts.length; at++) expect(Math.abs((starts[at] as number) - (starts[at - 1] as number) - 65)).toBeLessThanOrEqual(6);
    expect(run.warnings).toEqual([]);
    await settled(run, run.job.cancel());
  });
});

describe('R43 checkpoints that take too long', () => {
  it('do not fail the job; three in a row are reported as unhealthy, and a good one ends that', async () => {
    // Longer than three checkpoints that are given up; what is left of it has to pass before one can be complete.
    let flushMs = 300;
    // With slower looks at the clock the bytes of a snapshot alone would take longer than a checkpoint may, until the input ends.
    const platform = newMachine(4, 0.01);
    const run = watched(platform, () => flushMs, { 'checkpoint.interval': 20, 'checkpoint.timeout': 40 });
    const checkpoints = (): ReturnType<typeof run.job.describe>['checkpoints'] => run.job.describe().checkpoints;
    await platform.run(() => (checkpoints()?.failed ?? 0) === 2);
    expect(checkpoints()).toMatchObject({ isHealthy: true, failedInARow: 2 });
    await platform.run(() => (checkpoints()?.failed ?? 0) === 3);
    expect(checkpoints()).toMatchObject({ isHealthy: false, failedInARow: 3, completed: 0, lastFailure: { message: expect.stringMatching(/MR-2306.*it took longer than 40 ms/) as string } });
    expect(run.warnings.at(-1)).toMatchObject({ message: 'checkpoints keep failing: a failure now would go back far', fields: { inARow: 3 } });
    expect(run.job.state).toBe('RUNNING');
    flushMs = 1;
    await platform.run(() => (checkpoints()?.completed ?? 0) > 0);
    expect(checkpoints()).toMatchObject({ isHealthy: true, failedInARow: 0 });
    expect(checkpoints()?.failed).toBeLessThan(20);
    await settled(run, run.job.cancel());
  });

  it('MR-2321 say so when the disk does not answer, again and again, and count when it does', async () => {
    const platform = newMachine(7);
    const store = new MemoryCheckpointStore();
    let answer: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => (answer = resolve));
    const write = store.write.bind(store);
    store.write = async (...given) => (await disk, write(...given));
    const run = watched(platform, () => 1, { 'checkpoint.timeout': 500 }, store);
    await reads(run, 100);
    const taken = run.job.checkpoint();
    await platform.advance(1800);
    expect(run.warnings.filter(({ message }) => message.startsWith('MR-2321')).length).toBeGreaterThanOrEqual(2);
    answer();
    expect(await settled(run, taken)).toMatchObject({ checkpointId: 1 });
    const told = run.warnings.length;
    await platform.advance(600);
    expect(run.warnings).toHaveLength(told);
    await settled(run, run.job.cancel());
  });

  it('show in the age of the last complete one', async () => {
    const platform = newMachine(5);
    const run = watched(platform, () => 1, {});
    await platform.advance(500);
    const age = (): unknown => run.job.metrics().find(({ name }) => name === 'lastCheckpointAge')?.value;
    expect(age()).toBeUndefined();
    await settled(run, run.job.checkpoint());
    await platform.advance(30);
    expect(age()).toBeLessThan(300);
    await settled(run, run.job.cancel());
  });

  it('give a savepoint up too, and the job stands up again when it was to stop with it', async () => {
    let flushMs = 1000;
    const platform = newMachine(6);
    const run = launch(platform, program(platform, () => flushMs, 5000), { options: { 'checkpoint.timeout': 40, 'batch.size': 1 } });
    await reads(run, 100);
    for (const asked of [run.job.savepoint({ directory: '/saved' }), run.job.stop({ savepoint: '/saved' })] as Promise<unknown>[]) {
      await expect(settled(run, asked)).rejects.toMatchObject({ code: 'MR-2306', message: expect.stringContaining('savepoint') as string });
    }
    expect(platform.files.readDirectory('/saved')).toEqual([]);
    flushMs = 1;
    expect(await finish(run)).toMatchObject({ state: 'FINISHED', recordsIn: 5000 });
  });
});
