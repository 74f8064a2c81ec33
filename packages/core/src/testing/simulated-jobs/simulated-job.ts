import type { Timers } from '../../base/platform.js';
import type { Sink } from '../../connector/sink.js';
import type { Source } from '../../connector/source.js';
import type { WatermarkStrategy } from '../../functions/watermark-strategy.js';
import type { Partitioning, StreamEdge, StreamNode } from '../../graph/stream-graph.js';
import type { EdgeProgram, JobProgram, NodeProgram } from '../../operators/job-program.js';
import type { OperatorFactory } from '../../operators/operator.js';
import { counting, doubling, doublingBoth, doublingLater, exploding, filtering, lookingUp, settingTimers, splitting, windowSums } from './job-operators.js';
import { counts, double, explode, isSmall, lookUp, sums, sumsOnTime, tableRow, timerRows } from './model.js';
import { rangeSource } from './range-source.js';
import type { Reading } from './reading.js';
import type { Choice, JobShape } from './scenario.js';
import { watermarkProbe, type FeedingSource, type WatermarkProbes } from './watermark-probe.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const BY_AT: WatermarkStrategy<unknown> = { timestamp: (value) => (value as Reading).at, watermarks: { kind: 'boundedOutOfOrderness', boundMs: 0 } };
const KEYED: EdgeOptions = { partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key } };

interface EdgeOptions {
  readonly partitioning?: Partitioning;
  readonly edge?: EdgeProgram;
}

/** What a job is built with; the same in every thread but for the timers, which are the thread's own. */
export interface JobParts {
  readonly timers: Timers;
  readonly probes: WatermarkProbes | undefined;
  /** Told when an attempt begins to read. */
  begin(): void;
  /** Told of each record that source number `source` hands over. */
  read(source: number): void;
  sink(number: number): Sink<unknown>;
}

/** What stands behind a sink: the rows a plain computation gives, and what may be held against them. */
export interface ExpectedSink {
  readonly rows: readonly Reading[];
  /** Of which operation the rows come. */
  readonly from: 'counts' | 'lateWindow' | 'other' | 'source' | 'window';
  /** The numbers of the sinks on the input and on both outputs of the split that gives these rows. */
  readonly split: { readonly input: number; readonly rest: number } | undefined;
}

/** A job and its oracle. */
export interface SimulatedJob {
  readonly program: JobProgram;
  readonly expected: readonly ExpectedSink[];
}

/** Sinks of a shape at the most: each stream has one, and the counts. */
export const MAX_SINKS = 24;

/** Builds the job of a shape at a parallelism. */
export function buildSimulatedJob(shape: JobShape, parallelism: number, parts: JobParts): SimulatedJob {
  return new JobBuilder(parts).build(shape, parallelism);
}

/** A stream under construction: where it comes from, what a plain computation says it carries, and the sources it stems from. */
interface Stream {
  readonly node: number;
  readonly side: string | undefined;
  readonly rows: readonly Reading[];
  readonly sources: readonly FeedingSource[];
  readonly from: ExpectedSink['from'];
  readonly split?: ExpectedSink['split'];
}

