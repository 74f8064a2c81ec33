/**
 * Random jobs on a simulated machine, killed at random moments and restarted at random parallelism: what is committed in
 * the end must be what a few lines over plain arrays compute (rule "one result, whatever the run").
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../connector/source.js';
import type { Partitioning, StreamEdge, StreamNode } from '../../graph/stream-graph.js';
import type { EdgeProgram, JobProgram, NodeProgram } from '../../operators/job-program.js';
import type { OperatorFactory } from '../../operators/operator.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { counting, doubling, doublingLater, exploding, filtering, settingTimers, splitting } from '../../testing/simulated-jobs/job-operators.js';
import { counts, double, explode, isSmall, sums, timerRows } from '../../testing/simulated-jobs/model.js';
import { WINDOW_MS, type Reading } from '../../testing/simulated-jobs/reading.js';
import { PLAIN_SUM, tumblingSums } from '../../testing/simulated-jobs/tumbling-sums.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { BY_AT, committingSink, finish, rangeSource } from './job.test-parts.js';
import { runLocally } from './local-executor.js';

/** How many cases, and from which seed: fixed, so that they say the same every time. `npm run simulate` runs other jobs, in which more fails. */
const CASES = 200;
const SEED = 2026;
const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const KEYED: { readonly partitioning: Partitioning; readonly edge: EdgeProgram } = { partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key } };

/** One random choice after the other: an operation and which earlier streams it is put on. */
interface Choice {
  readonly operation: 'async' | 'explode' | 'filter' | 'map' | 'split' | 'timers' | 'union' | 'window';
  readonly from: number;
  readonly other: number;
  readonly rebalance: boolean;
}

/** One life of a job: how parallel it is, and how long it lives before it is killed. */
interface Life {
  readonly parallelism: number;
  readonly killAfterMs: number;
}

interface Case {
  readonly seed: number;
  readonly counts: readonly number[];
  readonly splits: number;
  readonly choices: readonly Choice[];
  readonly lives: readonly Life[];
  readonly lastParallelism: number;
  readonly batchSize: number;
  readonly checkpointIntervalMs: number;
  readonly clockTickMs: number;
  readonly onDisk: boolean;
}

