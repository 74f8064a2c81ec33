import { describe, expect, it } from 'vitest';
import type { Source } from '../../connector/source.js';
import { keyedProcessOperator } from '../../operators/keyed-process.js';
import { mapOperator } from '../../operators/map.js';
import type { OperatorFactory } from '../../operators/operator.js';
import { state } from '../../state/state-builders.js';
import { t } from '../../record/types/t.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, start, takeCheckpoint, type Step } from './job.test-parts.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: 1, at: index });

function source(count: number, changes: Partial<Source<Reading>> = {}): Step {
  return { type: 'orders', program: { kind: 'source', source: { ...rangeSource(count, make), ...changes } as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC } };
}

const sink = (): Step => sinkStep(committingSink(new Map()));

/** An operator of which one method throws. */
function broken(method: 'advance' | 'close' | 'open'): OperatorFactory {
  const fail = (): never => {
    throw new TypeError(`broken ${method}`);
  };
  return { create: () => ({ recordsIn: 0, open(): void {}, input: () => ({ process(): void {} }), [method]: fail }) };
}

/** Counts per key, under a state of the given name. */
function counts(name: string): Step {
  const program = keyedProcessOperator({
    keyOf: (value: unknown) => (value as Reading).key,
    keyType: t.string,
    fn: { state: { [name]: state.value(t.number) }, processElement: (_value: unknown, { state: kept }: { state: Record<string, { value(): number | undefined; update(value: number): void }> }) => kept[name]?.update((kept[name].value() ?? 0) + 1) } as never,
    sideOutputs: [],
  } as unknown as Parameters<typeof keyedProcessOperator>[0]);
  return { type: 'counts', program, partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key }, settings: { uid: 'counts', stateful: true, definedAt: '/app/job.ts:9:3' } };
}

describe('a job that fails', () => {
  it('MR-2301 names the source whose enumerator threw', async () => {
    const bad = { createEnumerator: (): never => { throw new Error('no such topic'); } };
    await expect(finish(start(lineProgram([source(1, bad), sink()], 1)))).rejects.toMatchObject({ code: 'MR-2301', where: { operator: 'orders' }, message: expect.stringContaining('no such topic') as string });
  });

  it('MR-2302 names the chain that could not be opened, and closes what was open', async () => {
    const run = start(lineProgram([source(1), { type: 'enrich', program: broken('open') }, sink()], 1));
    await expect(finish(run)).rejects.toMatchObject({ code: 'MR-2302', message: expect.stringContaining('broken open') as string });
    expect(run.job.state).toBe('FAILED');
  });

  it('MR-2202 says which subtask failed when an operator of the engine throws', async () => {
    await expect(finish(start(lineProgram([source(10), { type: 'enrich', program: broken('advance') }, sink()], 1)))).rejects.toMatchObject({
      code: 'MR-2202', message: expect.stringContaining('orders → enrich → sink [0] failed with TypeError: broken advance') as string,
    });
  });

  it('finishes all the same when close() throws, and logs it', async () => {
    const run = start(lineProgram([source(10), { type: 'enrich', program: broken('close') }, sink()], 1));
    await expect(finish(run)).resolves.toMatchObject({ state: 'FINISHED' });
    expect(run.platform.streams.stderr.text).toContain('broken close');
  });

  it('MR-2204 ends without an operator whose close() hangs, and says which', async () => {
    const hangs: OperatorFactory = { create: () => ({ recordsIn: 0, open(): void {}, input: () => ({ process(): void {} }), close: () => new Promise<void>(() => {}) }) };
    const run = start(lineProgram([source(10), { type: 'enrich', program: hangs }, sink()], 1));
    await expect(finish(run)).resolves.toMatchObject({ state: 'FINISHED' });
    expect(run.platform.streams.stderr.text).toMatch(/MR-2204.*enrich.*was not closed after 30 s/);
  });

  it('MR-2305 is the reason that functions see when the job is canceled', async () => {
    let reason: unknown;
    const watch = mapOperator(class {
      open(context: { signal: AbortSignal }): void {
        context.signal.addEventListener('abort', () => (reason = context.signal.reason));
      }
      map(value: unknown): unknown {
        return value;
      }
    } as never);
    const run = start(lineProgram([source(1_000_000), { type: 'watch', program: watch }, sink()], 1));
    await run.platform.advance(1);
    void run.job.cancel();
    await finish(run);
    expect(reason).toMatchObject({ code: 'MR-2305' });
  });
});

describe('a checkpoint that cannot be taken or used', () => {
  it('MR-2306 is refused without a store, before the start, and while another is under way', async () => {
    const without = start(lineProgram([source(10), sink()], 1));
    await expect(without.job.checkpoint()).rejects.toMatchObject({ code: 'MR-2306' });
    const run = start(lineProgram([source(1_000_000), sink()], 1), { store: new MemoryCheckpointStore() });
    await expect(run.job.checkpoint()).rejects.toMatchObject({ code: 'MR-2306', message: expect.stringContaining('INITIALIZING') as string });
    await run.platform.advance(2);
    run.job.checkpoint().catch(() => {});
    await expect(run.job.checkpoint()).rejects.toMatchObject({ code: 'MR-2306', message: expect.stringContaining('another checkpoint') as string });
  });

  it('R44 MR-2203 refuses to lose a state that the operator no longer declares, unless it may be dropped', async () => {
    const store = new MemoryCheckpointStore();
    const first = start(lineProgram([source(100_000), counts('seen'), sink()], 1), { store });
    await first.platform.run(() => first.job.progress().recordsIn > 100);
    await takeCheckpoint(first);
    const renamed = lineProgram([source(100_000), counts('visits'), sink()], 1);
    await expect(finish(start(renamed, { store }))).rejects.toMatchObject({ code: 'MR-2203', where: { operator: 'counts', definedAt: '/app/job.ts:9:3' }, message: expect.stringContaining('"seen"') as string });
    const run = start(renamed, { store, dropState: ['counts/seen', 'cuonts/seen'], mapUid: { conuts: 'counted' } });
    await expect(finish(run)).resolves.toMatchObject({ state: 'FINISHED' });
    expect(run.platform.streams.stderr.text).toMatch(/is not in the checkpoint.*conuts.*cuonts\/seen/);
    expect(run.platform.streams.stderr.text).not.toContain('"counts/seen"');
  });

  it('warns of operators whose state has no name that lasts', async () => {
    const unnamed = { ...counts('seen'), settings: { stateful: true } };
    const run = start(lineProgram([source(10), unnamed, sink()], 1), { store: new MemoryCheckpointStore() });
    await finish(run);
    expect(run.platform.streams.stderr.text).toMatch(/have no uid.*counts/);
  });

  it('R36 MR-2304 refuses another maximum parallelism', async () => {
    const store = new MemoryCheckpointStore();
    const first = start(lineProgram([source(100_000), counts('seen'), sink()], 1), { store });
    await first.platform.run(() => first.job.progress().recordsIn > 100);
    await takeCheckpoint(first);
    const program = lineProgram([source(100_000), counts('seen'), sink()], 1);
    const wider = { ...program, streamGraph: { ...program.streamGraph, maxParallelism: 256 } };
    await expect(finish(start(wider, { store }))).rejects.toMatchObject({ code: 'MR-2304', message: expect.stringContaining('128 and now has 256') as string });
  });
});
