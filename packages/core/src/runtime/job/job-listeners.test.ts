import { describe, expect, it } from 'vitest';
import type { MetricsReport } from '../../base/metric-reading.js';
import type { CheckpointStats } from '../../checkpoint/checkpoint-stats.js';
import { planOf } from '../../graph/plan.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { KeepingLogger } from '../../testing/harness-nodes.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import type { LocalRunOptions } from './local-executor.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, start, takeCheckpoint } from './job.test-parts.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const make = (index: number): Reading => ({ key: `k${index % 17}`, value: index % 100, at: index * 10 });

function job(count: number): JobProgram {
  const source = { type: 'source', program: { kind: 'source' as const, source: rangeSource(count, make, 2), watermarks: BY_AT, outputType: DYNAMIC } };
  return lineProgram([source, { ...sinkStep(committingSink(new Map())), partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key } }], 2);
}

describe('listeners of a job', () => {
  it('are told what each checkpoint has cost, and what has failed', async () => {
    const told: CheckpointStats[] = [];
    const store = new MemoryCheckpointStore();
    const run = start(job(200_000), { store, onCheckpoint: (stats) => void told.push(stats) });
    await run.platform.advance(100);
    await takeCheckpoint(run);
    const [first] = told;
    expect(first).toMatchObject({ checkpointId: 1, status: 'completed' });
    expect(first?.subtasks.map(({ name }) => name).sort()).toEqual(['sink [0]', 'sink [1]', 'source [0]', 'source [1]']);
    expect(first?.subtasks.some(({ bytes }) => bytes > 0)).toBe(true);
    expect(first?.subtasks.every(({ startDelayMs, alignmentMs, syncMs, asyncMs, longestSliceMs }) => Math.min(startDelayMs, alignmentMs, syncMs, asyncMs, longestSliceMs) >= 0)).toBe(true);
    expect(first?.syncMs).toBe(Math.max(...(first?.subtasks ?? []).map(({ syncMs }) => syncMs)));
    store.write = () => Promise.reject(new Error('the disk is full'));
    await Promise.allSettled([run.job.checkpoint(), run.platform.advance(200)]);
    expect(told[1]).toMatchObject({ checkpointId: 2, status: 'failed', failure: 'the disk is full', bytes: 0 });
    const { checkpoints } = run.job.describe();
    expect(checkpoints?.history).toEqual(told);
    const value = (name: string): unknown => run.job.metrics().find((reading) => reading.scope[0] === 'job' && reading.name === name)?.value;
    expect([value('numberOfCompletedCheckpoints'), value('numberOfFailedCheckpoints'), value('numberOfInProgressCheckpoints'), value('lastCheckpointSize')]).toEqual([1, 1, 0, first?.newBytes]);
    expect(value('lastCheckpointAge')).toBeGreaterThanOrEqual(200);
    await Promise.all([run.job.cancel(), run.platform.advance(1000)]);
  });

  it('get the metrics at every interval and once more at the end', async () => {
    const told: MetricsReport[] = [];
    const run = start(job(300_000), { options: { 'batch.size': 64, 'metrics.interval': 100 }, onMetrics: (report) => void told.push(report) });
    const { recordsIn } = await finish(run);
    expect(told.length).toBeGreaterThan(2);
    expect(told[0]?.job).toBe('test');
    const read = (report: MetricsReport | undefined): number => (report?.metrics ?? []).reduce((sum, { scope, name, value }) => sum + (scope[0] === 'task' && scope[1] === 'source' && name === 'numRecordsIn' ? (value as number) : 0), 0);
    expect(read(told.at(-1))).toBe(recordsIn);
    expect(read(told[0])).toBeLessThan(recordsIn);
  });

  it('that throw do no harm', async () => {
    const logger = new KeepingLogger();
    const fail = (): never => {
      throw new Error('mine');
    };
    const run = start(job(1000), { store: new MemoryCheckpointStore(), onMetrics: fail, onCheckpoint: fail, logger });
    await finish(run);
    expect(logger.messages.filter(({ message }) => message.includes('has thrown')).map(({ message }) => message)).toEqual([
      'the function given as onCheckpoint has thrown', 'the function given as onMetrics has thrown',
    ]);
  });
});

describe('the times of checkpoints', () => {
  const starts = async (options: NonNullable<LocalRunOptions['options']>, clockTickMs: number = 0.05): Promise<readonly CheckpointStats[]> => {
    const told: CheckpointStats[] = [];
    const run = start(job(2_000_000), { options: { 'batch.size': 64, ...options }, store: new MemoryCheckpointStore(), onCheckpoint: (stats) => void told.push(stats) }, 1, clockTickMs);
    await run.platform.advance(1000);
    await Promise.all([run.job.cancel(), run.platform.advance(1000)]);
    return told;
  };

  it('leave the pause that was asked for', async () => {
    const told = await starts({ 'checkpoint.interval': 50, 'checkpoint.minPause': 200 });
    expect(told.length).toBeGreaterThan(2);
    for (const [index, stats] of told.entries()) {
      const before = told[index - 1];
      if (before !== undefined) expect(stats.triggeredAt - before.triggeredAt - before.durationMs).toBeGreaterThanOrEqual(199);
    }
  });

  it('R43 give a checkpoint up that takes longer than it may, and the job goes on', async () => {
    // On a machine so slow that no checkpoint is done in a millisecond.
    const told = await starts({ 'checkpoint.interval': 100, 'checkpoint.timeout': 1 }, 0.5);
    expect(told.some(({ status, failure }) => status === 'failed' && failure?.includes('longer than 1 ms') === true)).toBe(true);
  });

});

describe('the mode of checkpoints', () => {
  it.each(['exactly-once', 'at-least-once'] as const)('bounds what sinks are said to promise: %s', async (mode) => {
    const { streamGraph, ...program } = job(1000);
    const graph = { ...streamGraph, nodes: streamGraph.nodes.map((node) => (node.kind === 'sink' ? { ...node, guarantee: 'exactly-once' } : node)) };
    const run = start({ ...program, streamGraph: graph }, { options: { 'batch.size': 64, 'checkpoint.mode': mode }, store: new MemoryCheckpointStore() });
    expect(run.job.describe().operators.find(({ uid }) => uid === 'sink')?.guarantee).toBe(mode);
    expect(planOf(graph, { mode }).vertices.flatMap(({ operators }) => operators).find(({ kind }) => kind === 'sink')?.guarantee).toBe(mode);
    await finish(run);
  });
});
