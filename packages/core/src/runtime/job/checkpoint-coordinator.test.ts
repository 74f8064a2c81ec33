import { expect, it } from 'vitest';
import type { CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { CheckpointCoordinator } from './checkpoint-coordinator.js';
import { CheckpointStatistics } from './checkpoint-statistics.js';
import type { SubtaskSnapshot } from '../../task/ports.js';

/** A coordinator of two subtasks over a store that fails where it is told to. */
function rig(failing?: 'write' | 'markCommitting'): { coordinator: CheckpointCoordinator; happened: string[]; written: AcknowledgedCheckpoint[] } {
  const happened: string[] = [];
  const written: AcknowledgedCheckpoint[] = [];
  const failWhere = (where: string): void => {
    happened.push(where);
    if (where === failing) throw new Error(`${where} failed`);
  };
  const store: CheckpointStore = {
    open: async () => 1,
    list: async () => [],
    newest: async () => undefined,
    async write(checkpoint) {
      failWhere('write');
      written.push(checkpoint);
      return { checkpointId: checkpoint.checkpointId, job: 'test', kind: 'checkpoint', takenAt: 0, bytes: 0, newBytes: 0, fingerprint: '' };
    },
    async markCommitting() {
      failWhere('markCommitting');
    },
    whole: () => Promise.reject(new Error('no savepoints here')),
    close: async () => {},
  };
  const coordinator = new CheckpointCoordinator(
    {
      job: 'test', subtasks: 2, fingerprint: '', store, mode: 'exactly-once', nameOf: String, now: () => 0,
      sendBarrier: (barrier) => (happened.push(`barrier ${barrier.checkpointId}`), new Map([['numbers', { type: 'numbers-source', enumerator: 'state' }]])),
      notifyComplete: (id) => happened.push(`complete ${id}`),
      notifyAborted: (id) => happened.push(`aborted ${id}`),
      fail: () => happened.push('failed'),
      statistics: new CheckpointStatistics(),
    },
    4,
  );
  return { coordinator, happened, written };
}

const snapshot = (split: string): SubtaskSnapshot => ({ operators: [], source: { uid: 'numbers', splits: [split] }, metrics: METRICS });

const METRICS: SubtaskSnapshot['metrics'] = { startDelayMs: 1, alignmentMs: 2, syncMs: 3, asyncMs: 4, longestSliceMs: 1, bytes: 5 };

it('lets sinks commit only when the checkpoint is stored and marked', async () => {
  const { coordinator, happened, written } = rig();
  const taken = coordinator.trigger();
  coordinator.acknowledge(0, 5, snapshot('a'));
  expect(happened).toEqual(['barrier 5']);
  coordinator.acknowledge(1, 5, snapshot('b'));
  expect((await taken).checkpointId).toBe(5);
  expect(happened).toEqual(['barrier 5', 'write', 'markCommitting', 'complete 5']);
  expect(written[0]?.sources.get('numbers')).toEqual({ type: 'numbers-source', enumerator: 'state', splits: ['a', 'b'] });
});

it('tells the subtasks when a checkpoint could not be stored, and takes the next', async () => {
  for (const failing of ['write', 'markCommitting'] as const) {
    const { coordinator, happened } = rig(failing);
    const taken = coordinator.trigger();
    for (const subtask of [0, 1]) coordinator.acknowledge(subtask, 5, snapshot('a'));
    await expect(taken).rejects.toThrow(`${failing} failed`);
    expect(happened).toContain('aborted 5');
    expect(happened).not.toContain('complete 5');
    expect(coordinator.isBusy).toBe(false);
    coordinator.trigger().catch(() => {});
    expect(happened.at(-1)).toBe('barrier 6');
  }
});

it('takes nothing into a checkpoint that was meant for one given up before', async () => {
  const { coordinator, written } = rig();
  const first = coordinator.trigger();
  coordinator.acknowledge(0, 5, snapshot('old'));
  coordinator.giveUp('it took too long');
  await expect(first).rejects.toMatchObject({ code: expect.stringMatching(/^MR-23/) as string });
  const second = coordinator.trigger();
  coordinator.acknowledge(0, 6, snapshot('new'));
  coordinator.acknowledge(0, 5, snapshot('late'));
  coordinator.acknowledge(1, 5, snapshot('late'));
  coordinator.acknowledge(1, 6, snapshot('other'));
  await second;
  expect(written.map(({ checkpointId, sources }) => [checkpointId, sources.get('numbers')?.splits])).toEqual([[6, ['new', 'other']]]);
});
