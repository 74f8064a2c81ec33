import { describe, expect, it } from 'vitest';
import type { Sink } from '../../connector/sink.js';
import type { EnumeratorContext, ReaderContext, Source, SourceReader, Split, SplitEnumerator } from '../../connector/source.js';
import { buildExecutionGraph } from '../../graph/execution-graph.js';
import { buildJobGraph } from '../../graph/job-graph.js';
import { mapOperator } from '../../operators/map.js';
import type { JobProgram } from '../../operators/job-program.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { fileSink } from '../../connectors/file/file-sink.js';
import { json } from '../../formats/json/json.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { runTaskManagerThread } from '../task-manager/task-manager-thread.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import type { JobManager } from './job-manager.js';
import { BY_AT, committingSink, lineProgram, rangeSource, sinkStep, sortedRows, type Step } from './job.test-parts.js';
import { placeSubtasks } from './placement.js';
import { regionsOf } from './regions.js';
import { runInThreads } from './threaded-job.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const COUNT = 9000;
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: index, at: index });
const expected = Array.from({ length: COUNT }, (_, index) => JSON.stringify(make(index))).sort();
const source = (): Step => ({ type: 'orders', program: { kind: 'source', source: rangeSource(COUNT, make, 6) as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC }, settings: { uid: 'orders' } });

/** The same records in many splits, of which a reader gets the next when it asks for one; it may ask first when it starts. */
function onDemand(asksAtStart = false): Step {
  const SPLITS = 60;
  const createEnumerator = (context: EnumeratorContext<Split>, restored: unknown): SplitEnumerator<Split> => {
    let next = (restored as number | undefined) ?? 0;
    return {
      start(): void {},
      splitRequested(subtask: number): void {
        if (next === SPLITS) {
          context.noMoreSplits(subtask);
          return;
        }
        const split = { id: `part-${next}`, from: (next * COUNT) / SPLITS, to: ((next + 1) * COUNT) / SPLITS };
        next++;
        context.assign(subtask, [split]);
      },
      splitsReturned(): void {},
      snapshot: () => next,
      close(): void {},
    };
  };
  const eager = rangeSource(COUNT, make, SPLITS);
  const createReader = (context: ReaderContext): SourceReader<Reading, never> => {
    const reader = eager.createReader(context) as SourceReader<Reading, never>;
    let held = 0;
    let asked = true;
    return {
      ...reader,
      start: () => {
        if (asksAtStart) context.requestSplit();
        return reader.start();
      },
      addSplits: (splits) => {
        held += splits.length;
        asked = false;
        reader.addSplits(splits);
      },
      poll: (batch) => {
        const result = reader.poll(batch);
        if (result === 'nothing' && held > 0 && !asked) {
          asked = true;
          context.requestSplit();
        }
        return result;
      },
    };
  };
  const program = { kind: 'source' as const, source: { ...eager, createEnumerator, createReader } as unknown as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC };
  return { type: 'orders', program, settings: { uid: 'orders' } };
}

interface World {
  readonly platform: SimulatedPlatform;
  readonly job: JobManager;
  /** How often the map of each subtask was opened. */
  readonly opened: number[];
}

/** Runs a line with a map that throws at some records, once each, in three workers. */
function run(bad: readonly number[], sink: Sink<unknown>, seed: number, changes: Partial<Step> = {}, options: Record<string, unknown> = {}, from: () => Step = source): World {
  const platform = new SimulatedPlatform({ seed, clockTickMs: 0.1 });
  const left = new Set(bad);
  const opened = [0, 0, 0];
  const build = (): JobProgram => {
    const slow = mapOperator(class {
      open(context: { subtask: number }): void {
        opened[context.subtask] = (opened[context.subtask] ?? 0) + 1;
      }
      map(value: unknown): unknown {
        platform.clock.monotonicMs();
        if (left.delete((value as Reading).value)) throw new TypeError(`record ${(value as Reading).value}`);
        return value;
      }
    } as never);
    return lineProgram([from(), { type: 'enrich', program: slow, ...changes }, sinkStep(sink)], 3);
  };
  platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, async () => build()));
  const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
  const job = runInThreads(build(), platform, { entryUrl: 'worker', job: undefined, workers: 3, options: { 'batch.size': 64, 'checkpoint.interval': 20, 'restart.delay': 5, 'restart.failover': 'region', ...options }, store });
  job.done.catch(() => {});
  return { platform, job, opened };
}

async function finish({ platform, job }: World): Promise<void> {
  let settled = false;
  job.done.then(() => (settled = true), () => (settled = true));
  await platform.run(() => settled);
  await job.done;
}

