import { describe, expect, it } from 'vitest';
import { mapOperator } from '../../operators/map.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { Source } from '../../connector/source.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, sortedRows, takeCheckpoint, type Run } from './job.test-parts.js';
import { runLocally } from './local-executor.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const COUNT = 100_000;
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: index, at: index });

/** A run on `/state` whose map throws once at record `bad`. */
function launch(platform: SimulatedPlatform, committed: Map<string, readonly unknown[]>, resume: 'latest' | 'none', bad = -1): Run {
  let left = 1;
  const map = mapOperator((value) => {
    if ((value as Reading).value === bad && left-- > 0) throw new TypeError('bad');
    return value;
  });
  const source = { type: 'orders', program: { kind: 'source' as const, source: rangeSource(COUNT, make) as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC }, settings: { uid: 'orders' } };
  const program = lineProgram([source, { type: 'enrich', program: map }, sinkStep(committingSink(committed))], 1);
  const job = runLocally(program, platform, { options: { 'batch.size': 64 }, store: new FileCheckpointStore(platform, { directory: '/state', job: 'test' }), resume });
  job.done.catch(() => {});
  return { platform, job };
}

const stateFiles = (platform: SimulatedPlatform): string[] => platform.files.readDirectory('/state').map(({ name }) => name).filter((name) => name.startsWith('state-'));

describe('a run that begins afresh where committed checkpoints are damaged', () => {
  it('goes on from its own checkpoints after a failure and in the next run, and still deletes what it no longer needs', async () => {
    const platform = new SimulatedPlatform({ seed: 1, clockTickMs: 0.1 });
    const before = launch(platform, new Map(), 'latest');
    await platform.run(() => before.job.progress().recordsIn > 100);
    for (let n = 1; n <= 6; n++) await takeCheckpoint(before);
    void before.job.cancel();
    await finish(before);
    for (const id of [5, 6]) platform.files.writeFile(`/state/checkpoint-${id}.json`, 'damaged');
    await expect(finish(launch(platform, new Map(), 'latest'))).rejects.toMatchObject({ code: 'MR-2406' });
    const committed = new Map<string, readonly unknown[]>();
    const afresh = launch(platform, committed, 'none', COUNT - 10);
    await platform.run(() => afresh.job.progress().recordsIn > 1000);
    await takeCheckpoint(afresh);
    const older = stateFiles(platform).length;
    for (let n = 1; n <= 3; n++) await takeCheckpoint(afresh);
    expect(stateFiles(platform).length).toBeLessThanOrEqual(older + 1);
    expect((await finish(afresh)).state).toBe('FINISHED');
    expect(afresh.job.describe()).toMatchObject({ restarts: 1 });
    expect(sortedRows(committed)).toHaveLength(COUNT);
    // What it left is what the next run finds.
    expect((await finish(launch(platform, committed, 'latest'))).recordsIn).toBe(0);
  });
});
