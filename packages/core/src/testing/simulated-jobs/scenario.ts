/** What a simulated run is: plain data, drawn from one seed. */
import { REACH_POINTS, type ReachPoint } from '../../base/reach-points.js';
import { SeededRandom } from '../simulation/seeded-random.js';
import type { WarehouseManner } from './warehouse.js';

/** One operation of a job and which earlier streams it is put on. */
export interface Choice {
  readonly operation: 'async' | 'connect' | 'explode' | 'filter' | 'lateWindow' | 'lookup' | 'map' | 'split' | 'timers' | 'union' | 'window';
  readonly from: number;
  readonly other: number;
  readonly rebalance: boolean;
}

/** The shape of a job. */
export interface JobShape {
  /** Records of each source. */
  readonly counts: readonly number[];
  readonly splits: number;
  readonly choices: readonly Choice[];
}

/** How one life of a job ends. */
export type LifeEnd =
  /** The machine loses power: what was not forced to the disk may be lost. */
  | { readonly kind: 'powerCut'; readonly afterMs: number; readonly mode: 'lose' | 'tear' }
  /** `kill -9`. */
  | { readonly kind: 'killed'; readonly afterMs: number }
  /** At the n-th reaching of a point; with `power` the machine goes down with it. */
  | { readonly kind: 'killedAt'; readonly point: ReachPoint; readonly nth: number; readonly power: boolean }
  /** One task manager dies, and the job has to cope. */
  | { readonly kind: 'taskManagerKilled'; readonly afterMs: number }
  | { readonly kind: 'taskManagerKilledAt'; readonly point: ReachPoint; readonly nth: number }
  /** The process stops (SIGSTOP) and wakes when another has taken over. */
  | { readonly kind: 'zombie'; readonly afterMs: number }
  /** Stopped by its user, with a last checkpoint. */
  | { readonly kind: 'stopped'; readonly afterMs: number }
  /** Canceled by its user. */
  | { readonly kind: 'canceled'; readonly afterMs: number };

/** Something that goes wrong while a job lives. */
export type Fault =
  | { readonly kind: 'diskFull' | 'inputOutput' | 'readOnly'; readonly after: number; readonly times: number; readonly operation: 'all' | 'open' | 'rename' | 'sync' | 'syncDirectory' | 'write' }
  | { readonly kind: 'slowDisk'; readonly times: number }
  | { readonly kind: 'clockJump'; readonly afterMs: number; readonly byMs: number }
  | { readonly kind: 'sleep'; readonly afterMs: number; readonly forMs: number };

/** What the user asks of a running job. Several may come at once. */
export interface Act {
  readonly kind: 'checkpoint' | 'rescale' | 'savepoint';
  readonly afterMs: number;
  /** Of a rescale. */
  readonly parallelism: number;
}

/** What happens to the newest checkpoint between two lives. */
export type Damage = 'flip' | 'swap' | 'truncate' | 'wrongBytes' | 'zeroLength';

/** One life of a job: how it runs, what goes wrong, and how it ends. */
export interface Life {
  readonly parallelism: number;
  /** Worker threads; 0: all in one thread. */
  readonly workers: number;
  readonly backend: 'heap' | 'log';
  readonly end: LifeEnd;
  readonly faults: readonly Fault[];
  readonly acts: readonly Act[];
  /** Done to the checkpoints before the next life, tried, and undone. */
  readonly damage: Damage | undefined;
}

/** All of a simulated run. */
export interface Scenario {
  readonly seed: number;
  readonly job: JobShape;
  readonly lives: readonly Life[];
  /** The last life, in which nothing goes wrong. */
  readonly last: Pick<Life, 'backend' | 'parallelism' | 'workers'>;
  readonly store: 'file' | 'memory';
  readonly sinks: 'files' | 'warehouse';
  readonly warehouse: WarehouseManner;
  readonly batchSize: number;
  readonly checkpointIntervalMs: number;
  readonly clockTickMs: number;
  readonly maxLatencyMs: number;
  readonly generateCode: boolean;
  /** Every checkpoint of an undisturbed run is restored and replayed (I8). */
  readonly replays: boolean;
}

const OPERATIONS = ['async', 'explode', 'filter', 'map', 'split', 'timers', 'union', 'window', 'lateWindow', 'connect', 'lookup'] as const;
const HOUR_MS = 3_600_000;