describe('a job of several regions', () => {
  it('starts only the threads again that a failure touches, and its committed output is exact', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      // Splits 0 and 3 are the first subtask's, 1 and 4 the second's.
      const world = run([1100 + seed * 20, 5200 + seed * 60], { ...committingSink(committed), restartsAlone: true }, seed);
      const states: string[] = [];
      world.job.onState((to) => states.push(to));
      await finish(world);
      expect(sortedRows(committed)).toEqual(expected);
      expect(states).toEqual(['CREATED', 'RUNNING', 'FINISHED']);
      expect(world.job.describe().failures.map(({ scope }) => scope)).toEqual(['region', 'region']);
      expect(world.opened).toEqual([3, 1, 1]);
    }
  });

  it('gives splits back that were dealt out since the checkpoint', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const world = run([3000 + seed * 30, 6000 + seed * 60], { ...committingSink(committed), restartsAlone: true }, seed, {}, {}, onDemand);
      await finish(world);
      expect(sortedRows(committed)).toEqual(expected);
      expect(world.job.describe().failures.map(({ scope }) => scope)).toEqual(['region', 'region']);
    }
  });

  it('deals nothing twice that is dealt to a part while it starts again', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const world = run([3000 + seed * 30, 6000 + seed * 60], { ...committingSink(committed), restartsAlone: true }, seed, {}, {}, () => onDemand(true));
      await finish(world);
      expect(sortedRows(committed)).toEqual(expected);
      expect(world.job.describe().failures.map(({ scope }) => scope)).toEqual(['region', 'region']);
    }
  });

  it('does not repeat the rows of the threads that go on', async () => {
    const rows: Reading[] = [];
    const world = run([4600], { kind: 'rows', guarantee: 'at-least-once', restartsAlone: true, createWriter: () => ({ write: (row) => void rows.push(row as Reading), close: () => {} }) }, 3);
    await finish(world);
    expect(new Set(rows.map((row) => row.value)).size).toBe(COUNT);
    const repeated = rows.map((row) => row.value).filter((value, index, all) => all.indexOf(value) !== index);
    expect(repeated.length).toBeGreaterThan(0);
    // The record that failed is in split 3, of the first subtask.
    expect(new Set(repeated.map((value) => Math.floor(value / (COUNT / 6)) % 3))).toEqual(new Set([0]));
  });

  it('with files loses and repeats nothing, and leaves nothing behind', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const world = run([1100 + seed * 20, 5200 + seed * 60], fileSink({ path: '/out', format: json(), rollAfter: 30 }) as Sink<unknown>, seed);
      await finish(world);
      expect(world.job.describe().failures.map(({ scope }) => scope)).toEqual(['region', 'region']);
      const names = world.platform.files.readDirectory('/out').map(({ name }) => name);
      expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
      const lines = names.flatMap((name) => new TextDecoder().decode(world.platform.files.readFile(`/out/${name}`)).split('\n').filter(Boolean));
      expect(lines.sort()).toEqual(expected);
    }
  });

  it('starts as a whole where its threads exchange records, a sink cannot restart alone, no checkpoint is there yet, or it was told to', async () => {
    const alone = (committed: Map<string, readonly unknown[]>): Sink<unknown> => ({ ...committingSink(committed), restartsAlone: true });
    const cases: [name: string, world: (committed: Map<string, readonly unknown[]>) => World][] = [
      ['exchange', (committed) => run([4600], alone(committed), 1, { partitioning: 'rebalance' })],
      ['sink', (committed) => run([4600], committingSink(committed), 1)],
      ['no checkpoint', (committed) => run([3], alone(committed), 1)],
      ['full', (committed) => run([4600], alone(committed), 1, {}, { 'restart.failover': 'full' })],
    ];
    for (const [name, world] of cases) {
      const committed = new Map<string, readonly unknown[]>();
      const started = world(committed);
      await finish(started);
      expect(started.job.describe().failures.map(({ scope }) => scope), name).toEqual(['job']);
      expect(sortedRows(committed), name).toEqual(expected);
    }
  });

  it('stops also in the part that is just starting again', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const world = run([1100 + seed * 20], { ...committingSink(committed), restartsAlone: true }, seed, {}, { 'restart.delay': 200 });
      await world.platform.run(() => world.job.describe().failures.length > 0);
      void world.job.stop();
      await finish(world);
      expect(world.job.describe().failures.map(({ scope }) => scope)).toEqual(['region']);
      const rows = sortedRows(committed);
      expect(new Set(rows).size).toBe(rows.length);
      // Splits 0 and 3 are those of the part that failed.
      const itsRows = rows.filter((row) => Math.floor((JSON.parse(row) as Reading).value / (COUNT / 6)) % 3 === 0);
      expect(itsRows.length).toBeLessThan(COUNT / 3);
    }
  });

  it('that is canceled while a part waits to start again leaves no timer behind', async () => {
    const world = run([1120], { ...committingSink(new Map()), restartsAlone: true }, 1, {}, { 'restart.delay': 3_600_000 });
    await world.platform.run(() => world.job.describe().failures.length > 0);
    void world.job.cancel();
    await finish(world);
    const endedAt = world.platform.clock.now();
    await world.platform.run();
    expect(world.platform.clock.now() - endedAt).toBeLessThan(10_000);
  });

  it('starts as a whole when another part fails while one starts again', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const committed = new Map<string, readonly unknown[]>();
      const world = run([4500 + seed, 6000 + seed, 7500 + seed], { ...committingSink(committed), restartsAlone: true }, seed, {}, { 'restart.delay': 30 });
      await finish(world);
      expect(sortedRows(committed)).toEqual(expected);
      expect(world.job.describe().failures.map(({ scope }) => scope)).toContain('job');
    }
  });
});

it('regions are the threads between which records flow', () => {
  const regions = (steps: readonly Step[], parallelism: number, managers: number): readonly (readonly number[])[] => {
    const graph = buildExecutionGraph(buildJobGraph(lineProgram(steps, parallelism).streamGraph));
    return regionsOf(graph, placeSubtasks(graph, managers), managers);
  };
  const map: Step = { type: 'map', program: mapOperator((value) => value) };
  expect(regions([source(), map, sinkStep(committingSink(new Map()))], 4, 2)).toEqual([[0], [1]]);
  expect(regions([source(), { ...map, partitioning: 'rebalance' }, sinkStep(committingSink(new Map()))], 4, 3)).toEqual([[0, 1, 2]]);
});
