import { describe, expect, it } from 'vitest';
import { blockReader } from '../../connector/block-reader.test-parts.js';
import { PositionBlocks } from '../../connector/position-blocks.js';
import type { PositionSplit } from '../../connector/position-reader.js';
import type { Sink } from '../../connector/sink.js';
import type { Source } from '../../connector/source.js';
import { mapOperator } from '../../operators/map.js';
import type { JobProgram } from '../../operators/job-program.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { runTaskManagerThread } from '../task-manager/task-manager-thread.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import type { JobManager } from './job-manager.js';
import { BY_AT, committingSink, lineProgram, sinkStep, sortedRows, type Step } from './job.test-parts.js';
import { runInThreads } from './threaded-job.js';
import { expectedSums, reading, sums } from './window-sums.test-parts.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const COUNT = 9000;

/** The readings in blocks of 90, none of them more than five ahead of another reader's. */
function blocks(): Step {
  const source: Source<Reading, PositionSplit> = {
    kind: 'blocks',
    bounded: true,
    replayable: true,
    sharesWork: true,
    type: DYNAMIC as Source<Reading>['type'],
    createEnumerator: (context, restored) => new PositionBlocks(context, restored, { name: 'blocks', from: 0, end: COUNT, blockSize: 90, lead: 5 }),
    createReader: (context) => blockReader(context, reading),
  };
  return { type: 'blocks', program: { kind: 'source', source: source as unknown as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC }, settings: { uid: 'blocks' } };
}

/** Takes a look at the clock for each record, and throws at some, once each, by the order in which they come. */
function troubled(platform: SimulatedPlatform, failAfter: number[]): Step {
  let seen = 0;
  const program = mapOperator((value: unknown) => {
    platform.clock.monotonicMs();
    if (failAfter[0] !== undefined && ++seen >= failAfter[0]) throw new TypeError(`after ${failAfter.shift()}`);
    return value;
  });
  return { type: 'troubled', program, settings: { uid: 'troubled' } };
}

interface World {
  readonly platform: SimulatedPlatform;
  readonly job: JobManager;
}

function run(seed: number, failAfter: number[], parallelism: number, steps: readonly Step[], options: Record<string, unknown> = {}): World {
  const platform = new SimulatedPlatform({ seed, clockTickMs: 0.1 });
  const build = (): JobProgram => lineProgram([blocks(), troubled(platform, failAfter), ...steps], parallelism);
  platform.registerThreadEntry('worker', (thread) => runTaskManagerThread(thread, async () => build()));
  const store = new FileCheckpointStore(platform, { directory: '/state', job: 'test' });
  const job = runInThreads(build(), platform, { entryUrl: 'worker', job: undefined, workers: parallelism, options: { 'batch.size': 64, 'checkpoint.interval': 20, 'restart.delay': 5, 'restart.attempts': 10, ...options }, store });
  job.done.catch(() => {});
  return { platform, job };
}

async function finish({ platform, job }: World): Promise<void> {
  let settled = false;
  job.done.then(() => (settled = true), () => (settled = true));
  await platform.run(() => settled);
  await job.done;
}

const seeds = Array.from({ length: 6 }, (_, index) => index + 1);

describe('a source of blocks in a job', () => {
  it('R41 loses, repeats and delays nothing when all starts again, with one worker and with three', async () => {
    for (const seed of seeds) {
      const committed = new Map<string, readonly unknown[]>();
      await finish(run(seed, [130 * seed + 200, 700, 1900], seed % 2 === 0 ? 3 : 1, [sums(), sinkStep(committingSink(committed))]));
      expect(sortedRows(committed)).toEqual(expectedSums(COUNT));
    }
  });

  it('R41 goes on with more readers than it had, and with fewer', async () => {
    for (const seed of seeds) {
      const committed = new Map<string, readonly unknown[]>();
      const world = run(seed, [], 3, [sums(), sinkStep(committingSink(committed))]);
      for (const [to, at] of [[1 + (seed % 2), 1000 + 300 * seed], [3, 5500]] as const) {
        await world.platform.run(() => world.job.progress().recordsIn > at);
        let outcome: unknown = 'pending';
        world.job.rescale(to).then(() => (outcome = 'done'), (error: unknown) => (outcome = error));
        await world.platform.run(() => outcome !== 'pending');
        expect(outcome).toBe('done');
      }
      await finish(world);
      expect(sortedRows(committed)).toEqual(expectedSums(COUNT));
    }
  });

  it('gives a part that starts again its blocks back, while the others wait for it or go on', async () => {
    const expected = Array.from({ length: COUNT }, (_, index) => JSON.stringify(reading(index))).sort();
    for (const seed of seeds) {
      const committed = new Map<string, readonly unknown[]>();
      const sink: Sink<unknown> = { ...committingSink(committed), restartsAlone: true };
      const world = run(seed, [800 + 110 * seed, 900, 500], 3, [sinkStep(sink)], { 'restart.failover': 'region' });
      await finish(world);
      expect(sortedRows(committed)).toEqual(expected);
      expect(world.job.describe().failures.map(({ scope }) => scope)).toContain('region');
    }
  });
});
