import type { Plan } from '@millrace/core/spi';
import { describe, expect, it } from 'vitest';
import type { JobView } from './job-view.js';
import { explainSilence } from './silence.js';

const NOW = 1_000_000;
const last = { checkpointId: 3, at: NOW - 4_000, durationMs: 5, bytes: 10, newBytes: 10 };

/** A job of one source and a sink of a kind, of which nothing else is known. */
function jobWith(sink: string, bounded: boolean, checkpoints: object | undefined): JobView {
  const operator = { uid: 'in', name: 'in', type: 'source', kind: 'source', source: { bounded, replayable: true } };
  return {
    state: 'RUNNING', now: NOW, subtasks: [], failures: [], checkpoints,
    operators: [{ uid: 'out', name: 'out', type: sink, parallelism: 1, guarantee: 'exactly-once' }],
    plan: { vertices: [{ id: 1, name: 'in → out', operators: [operator] }], edges: [] } as unknown as Plan,
  } as unknown as JobView;
}

describe('why nothing comes out', () => {
  it.each([
    ['a sink that commits, with checkpoints', jobWith('kafka-sink', false, { last }), ['out shows its rows when a checkpoint is complete: the last is 4 s old']],
    ['a sink that commits, without checkpoints in a job that ends', jobWith('kafka-sink', true, undefined), ['out shows its rows when the job ends: it has no checkpoints']],
    ['a sink that commits, without checkpoints in a job that never ends: it commits by itself', jobWith('kafka-sink', false, undefined), []],
    ['files, with checkpoints: only closed ones', jobWith('file-sink', false, { last: undefined }), [expect.stringMatching(/^out shows its rows when a file has been closed \(after 60 s or 128 MiB, unless rollAfter .*\) and then a checkpoint is complete: none is complete yet$/)]],
    ['files, without checkpoints in a job that never ends', jobWith('file-sink', false, undefined), [expect.stringMatching(/^out shows its rows when a file has been closed .*: the job has no checkpoints$/)]],
    ['files, without checkpoints in a job that ends', jobWith('file-sink', true, undefined), ['out shows its rows when the job ends: it has no checkpoints']],
  ])('%s', (_name, view, sentences) => {
    expect(explainSilence(view)).toEqual(sentences);
  });
});
