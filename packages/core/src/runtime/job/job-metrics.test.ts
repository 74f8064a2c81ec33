import { describe, expect, it } from 'vitest';
import type { Platform } from '../../base/platform.js';
import type { Sink } from '../../connector/sink.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { SubtaskMetrics } from '../../task/subtask-metrics.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { runTaskManagerThread } from '../task-manager/task-manager-thread.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, lineProgram, rangeSource, sinkStep, start, type Step } from './job.test-parts.js';
import { runInThreads } from './threaded-job.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const make = (index: number): Reading => ({ key: `k${index % 17}`, value: index % 100, at: index * 10 });

function source(count: number): Step {
  return { type: 'source', program: { kind: 'source', source: rangeSource(count, make, 2), watermarks: BY_AT, outputType: DYNAMIC } };
}

/** A sink that takes one record at a time, each for so long. */
function slowSink(everyMs: number): Sink<unknown> {
  return {
    kind: 'slow',
    guarantee: 'at-least-once',
    createWriter(context) {
      const { timers } = (context as unknown as { readonly platform: Platform }).platform;
      let full = false;
      return {
        write: () => void (full = true),
        isFull: () => full,
        drained: () => new Promise<void>((done) => void timers.setTimer(everyMs, () => ((full = false), done()))),
        close(): void {},
      };
    },
  };
}

function slowJob(count = 1_000_000): JobProgram {
  return lineProgram([source(count), { ...sinkStep(slowSink(10)), partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key } }], 2);
}

const byName = (subtasks: readonly { readonly name: string; readonly metrics: SubtaskMetrics }[], name: string): SubtaskMetrics =>
  (subtasks.find((subtask) => subtask.name === `${name} [0]`) as { readonly metrics: SubtaskMetrics }).metrics;

describe('metrics of a running job', () => {
  it.each(['in one thread', 'between threads'])('show who is slow and who waits for it, %s', async (where) => {
    const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.01 });
    platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, async () => slowJob()));
    const options = { options: { 'batch.size': 64 } };
    const job = where === 'in one thread' ? start(slowJob(), {}, 1, 0.01) : { platform, job: runInThreads(slowJob(), platform, { ...options, entryUrl: 'worker', job: undefined, workers: 2 }) };
    job.job.done.catch(() => {});
    await job.platform.advance(3000);
    job.job.describe();
    await job.platform.advance(3000);
    const before = job.job.describe().subtasks;
    const [reader, writer] = [byName(before, 'source'), byName(before, 'sink')];
    expect(reader.backPressuredTimeMsPerSecond).toBeGreaterThan(900);
    expect(writer.busyTimeMsPerSecond).toBeGreaterThan(900);
    expect(writer.numRecordsInPerSecond).toBeLessThan(101);
    // A batch may just have come back.
    expect(reader.outPoolUsage).toBeGreaterThanOrEqual(0.5);
    expect(reader.numBytesOut).toBeGreaterThan(1000);
    expect(writer.numBytesIn).toBeGreaterThan(1000);
    for (const { busyTimeMsPerSecond, idleTimeMsPerSecond, backPressuredTimeMsPerSecond } of [reader, writer]) {
      expect(busyTimeMsPerSecond + idleTimeMsPerSecond + backPressuredTimeMsPerSecond).toBeCloseTo(1000, 0);
    }
    // The same figures stand among the metrics, with the chain and the subtask as their place.
    const readings = job.job.metrics().filter(({ scope }) => scope[0] === 'task' && scope[1] === 'source' && scope[2] === '0');
    expect(readings.map(({ name }) => name)).toEqual(Object.keys(reader));
    expect(readings.find(({ name }) => name === 'numRecordsOut')?.value).toBe(reader.numRecordsOut);
    await Promise.all([job.job.cancel(), job.platform.advance(10_000)]);
  });

  it('show that nobody has anything to do when the input is dry', async () => {
    const run = start(lineProgram([{ ...source(10), type: 'source' }, { ...sinkStep(slowSink(1)), partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key } }], 1), { store: new MemoryCheckpointStore() });
    await run.platform.advance(2000);
    await run.job.done;
    for (const { metrics } of run.job.describe().subtasks) {
      expect(metrics.accumulateIdleTimeMs).toBeGreaterThanOrEqual(0);
      expect(metrics.numRecordsIn).toBe(10);
      expect(metrics.checkpointStartDelayNanos).toBeGreaterThanOrEqual(0);
    }
  });
});
