import { expect, it } from 'vitest';
import type { WriterContext } from '../../connector/sink.js';
import { WarehouseRefuses } from '../simulation/errors.js';
import { SimulatedPlatform } from '../simulation/simulated-platform.js';
import { Warehouse } from './warehouse.js';

const CALM = { latencyMs: 0, refusals: 0, lostReplies: 0, late: 0, recordsPerSecond: undefined };
const batch = (id: string, rows: readonly unknown[]): unknown => ({ id, checkpointId: 1, rows });

it('commits each batch once, refuses what a replaced run commits late, and reports a name that is used twice', async () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const warehouse = new Warehouse(CALM, platform.random, platform.time);
  const sink = warehouse.sink(0, () => true, () => {});
  const runOf = (epoch: number): { commit(all: readonly unknown[]): Promise<void> } => {
    const context = { platform, epoch, subtask: 0 } as unknown as WriterContext;
    sink.createWriter(context, []);
    return { commit: (all) => sink.createCommitter!(context).commit(all, { epoch, recovered: false, endOfInput: false }) };
  };
  const [first, second] = [runOf(1), runOf(2)];
  await second.commit([batch('a', [1, 2])]);
  await second.commit([batch('a', [1, 2]), batch('b', [3])]);
  await expect(first.commit([batch('c', [4])])).rejects.toThrow(expect.toSatisfy(WarehouseRefuses.is));
  expect([warehouse.rows(0), warehouse.fenced, warehouse.offences]).toEqual([[1, 2, 3], 1, []]);
  await second.commit([batch('a', [9])]);
  expect(warehouse.offences).toHaveLength(1);
});