const parallelism = fc.integer({ min: 1, max: 4 });
const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  counts: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 2 }),
  splits: fc.integer({ min: 1, max: 4 }),
  choices: fc.array(
    fc.record({
      operation: fc.constantFrom('async', 'explode', 'filter', 'map', 'split', 'timers', 'union', 'window'),
      from: fc.nat({ max: 9 }),
      other: fc.nat({ max: 9 }),
      rebalance: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  lives: fc.array(fc.record({ parallelism, killAfterMs: fc.integer({ min: 1, max: 60 }) }), { maxLength: 3 }),
  lastParallelism: parallelism,
  batchSize: fc.constantFrom(1, 3, 16, 64),
  checkpointIntervalMs: fc.integer({ min: 2, max: 40 }),
  clockTickMs: fc.constantFrom(0.02, 0.1, 0.7),
  onDisk: fc.boolean(),
});

const at = (operation: Choice['operation'], from: number): Choice => ({ operation, from, other: 0, rebalance: false });

/** What once failed: a checkpoint directory that a crash took away as a whole; idleness that overtook the results of timers; readers idle before their end. */
const FOUND: readonly Case[] = [
  { seed: 28180, counts: [1], splits: 2, choices: [at('async', 0)], lives: [{ parallelism: 2, killAfterMs: 16 }], lastParallelism: 1, batchSize: 1, checkpointIntervalMs: 2, clockTickMs: 0.02, onDisk: true },
  { seed: 1, counts: [208], splits: 2, choices: [at('timers', 0), at('window', 1)], lives: [], lastParallelism: 2, batchSize: 16, checkpointIntervalMs: 2000, clockTickMs: 0.02, onDisk: false },
  {
    seed: 1, counts: [172], splits: 2, choices: [at('map', 0), at('window', 0), at('window', 2), { ...at('map', 0), rebalance: true }], lives: [{ parallelism: 1, killAfterMs: 13 }, { parallelism: 1, killAfterMs: 18 }],
    lastParallelism: 2, batchSize: 3, checkpointIntervalMs: 13, clockTickMs: 0.1, onDisk: false,
  },
  {
    seed: 1, counts: [72], splits: 4, choices: [at('timers', 0), at('window', 3), { ...at('async', 0), rebalance: true }], lives: [],
    lastParallelism: 3, batchSize: 16, checkpointIntervalMs: 2, clockTickMs: 0.02, onDisk: false,
  },
];

/** A stream of the job under construction: where it comes from, and what a plain computation says it carries. */
interface Stream {
  readonly node: number;
  readonly side: string | undefined;
  readonly rows: readonly Reading[];
}

/** Builds the program and the expected rows of each sink beside it. */
class RandomJob {
  readonly expected: Reading[][] = [];
  readonly #platform: SimulatedPlatform;
  readonly #committed: readonly Map<string, readonly unknown[]>[];
  readonly #nodes: StreamNode[] = [];
  readonly #edges: StreamEdge[] = [];
  readonly #programs = new Map<number, NodeProgram>();
  readonly #edgePrograms = new Map<number, EdgeProgram>();

  constructor(platform: SimulatedPlatform, committed: readonly Map<string, readonly unknown[]>[]) {
    this.#platform = platform;
    this.#committed = committed;
  }

  build(one: Case, parallelismOfRun: number): JobProgram {
    const streams = one.counts.map((count, index) => this.#source(count, one.splits, index));
    for (const choice of one.choices) streams.push(...this.#apply(choice, streams));
    for (const stream of streams) this.#sink(stream);
    const counted = this.#operator([streams.at(-1)!], counting(), counts, KEYED);
    this.#sink(counted);
    return { streamGraph: { job: 'random', nodes: this.#nodes, edges: this.#edges, parallelism: parallelismOfRun, maxParallelism: 128 }, nodes: this.#programs, edges: this.#edgePrograms };
  }

  #apply(choice: Choice, streams: readonly Stream[]): Stream[] {
    const from = streams[choice.from % streams.length]!;
    const how = choice.rebalance ? { partitioning: 'rebalance' as const } : {};
    switch (choice.operation) {
      case 'map':
        return [this.#operator([from], doubling(), (rows) => rows.map(double), how)];
      case 'filter':
        return [this.#operator([from], filtering(), (rows) => rows.filter(isSmall), how)];
      case 'explode':
        return [this.#operator([from], exploding(), (rows) => rows.flatMap(explode), how)];
      case 'union':
        return [this.#operator([from, streams[choice.other % streams.length]!], doubling(), (rows) => rows.map(double), how)];
      case 'async':
        return [this.#operator([from], doublingLater(this.#platform.timers, choice.other), (rows) => rows.map(double), how)];
      case 'window':
        return [this.#operator([from], windowSums(), sums, KEYED)];
      case 'timers':
        return [this.#operator([from], settingTimers(), timerRows, KEYED)];
      case 'split': {
        const main = this.#operator([from], splitting(), (rows) => rows.filter(isSmall), how);
        return [main, { node: main.node, side: 'rest', rows: from.rows.filter((row) => !isSmall(row)) }];
      }
    }
  }

  #source(count: number, splits: number, index: number): Stream {
    const make = (at: number): Reading => ({ key: `k${(at * 7 + index) % 11}`, value: (at * 31) % 17, at: at * 3 });
    const source = rangeSource(count, make, splits) as unknown as Source<unknown>;
    const node = this.#node('source', `source-${index}`, 0, { kind: 'source', source, watermarks: BY_AT, outputType: DYNAMIC });
    return { node, side: undefined, rows: Array.from({ length: count }, (_, at) => make(at)) };
  }

  #operator(from: readonly Stream[], factory: OperatorFactory, model: (rows: readonly Reading[]) => Reading[], how: { readonly partitioning?: Partitioning; readonly edge?: EdgeProgram }): Stream {
    const node = this.#node('operator', 'operator', 1, { kind: 'operator', factory, outputType: DYNAMIC });
    for (const stream of from) this.#connect(stream, node, how);
    return { node, side: undefined, rows: model(from.flatMap(({ rows }) => rows)) };
  }

  #sink(stream: Stream): void {
    const committed = this.#committed[this.expected.length]!;
    this.expected.push([...stream.rows]);
    this.#connect(stream, this.#node('sink', 'sink', 1, { kind: 'sink', sink: committingSink(committed) }), {});
  }

  #node(kind: StreamNode['kind'], type: string, inputs: number, program: NodeProgram): number {
    const id = this.#nodes.length;
    this.#nodes.push({ id, kind, type, name: `${type} ${id}`, uid: `node-${id}`, chaining: 'always', inputs, stateful: kind !== 'source' });
    this.#programs.set(id, program);
    return id;
  }

  #connect({ node, side }: Stream, to: number, { partitioning = 'forward', edge }: { readonly partitioning?: Partitioning; readonly edge?: EdgeProgram }): void {
    const id = this.#edges.length;
    this.#edges.push({ id, from: node, to, input: 0, partitioning, ...(side === undefined ? {} : { sideOutput: side }) });
    if (edge !== undefined) this.#edgePrograms.set(id, edge);
  }
}

/** Sums of windows that senders do not reduce: the aggregate has no `merge`. */
function windowSums(): OperatorFactory {
  return tumblingSums(WINDOW_MS, PLAIN_SUM, (sum, key, window) => ({ key, value: sum, at: window.end - 1 }));
}

const sorted = (rows: Iterable<unknown>): string[] => Array.from(rows, (row) => JSON.stringify(row)).sort();

async function runCase(one: Case): Promise<void> {
  const committed = Array.from({ length: 20 }, () => new Map<string, readonly unknown[]>());
  const memory = new MemoryCheckpointStore();
  const machine = new SimulatedPlatform({ seed: one.seed, clockTickMs: one.clockTickMs });
  let platform: SimulatedPlatform = machine;
  let expected: readonly (readonly Reading[])[] = [];
  const begin = (width: number): ReturnType<typeof runLocally> => {
    const random = new RandomJob(platform, committed);
    const program = random.build(one, width);
    expected = random.expected;
    const store = one.onDisk ? new FileCheckpointStore(platform, { directory: '/state', job: 'random' }) : memory;
    // Each life may keep its state elsewhere than the one before.
    const stateBackend = (one.seed + width) % 2 === 0 ? 'log' : 'heap';
    const job = runLocally(program, platform, { store, options: { stateBackend, 'batch.size': one.batchSize, 'checkpoint.interval': one.checkpointIntervalMs, 'code.generation': one.seed % 3 !== 0 } });
    job.done.catch(() => {});
    return job;
  };
  for (const life of one.lives) {
    begin(life.parallelism);
    await platform.advance(life.killAfterMs);
    platform = machine.crash('tear');
  }
  const job = begin(one.lastParallelism);
  await finish({ platform, job });
  expected.forEach((rows, sink) => expect(sorted([...committed[sink]!.values()].flat())).toEqual(sorted(rows)));
}

describe('random jobs', () => {
  it(`commit what a plain computation gives, whatever the parallelism, batches, checkpoints and kills (${CASES} cases)`, { timeout: 60_000 + CASES * 500 }, async () => {
    await fc.assert(fc.asyncProperty(cases, runCase), { seed: SEED, numRuns: CASES, examples: FOUND.map((one): [Case] => [one]) });
  });
});
