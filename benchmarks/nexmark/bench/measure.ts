/** Runs slices of generator, loop and engine in turns and takes their times. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startQuery, takingSink } from '../engine-run.js';
import { NexmarkGenerator } from '../generator/generator.js';
import { QUERIES } from '../queries/queries.js';
import type { Query } from '../queries/query.js';
import { resultsByHand, resultsOfEngine } from '../verify.js';
import type { Yardstick } from '../yardsticks/yardstick.js';
import { YARDSTICKS } from '../yardsticks/yardsticks.js';

/** What a process is told to do with some queries. */
export interface CaseOptions {
  readonly queries: readonly string[];
  readonly events: number;
  /** Events of the slices that only warm up. */
  readonly warmUpEvents: number;
  readonly slices: number;
  readonly parallelism: number;
  readonly checkpointIntervalMs: number;
  /** `time` measures, `rows` compares results, `engine` only runs the engine, for a profile. */
  readonly mode: 'engine' | 'rows' | 'time';
}

/** What one slice took: seconds of all threads' processor time, and seconds by the clock. */
export interface SliceTime {
  readonly cpu: number;
  readonly wall: number;
}

/** The times of a query, slice by slice: those of one index were taken one after the other. */
export interface QueryTimes {
  readonly query: string;
  readonly generator: readonly SliceTime[];
  readonly hand: readonly SliceTime[];
  readonly engine: readonly SliceTime[];
  /** The most memory the process had, in MB; it ran all three. */
  readonly memoryMb: number;
}

/** The results of a query on both sides. */
export interface QueryRows {
  readonly query: string;
  readonly rows: number;
  readonly hand: string;
  readonly engine: string;
}

/** The query of a name, and its yardstick. */
export function queryNamed(name: string): { readonly query: Query; readonly yardstick: Yardstick } {
  return { query: QUERIES.find((each) => each.name === name)!, yardstick: YARDSTICKS.find((each) => each.name === name)! };
}

/** Compares the results of a query on both sides. */
export async function compareRows(name: string, { events, parallelism }: CaseOptions): Promise<QueryRows> {
  const { query, yardstick } = queryNamed(name);
  if (query.byClock === true) return { query: name, rows: 0, hand: 'by the clock', engine: 'by the clock' };
  const hand = resultsByHand(query, yardstick, events);
  const engine = await resultsOfEngine(query, events, parallelism);
  const inOrder = parallelism === 1;
  return { query: name, rows: hand.rows, hand: inOrder ? hand.exact : hand.lasting, engine: inOrder ? engine.exact : engine.lasting };
}

/** Takes the times of a query, after one slice of each to warm up. */
export async function takeTimes(name: string, options: CaseOptions): Promise<QueryTimes> {
  const { query, yardstick } = queryNamed(name);
  const times = { generator: [] as SliceTime[], hand: [] as SliceTime[], engine: [] as SliceTime[] };
  for (let slice = -1; slice < options.slices; slice++) {
    const events = slice < 0 ? options.warmUpEvents : options.events;
    const generator = await timed(() => generatorSlice(events));
    const hand = await timed((folder) => yardstick.run(events, takeRow, folder));
    const engine = await timed((folder) => engineSlice(query, events, folder, options));
    if (slice < 0) continue;
    times.generator.push(generator);
    times.hand.push(hand);
    times.engine.push(engine);
  }
  return { query: name, ...times, memoryMb: process.resourceUsage().maxRSS / 1024 };
}

/** Runs the engine alone. */
export async function runEngine(name: string, options: CaseOptions): Promise<void> {
  const { query } = queryNamed(name);
  for (let slice = 0; slice < options.slices; slice++) await timed((folder) => engineSlice(query, options.events, folder, options));
}

/** The time of one slice of the engine. */
export function timeOfEngine(name: string, events: number, options: CaseOptions): Promise<SliceTime> {
  const { query } = queryNamed(name);
  return timed((folder) => engineSlice(query, events, folder, options));
}

/** The time of one slice of the generator. */
export function timeOfGenerator(events: number): Promise<SliceTime> {
  return timed(() => generatorSlice(events));
}

const taken: { rows: number; last: object | undefined } = { rows: 0, last: undefined };

/** Takes rows at the least cost, the same function for both sides. It keeps the last, so that every row is really made. */
function takeRow(row: object): void {
  taken.rows++;
  taken.last = row;
}

function generatorSlice(events: number): void {
  const generator = new NexmarkGenerator();
  for (let n = 0; n < events; n++) generator.event(n);
}

async function engineSlice(query: Query, events: number, folder: string, { parallelism, checkpointIntervalMs }: CaseOptions): Promise<void> {
  const options = { 'checkpoint.dir': join(folder, 'checkpoints'), 'checkpoint.interval': checkpointIntervalMs };
  await startQuery({ query, events, folder: join(folder, 'output'), sink: () => takingSink(takeRow), options: { parallelism, options } }).done;
}

/**
 * The times of a slice. The collector is left alone between slices: it would also throw away optimised code that mentions
 * objects of the job before, and each job would begin with compiling all of it again.
 */
async function timed(slice: (folder: string) => void | Promise<void>): Promise<SliceTime> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'));
  const wallBefore = performance.now();
  const cpuBefore = process.cpuUsage();
  await slice(folder);
  const { user, system } = process.cpuUsage(cpuBefore);
  const wall = (performance.now() - wallBefore) / 1000;
  rmSync(folder, { recursive: true, force: true });
  return { cpu: (user + system) / 1e6, wall };
}