/** Draws a scenario. The same seed, the same scenario. */
export function drawScenario(seed: number): Scenario {
  const random = new SeededRandom(seed);
  const store = random.chance(0.8) ? 'file' : 'memory';
  const replays = random.chance(0.06);
  const threads = random.chance(0.6);
  const lives = replays ? [] : many(random, 0, 3, () => drawLife(random, threads, store));
  const slow = random.chance(0.08);
  const counts = many(random, 1, 2, () => random.below(slow ? 40 : random.chance(0.1) ? 500 : 130));
  const choices = many(random, 1, 5, () => ({ operation: pick(random, OPERATIONS), from: random.below(10), other: random.below(10), rebalance: random.chance(0.5) }));
  const warehouse = drawManner(random, slow);
  return {
    seed,
    job: { counts, splits: 1 + random.below(4), choices },
    lives,
    last: drawPlace(random, threads),
    store,
    // A file sink's files are as durable as the checkpoints that lie beside them, so both share the disk.
    sinks: store === 'file' && random.chance(0.45) && !slow && !replays ? 'files' : 'warehouse',
    warehouse,
    batchSize: pick(random, [1, 3, 16, 64]),
    checkpointIntervalMs: slow ? 2000 : warehouse.refusals + warehouse.late > 0 ? 20 + random.below(40) : 2 + random.below(38),
    clockTickMs: pick(random, [0.02, 0.1, 0.7]),
    maxLatencyMs: threads ? pick(random, [0, 0.2, 2]) : 0,
    generateCode: random.chance(0.7),
    replays,
  };
}

function drawPlace(random: SeededRandom, threads: boolean): Pick<Life, 'backend' | 'parallelism' | 'workers'> {
  const parallelism = 1 + random.below(4);
  return { parallelism, workers: threads ? 1 + random.below(parallelism) : 0, backend: random.chance(0.5) ? 'heap' : 'log' };
}

function drawLife(random: SeededRandom, threads: boolean, store: Scenario['store']): Life {
  const onDisk = store === 'file';
  const place = drawPlace(random, threads);
  const end = drawEnd(random, threads, onDisk);
  const faults = random.chance(0.3) ? many(random, 1, 2, () => drawFault(random, onDisk)) : [];
  return {
    ...place,
    end,
    // With the clock set back, what sleeps looks alive until the clock has caught up, and nobody may take over.
    faults: end.kind === 'zombie' ? faults.filter((fault) => fault.kind !== 'clockJump' || fault.byMs > 0) : faults,
    acts: random.chance(0.25) ? drawActs(random) : [],
    damage: onDisk && random.chance(0.15) ? pick(random, ['flip', 'swap', 'truncate', 'wrongBytes', 'zeroLength'] as const) : undefined,
  };
}

function drawEnd(random: SeededRandom, threads: boolean, onDisk: boolean): LifeEnd {
  const afterMs = 1 + random.below(90);
  const nth = 1 + random.below(pick(random, [2, 12]));
  const choice = random.below(20);
  if (choice < 3) return { kind: 'powerCut', afterMs, mode: random.chance(0.3) ? 'lose' : 'tear' };
  if (choice < 5) return { kind: 'killed', afterMs };
  if (choice < 13) return { kind: 'killedAt', point: pick(random, REACH_POINTS), nth, power: random.chance(0.5) };
  if (choice < 15 && threads) return { kind: 'taskManagerKilled', afterMs };
  if (choice < 16 && threads) return { kind: 'taskManagerKilledAt', point: pick(random, REACH_POINTS), nth };
  if (choice < 17 && onDisk) return { kind: 'zombie', afterMs };
  if (choice < 19) return { kind: 'stopped', afterMs };
  return { kind: 'canceled', afterMs };
}

function drawFault(random: SeededRandom, onDisk: boolean): Fault {
  const choice = random.below(onDisk ? 8 : 3);
  if (choice < 2) return { kind: 'clockJump', afterMs: random.below(60), byMs: pick(random, [-HOUR_MS, HOUR_MS, -150, 150]) };
  if (choice < 3) return { kind: 'sleep', afterMs: random.below(60), forMs: 8 * HOUR_MS };
  if (choice < 4) return { kind: 'slowDisk', times: 1 + random.below(3) };
  return {
    kind: pick(random, ['diskFull', 'inputOutput', 'readOnly'] as const),
    after: random.below(pick(random, [10, 80])),
    times: pick(random, [1, 1, 3, 1000]),
    operation: pick(random, ['all', 'open', 'rename', 'sync', 'syncDirectory', 'write'] as const),
  };
}

/** Close together, so that one is asked for while another is under way. */
function drawActs(random: SeededRandom): Act[] {
  const afterMs = random.below(60);
  return many(random, 1, 4, () => ({ kind: pick(random, ['checkpoint', 'rescale', 'savepoint', 'rescale'] as const), afterMs: afterMs + random.below(6), parallelism: 1 + random.below(4) }));
}

function drawManner(random: SeededRandom, slow: boolean): WarehouseManner {
  return {
    latencyMs: pick(random, [0, 0, 3, 40]),
    refusals: pick(random, [0, 0, 0.1]),
    lostReplies: pick(random, [0, 0, 0.15]),
    late: pick(random, [0, 0, 0, 0.05]),
    recordsPerSecond: slow ? pick(random, [1, 20]) : undefined,
  };
}

function pick<T>(random: SeededRandom, all: readonly T[]): T {
  return all[random.below(all.length)] as T;
}

function many<T>(random: SeededRandom, least: number, most: number, draw: () => T): T[] {
  return Array.from({ length: least + random.below(most - least + 1) }, draw);
}
