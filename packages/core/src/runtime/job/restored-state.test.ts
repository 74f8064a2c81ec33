import { expect, it } from 'vitest';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { ExecutionGraph } from '../../graph/execution-graph.js';
import type { OperatorSnapshot } from '../../state/operator-snapshot.js';
import { t } from '../../record/types/t.js';
import { heapStateBackendFactory } from '../../state/backends/heap/heap-state-backend.js';
import { kitBackend, takeSnapshot } from '../../testing/state-backend-kit.js';
import { checkRestored } from './restored-state.js';

const graph = { jobGraph: { job: 'test', vertices: [{ maxParallelism: 128, operators: [{ uid: 'sums', node: { name: 'Sums' } }] }] } } as unknown as ExecutionGraph;

function restored(uid: string, part: Partial<OperatorSnapshot>, sources: readonly string[] = []): CompletedCheckpoint {
  const snapshot: OperatorSnapshot = { operatorUid: uid, checkpointId: 3, maxParallelism: 128, watermark: 0, keyGroups: [], operatorState: undefined, basedOn: undefined, ...part };
  return { checkpointId: 3, operators: new Map([[uid, [snapshot]]]), sources: new Map(sources.map((source) => [source, {}])) } as unknown as CompletedCheckpoint;
}

const keyed = { keyGroups: [{ keyGroup: 1, kind: 'base' as const, bytes: new Uint8Array(1) }] };

it('R44 refuses state that no operator of the job has, by key or not, and positions of a source that is gone', () => {
  for (const checkpoint of [restored('gone', keyed), restored('gone', { operatorState: new Uint8Array(1) }), restored('sums', keyed, ['gone'])]) {
    expect(() => checkRestored(graph, checkpoint, [])).toThrow(/"gone"/);
    expect(() => checkRestored(graph, checkpoint, ['gone'])).not.toThrow();
  }
  expect(() => checkRestored(graph, restored('gone', {}), [])).not.toThrow();
});

it('R44 refuses the positions of another type of source, by both types; those of early versions say none', () => {
  const job = { jobGraph: { job: 'test', vertices: [{ maxParallelism: 128, operators: [{ uid: 'orders', node: { name: 'Orders', type: 'kafka-source' } }] }] } } as unknown as ExecutionGraph;
  const of = (type?: string): CompletedCheckpoint => ({ checkpointId: 3, operators: new Map(), sources: new Map([['orders', { enumerator: {}, splits: [], ...(type === undefined ? {} : { type }) }]]) }) as unknown as CompletedCheckpoint;
  expect(() => checkRestored(job, of('file-source'), [])).toThrow(/MR-2322.*file-source with uid "orders".*"Orders".*kafka-source/);
  for (const type of ['kafka-source', undefined]) expect(() => checkRestored(job, of(type), [])).not.toThrow();
});

it('R44 misses nothing where only empty lists were declared, as sinks do', () => {
  const operatorState = (items: readonly string[]): Uint8Array | undefined => {
    const backend = kitBackend(heapStateBackendFactory, { operatorUid: 'gone' });
    backend.operatorList('pending', t.string, 'list').update(items);
    return takeSnapshot(backend, 3).operatorState;
  };
  expect(() => checkRestored(graph, restored('gone', { operatorState: operatorState([]) }), [])).not.toThrow();
  expect(() => checkRestored(graph, restored('gone', { operatorState: operatorState(['a file']) }), [])).toThrow(/MR-2303.*"gone"/);
});

it('R36 refuses another maximum parallelism, by the name of the operator', () => {
  expect(() => checkRestored(graph, restored('sums', { ...keyed, maxParallelism: 64 }), [])).toThrow(/"Sums" was saved with maximum parallelism 64 and now has 128/);
  expect(() => checkRestored(graph, restored('sums', keyed), [])).not.toThrow();
});
