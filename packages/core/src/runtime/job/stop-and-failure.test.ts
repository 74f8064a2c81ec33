import { describe, expect, it } from 'vitest';
import type { Source } from '../../connector/source.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { BY_AT, committingSink, finish, lineProgram, rangeSource, sinkStep, sortedRows, start, type Reading, type Step } from './job.test-parts.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const COUNT = 60_000;
const make = (index: number): Reading => ({ key: `k${index % 7}`, value: index, at: index });
const source: Step = { type: 'orders', program: { kind: 'source', source: rangeSource(COUNT, make) as Source<unknown>, watermarks: BY_AT, outputType: DYNAMIC }, settings: { uid: 'orders' } };

describe('a stop', () => {
  it('that is asked for before the first record flows is done all the same', async () => {
    const committed = new Map<string, readonly unknown[]>();
    const run = start(lineProgram([source, sinkStep(committingSink(committed))], 1), { store: new MemoryCheckpointStore() });
    void run.job.stop();
    const { state, recordsIn } = await finish(run);
    expect(state).toBe('FINISHED');
    expect(recordsIn).toBeLessThan(COUNT);
    expect(sortedRows(committed)).toHaveLength(recordsIn);
  });
});