class JobBuilder {
  readonly #parts: JobParts;
  readonly #expected: ExpectedSink[];
  readonly #nodes: StreamNode[];
  readonly #edges: StreamEdge[];
  readonly #programs: Map<number, NodeProgram>;
  readonly #edgePrograms: Map<number, EdgeProgram>;
  #sourceCount: number;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#expected = [];
    this.#nodes = [];
    this.#edges = [];
    this.#programs = new Map();
    this.#edgePrograms = new Map();
    this.#sourceCount = 0;
  }

  build(shape: JobShape, parallelism: number): SimulatedJob {
    const streams = shape.counts.map((count) => this.#source(count, shape.splits));
    for (const choice of shape.choices) streams.push(...this.#apply(choice, streams));
    for (const stream of streams) this.#sink(stream);
    const last = streams.at(-1) as Stream;
    this.#sink({ ...this.#operator([last], counting(), counts, KEYED), from: 'counts' });
    const streamGraph = { job: 'simulated', nodes: this.#nodes, edges: this.#edges, parallelism, maxParallelism: 128 };
    return { program: { streamGraph, nodes: this.#programs, edges: this.#edgePrograms }, expected: this.#expected };
  }

  #apply(choice: Choice, streams: readonly Stream[]): Stream[] {
    const from = streams[choice.from % streams.length] as Stream;
    const how: EdgeOptions = choice.rebalance ? { partitioning: 'rebalance' } : {};
    const one = (factory: OperatorFactory, model: (rows: readonly Reading[]) => Reading[], edge: EdgeOptions = how): Stream[] => [this.#operator([from], factory, model, edge)];
    switch (choice.operation) {
      case 'map':
        return one(doubling(), (rows) => rows.map(double));
      case 'filter':
        return one(filtering(), (rows) => rows.filter(isSmall));
      case 'explode':
        return one(exploding(), (rows) => rows.flatMap(explode));
      case 'union':
        return [this.#operator([from, streams[choice.other % streams.length] as Stream], doubling(), (rows) => rows.map(double), how)];
      case 'connect':
        return [this.#twoInputs(from, streams[choice.other % streams.length] as Stream, doublingBoth(), (rows) => rows.map(double), how)];
      case 'lookup':
        return [this.#lookUp(from, choice.other, how)];
      case 'async':
        return one(doublingLater(this.#parts.timers, choice.other), (rows) => rows.map(double));
      case 'window':
        return [{ ...this.#operator([from], windowSums(), sums, KEYED), from: 'window' }];
      case 'timers':
        return one(settingTimers(), timerRows, KEYED);
      case 'lateWindow':
        return [this.#lateWindow(20 + choice.other * 12)];
      case 'split': {
        const main = this.#operator([from], splitting(), (rows) => rows.filter(isSmall), how);
        const rest: Stream = { node: main.node, side: 'rest', rows: from.rows.filter((row) => !isSmall(row)), sources: main.sources, from: 'other' };
        return [{ ...main, split: { input: streams.indexOf(from), rest: streams.length + 1 } }, rest];
      }
    }
  }

  #twoInputs(left: Stream, right: Stream, factory: OperatorFactory, model: (rows: readonly Reading[]) => Reading[], how: EdgeOptions): Stream {
    const node = this.#node('operator', 'operator', 2, { kind: 'operator', factory, outputType: DYNAMIC }, {});
    this.#connect(left, node, how);
    this.#connect(right, node, how, 1);
    return { node, side: undefined, rows: model([...left.rows, ...right.rows]), sources: this.#feeding([left, right], how.partitioning !== undefined), from: 'other' };
  }

  /** A stream that waits for its table, which a source of its own gives to every instance. */
  #lookUp(stream: Stream, rows: number, how: EdgeOptions): Stream {
    const table = this.#sourceOf(rows, 1, tableRow, { parallelism: 1 });
    const node = this.#node('operator', 'operator', 2, { kind: 'operator', factory: lookingUp(), outputType: DYNAMIC }, { holdsInput: 0 });
    this.#connect(stream, node, how);
    this.#connect(table, node, { partitioning: 'broadcast' }, 1);
    return { node, side: undefined, rows: lookUp(stream.rows, rows), sources: [...this.#feeding([stream], how.partitioning !== undefined), ...this.#feeding([table], true)], from: 'other' };
  }

  /** A source with one split and one reader, whose records some way behind are late by the same watermark in every run. */
  #lateWindow(count: number): Stream {
    const make = (index: number): Reading => ({ key: `k${index % 5}`, value: (index * 31) % 17, at: 400 + index * 7 - (index % 4 === 3 ? 260 : 0) });
    const source = this.#sourceOf(count, 1, make, { parallelism: 1 });
    return { ...this.#operator([source], windowSums(), sumsOnTime, KEYED), from: 'lateWindow' };
  }

  #source(count: number, splits: number): Stream {
    const index = this.#sourceCount;
    return this.#sourceOf(count, splits, (at) => ({ key: `k${(at * 7 + index) % 11}`, value: (at * 31) % 17, at: at * 3 }), {});
  }

  #sourceOf(count: number, splits: number, make: (index: number) => Reading, settings: Partial<StreamNode>): Stream {
    const number = this.#sourceCount++;
    const source = rangeSource({ count, splits, make, read: () => this.#parts.read(number), begin: () => this.#parts.begin() }) as unknown as Source<unknown>;
    const node = this.#node('source', 'source', 0, { kind: 'source', source, watermarks: BY_AT, outputType: DYNAMIC }, settings);
    const stream: Stream = { node, side: undefined, rows: Array.from({ length: count }, (_, at) => make(at)), sources: [{ source: number, exchanged: false }], from: 'source' };
    const { probes } = this.#parts;
    if (probes === undefined) return stream;
    const probe = this.#node('operator', 'probe', 1, { kind: 'operator', factory: watermarkProbe(probes, { kind: 'source', source: number }), outputType: DYNAMIC }, settings);
    this.#connect(stream, probe, {});
    return { ...stream, node: probe };
  }

  #operator(from: readonly Stream[], factory: OperatorFactory, model: (rows: readonly Reading[]) => Reading[], how: EdgeOptions): Stream {
    const node = this.#node('operator', 'operator', 1, { kind: 'operator', factory, outputType: DYNAMIC }, {});
    for (const stream of from) this.#connect(stream, node, how);
    const stream: Stream = { node, side: undefined, rows: model(from.flatMap(({ rows }) => rows)), sources: this.#feeding(from, how.partitioning !== undefined), from: 'other' };
    return stream;
  }

  /** The sources behind a new operator, each once: with an exchange on any way it counts as exchanged. */
  #feeding(from: readonly Stream[], exchanged: boolean): FeedingSource[] {
    const found = new Map<number, boolean>();
    for (const stream of from) {
      const fansOut = this.#nodes[stream.node]?.parallelism === 1;
      for (const each of stream.sources) found.set(each.source, found.get(each.source) === true || each.exchanged || exchanged || fansOut);
    }
    return [...found].map(([source, wasExchanged]) => ({ source, exchanged: wasExchanged }));
  }

  #sink(stream: Stream): void {
    const number = this.#expected.length;
    this.#expected.push({ rows: stream.rows, from: stream.from, split: stream.split });
    const { probes } = this.#parts;
    let last = stream;
    if (probes !== undefined && stream.from !== 'source') {
      const probe = this.#node('operator', 'probe', 1, { kind: 'operator', factory: watermarkProbe(probes, { kind: 'behind', node: stream.node, sources: stream.sources }), outputType: DYNAMIC }, {});
      this.#connect(stream, probe, {});
      last = { ...stream, node: probe, side: undefined };
    }
    this.#connect(last, this.#node('sink', 'sink', 1, { kind: 'sink', sink: this.#parts.sink(number) }, {}), {});
  }

  #node(kind: StreamNode['kind'], type: string, inputs: number, program: NodeProgram, settings: Partial<StreamNode>): number {
    const id = this.#nodes.length;
    this.#nodes.push({ id, kind, type, name: `${type} ${id}`, uid: `node-${id}`, chaining: 'always', inputs, stateful: kind !== 'source' && type !== 'probe', ...settings });
    this.#programs.set(id, program);
    return id;
  }

  #connect({ node, side }: Stream, to: number, { partitioning = 'forward', edge }: EdgeOptions, input: number = 0): void {
    const id = this.#edges.length;
    // One reader before several instances: its records go round.
    const fansOut = partitioning === 'forward' && this.#nodes[node]?.parallelism === 1 && this.#nodes[to]?.parallelism === undefined;
    this.#edges.push({ id, from: node, to, input, partitioning: fansOut ? 'rebalance' : partitioning, ...(side === undefined ? {} : { sideOutput: side }) });
    if (edge !== undefined) this.#edgePrograms.set(id, edge);
  }
}
