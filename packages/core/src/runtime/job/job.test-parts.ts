/** A small source, a two-phase sink and a program builder for tests of the runtime, made through the public contracts. */
import type { Sink, WriterContext } from '../../connector/sink.js';
import type { Source } from '../../connector/source.js';
import type { WatermarkStrategy } from '../../functions/watermark-strategy.js';
import type { Partitioning, StreamEdge, StreamNode } from '../../graph/stream-graph.js';
import type { EdgeProgram, JobProgram, NodeProgram } from '../../operators/job-program.js';
import type { OperatorFactory } from '../../operators/operator.js';
import { rangeSource as numberedSource } from '../../testing/simulated-jobs/range-source.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { runLocally, type LocalRunOptions } from './local-executor.js';
import type { LocalJob } from './local-job.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });

/** A source over `count` records that `make` computes from their number, in as many splits as asked for. */
export function rangeSource(count: number, make: (index: number) => Reading, splits: number = 1): Source<Reading> {
  return numberedSource({ count, splits, make }) as unknown as Source<Reading>;
}

/** A sink that keeps what is committed, each committable once. */
export function committingSink(committed: Map<string, readonly unknown[]>): Sink<unknown> {
  return {
    kind: 'test',
    guarantee: 'exactly-once',
    createWriter(context: WriterContext) {
      let rows: unknown[] = [];
      return {
        write: (value) => void rows.push(value),
        prepareCommit(checkpointId) {
          const committable = { id: `${context.epoch}-${checkpointId}-${context.subtask}`, rows };
          rows = [];
          return [committable];
        },
        close(): void {},
      };
    },
    createCommitter: () => ({
      async commit(committables): Promise<void> {
        for (const { id, rows } of committables as { id: string; rows: readonly unknown[] }[]) committed.set(id, rows);
      },
    }),
  };
}

/** All committed rows as sorted JSON, for comparison as a multiset. */
export function sortedRows(committed: ReadonlyMap<string, readonly unknown[]>): string[] {
  return [...committed.values()].flat().map((row) => JSON.stringify(row)).sort();
}

/** One step of a linear job. */
export interface Step {
  readonly type: string;
  readonly program: NodeProgram | OperatorFactory;
  readonly partitioning?: Partitioning;
  readonly edge?: EdgeProgram;
  readonly settings?: Partial<StreamNode>;
}

/** Builds the program of a job that is one line of operators. */
export function lineProgram(steps: readonly Step[], parallelism: number): JobProgram {
  const nodes: StreamNode[] = [];
  const edges: StreamEdge[] = [];
  const programs = new Map<number, NodeProgram>();
  const edgePrograms = new Map<number, EdgeProgram>();
  steps.forEach((step, id) => {
    const program: NodeProgram = 'create' in step.program ? { kind: 'operator', factory: step.program, outputType: DYNAMIC } : step.program;
    nodes.push({ id, kind: program.kind, type: step.type, name: step.type, chaining: 'always', inputs: id === 0 ? 0 : 1, stateful: false, ...step.settings });
    programs.set(id, program);
    if (id === 0) return;
    edges.push({ id, from: id - 1, to: id, input: 0, partitioning: step.partitioning ?? 'forward' });
    if (step.edge !== undefined) edgePrograms.set(id, step.edge);
  });
  return { streamGraph: { job: 'test', nodes, edges, parallelism, maxParallelism: 128 }, nodes: programs, edges: edgePrograms };
}

/** Ascending event time from the record's `at`. */
export const BY_AT: WatermarkStrategy<unknown> = { timestamp: (value) => (value as Reading).at, watermarks: { kind: 'boundedOutOfOrderness', boundMs: 0 } };

/** A job that runs on a simulated machine. */
export interface Run {
  readonly platform: SimulatedPlatform;
  readonly job: LocalJob;
}

/** Starts a job on a machine of its own. */
export function start(program: JobProgram, options: LocalRunOptions = {}, seed = 1, clockTickMs = 0.1): Run {
  // Each look at the clock takes some time, so that turns end as they do on a real machine.
  const platform = new SimulatedPlatform({ seed, clockTickMs });
  const job = runLocally(program, platform, { options: { 'batch.size': 64 }, ...options });
  job.done.catch(() => {});
  return { platform, job };
}

/** Lets the machine run until the job has ended. */
export async function finish({ platform, job }: Run): Promise<Awaited<LocalJob['done']>> {
  let settled = false;
  job.done.then(() => (settled = true), () => (settled = true));
  await platform.run(() => settled);
  return job.done;
}

/** Takes one checkpoint and lets the machine run until it is stored. */
export async function takeCheckpoint({ platform, job }: Run): Promise<void> {
  let taken = false;
  job.checkpoint().then(() => (taken = true), () => {});
  await platform.run(() => taken);
}

/** The last step of a line. */
export function sinkStep(sink: Sink<unknown>): Step {
  return { type: 'sink', program: { kind: 'sink', sink }, settings: { uid: 'sink' } };
}
