import type { CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import type { ReplayedFrom } from '../invariants/recovery.js';
import { SeededRandom } from '../simulation/seeded-random.js';
import { SimulatedPlatform } from '../simulation/simulated-platform.js';
import type { Canary } from './canary.js';
import { warehouseOutputs } from './outputs.js';
import type { Scenario } from './scenario.js';
import { buildSimulatedJob, type ExpectedSink } from './simulated-job.js';
import { SimulatedLife } from './simulated-life.js';
import { Warehouse, type CommittedBatch, type WarehouseManner } from './warehouse.js';

const CALM: WarehouseManner = { latencyMs: 0, refusals: 0, lostReplies: 0, late: 0, recordsPerSecond: undefined };
/** Checkpoints of one run that are restored: all, or so many evenly spread ones. */
const MOST_REPLAYS = 6;

/** Runs the job of a scenario undisturbed, then restores every checkpoint it took and lets each replay the rest. */
export async function replayCheckpoints(scenario: Scenario, canary: Canary | undefined): Promise<ReplayedFrom[]> {
  const kept: CompletedCheckpoint[] = [];
  const memory = new MemoryCheckpointStore();
  const store: CheckpointStore = {
    open: () => memory.open(),
    list: () => memory.list(),
    newest: () => memory.newest(),
    write: async (checkpoint, metadata) => {
      const stored = await memory.write(checkpoint, metadata);
      const completed = await memory.newest();
      if (completed !== undefined) kept.push(completed);
      return stored;
    },
    markCommitting: () => memory.markCommitting(),
    whole: (checkpoint, use) => memory.whole(checkpoint, use),
    close: () => memory.close(),
  };
  const first = await runOnce(scenario, { store, canary, committed: [], resume: undefined });
  const step = Math.max(1, Math.ceil(kept.length / MOST_REPLAYS));
  const replays: ReplayedFrom[] = [];
  for (let index = 0; index < kept.length; index += step) {
    const checkpoint = kept[index] as CompletedCheckpoint;
    const { checkpointId } = checkpoint;
    const committed = first.warehouse.committed.filter((batch) => batch.checkpointId <= checkpointId);
    const again = await runOnce(scenario, { store: new MemoryCheckpointStore(), canary, committed, resume: checkpoint });
    first.expected.forEach((_, sink) => {
      const rows = (warehouse: Warehouse): string[] => warehouse.rows(sink).map((row) => JSON.stringify(row));
      replays.push({ checkpointId, sink: `sink ${sink}`, rows: rows(again.warehouse), uninterrupted: rows(first.warehouse) });
    });
  }
  return replays;
}

interface Once {
  readonly store: CheckpointStore;
  readonly canary: Canary | undefined;
  /** What the outside has already. */
  readonly committed: readonly CommittedBatch[];
  readonly resume: CompletedCheckpoint | undefined;
}

async function runOnce(scenario: Scenario, { store, canary, committed, resume }: Once): Promise<{ readonly warehouse: Warehouse; readonly expected: readonly ExpectedSink[] }> {
  const { seed, clockTickMs, maxLatencyMs } = scenario;
  const number = resume?.checkpointId ?? 0;
  const platform = new SimulatedPlatform({ seed: seed + number, clockTickMs, maxLatencyMs, shuffle: true });
  const warehouse = new Warehouse(CALM, new SeededRandom(seed), platform.time);
  warehouse.fill(committed);
  const outputs = warehouseOutputs(warehouse);
  // Each replay runs at another parallelism than the one before.
  const parallelism = 1 + ((scenario.last.parallelism + number) % 4);
  const place = { ...scenario.last, parallelism, workers: Math.min(scenario.last.workers, parallelism) };
  const build = (of: SimulatedPlatform): ReturnType<typeof buildSimulatedJob> =>
    buildSimulatedJob(scenario.job, parallelism, { timers: of.timers, probes: undefined, read: () => {}, begin: () => {}, sink: (sink) => outputs.sink(sink, () => {}) });
  const life = new SimulatedLife({
    scenario, place, name: `replay of ${number}`, platform,
    store: canary?.store?.(store, platform) ?? store,
    tamper: (of) => canary?.platform?.(of) ?? of,
    build: (of) => build(of).program,
    resume: resume === undefined ? undefined : () => Promise.resolve(resume),
  });
  await platform.run(() => life.hasEnded);
  if (life.error !== undefined) throw life.error;
  return { warehouse, expected: build(platform).expected };
}
