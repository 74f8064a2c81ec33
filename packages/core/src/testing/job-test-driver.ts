import { parseDuration, type Duration } from '../base/duration.js';
import { didYouMean } from '../base/suggest.js';
import type { DeadLetter } from '../connector/dead-letter.js';
import type { ArgumentDeclarations, GivenArguments } from '../api/arguments.js';
import type { JobSettings } from '../api/environment.js';
import { isJob, type Job } from '../api/job.js';
import type { JobResult, RunOptions } from '../operators/executor.js';
import { localExecutor } from '../runtime/job/local-executor.js';
import { TestJobInvalid, TestJobStuck, TestNodeUnknown, TestSourceEnded } from './job-test-errors.js';
import { rewireForTest, type TestNodes } from './rewire-for-test.js';
import { SimulatedPlatform } from './simulation/simulated-platform.js';
import type { CommandQueue } from './test-source.js';

/** How a job is tested. */
export type JobTestOptions<Args extends ArgumentDeclarations> = JobSettings & Pick<RunOptions, 'options'> & {
  /** Where processing time begins, in epoch milliseconds; 2020-01-01 by default. */
  readonly startAt?: number;
  /** The seed of the simulated platform. */
  readonly seed?: number;
} & ({} extends GivenArguments<Args> ? { readonly args?: GivenArguments<Args> } : { readonly args: GivenArguments<Args> });

const START_OF_2020 = 1_577_836_800_000;

/**
 * Starts a job with its sources and sinks in the hands of the test, on virtual time. Each source starts empty and takes
 * what the test pushes; its timestamps and watermarks are those of the job, a watermark after every record. Each sink
 * keeps its rows. Check mode is on, unless `check: false`.
 *
 * Synchronous jobs have worked everything off when a push returns. With asynchronous functions in the job, await
 * `settle()` before looking at a sink.
 *
 * @example
 * ```ts
 * import { count, defineJob, discardSink, elements, monotonousTimestamps, tumblingEventTime } from 'millrace';
 * import { testJob } from 'millrace/testing';
 *
 * const job = defineJob({
 *   name: 'clicks',
 *   build(env) {
 *     env.fromSource(elements<{ user: string; at: number }>(), { name: 'clicks', watermarks: monotonousTimestamps((click) => click.at) })
 *       .keyBy('user')
 *       .window(tumblingEventTime('1 min'))
 *       .aggregate({ clicks: count() }, ({ clicks }, { key }) => ({ user: key, clicks }))
 *       .sinkTo(discardSink(), { name: 'counts' });
 *   },
 * });
 *
 * const run = await testJob(job);
 * run.source('clicks').push({ user: 'ann', at: 1_000 }, { user: 'ann', at: 2_000 }).watermark(60_000);
 * const rows = run.sink('counts');                          // [{ user: 'ann', clicks: 2 }]
 * await run.finish();
 * ```
 */
export async function testJob<Args extends ArgumentDeclarations>(
  job: Job<Args>,
  ...[options]: {} extends GivenArguments<Args> ? [options?: JobTestOptions<Args>] : [options: JobTestOptions<Args>]
): Promise<JobTestRun> {
  if (!isJob(job)) throw TestJobInvalid.error({ what: `testJob was given ${job === null ? 'null' : `a ${typeof job}`}` });
  const { args, startAt = START_OF_2020, seed = 1, check = true, ...settings } = options ?? ({} as JobTestOptions<Args>);
  const program = job.build((args ?? {}) as GivenArguments<Args>, { ...(settings as JobSettings), check });
  const { program: rewired, nodes } = rewireForTest(program);
  const platform = new SimulatedPlatform({ seed, startMs: startAt });
  const run = new JobTestRun(job.name, platform, nodes, (signal, prints) =>
    localExecutor(platform).execute(rewired, {
      options: { ...(settings as Pick<RunOptions, 'options'>).options, check, 'buffer.timeout': 0 },
      signal,
      onPrint: (text) => prints.push(text),
    }));
  await run.settle();
  return run;
}

/** A job under test. */
export class JobTestRun {
  readonly #job: string;
  readonly #platform: SimulatedPlatform;
  readonly #nodes: TestNodes;
  readonly #abort: AbortController;
  readonly #prints: string[];
  #outcome: { readonly result: JobResult } | { readonly error: unknown } | undefined;

  /** Made by {@link testJob}. */
  constructor(
    job: string, platform: SimulatedPlatform, nodes: TestNodes,
    start: (signal: AbortSignal, prints: string[]) => { readonly done: Promise<JobResult> },
  ) {
    this.#job = job;
    this.#platform = platform;
    this.#nodes = nodes;
    this.#abort = new AbortController();
    this.#prints = [];
    this.#outcome = undefined;
    start(this.#abort.signal, this.#prints).done.then(
      (result) => (this.#outcome = { result }),
      (error: unknown) => (this.#outcome = { error }),
    );
  }

  /** The source of a name or uid. */
  source(name: string): TestSource {
    const queue = this.#find('source', name, this.#nodes.sources);
    return new TestSource(name, queue, () => this.#work());
  }

  /** The rows that the sink of a name or uid has got so far, in order. */
  sink<Row = unknown>(name: string): readonly Row[] {
    return [...this.#find('sink', name, this.#nodes.sinks)] as Row[];
  }

  /** The rows that the sink has got since the last call. */
  take<Row = unknown>(name: string): readonly Row[] {
    return this.#find('sink', name, this.#nodes.sinks).splice(0) as Row[];
  }

  /** Processing time, in epoch milliseconds. */
  get now(): number {
    return this.#platform.clock.now();
  }

  /** Lets processing time pass; timers that become due fire. */
  advanceProcessingTime(by: Duration): this {
    this.#platform.advanceNow(parseDuration(by, 'the processing time to pass'));
    return this;
  }

  /** Lets everything happen that needs no time, promises included. */
  async settle(): Promise<void> {
    await this.#platform.settle();
    await this.#platform.settle();
    this.#throwFailure();
  }

  /** Ends all sources and waits until the job has ended: the last watermark fires what is left. Throws what the job failed with. */
  async finish(): Promise<JobResult> {
    for (const queue of new Set(this.#nodes.sources.values())) if (!queue.ended) queue.end();
    try {
      await this.#platform.run(() => this.#outcome !== undefined);
    } catch (error) {
      throw TestJobStuck.error({ what: `job "${this.#job}" has not finished`, where: { job: this.#job }, cause: error });
    }
    this.#throwFailure();
    return (this.#outcome as { readonly result: JobResult }).result;
  }

  /** Cancels the job. */
  async cancel(): Promise<void> {
    this.#abort.abort();
    await this.#platform.run(() => this.#outcome !== undefined);
  }

  /** Cancels the job at the end of an `await using` block, when it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#outcome === undefined) await this.cancel();
  }

  #work(): void {
    this.#platform.advanceNow(0);
  }

  #throwFailure(): void {
    if (this.#outcome !== undefined && 'error' in this.#outcome) throw this.#outcome.error;
  }

  #find<T>(kind: 'sink' | 'source', name: string, nodes: ReadonlyMap<string, T>): T {
    const found = nodes.get(name);
    if (found !== undefined) return found;
    const known = [...nodes.keys()];
    const list = known.length === 0 ? 'It has none.' : `It has ${known.map((other) => `"${other}"`).join(', ')}.`;
    throw TestNodeUnknown.error({ what: `job "${this.#job}" has no ${kind} "${name}".${didYouMean(name, known)} ${list}`, where: { job: this.#job } });
  }
}

/** A source in the hands of a test. Each call is worked off before it returns, as far as the job is synchronous. */
export class TestSource {
  readonly #name: string;
  readonly #queue: CommandQueue;
  readonly #work: () => void;

  /** Made by {@link JobTestRun.source}. */
  constructor(name: string, queue: CommandQueue, work: () => void) {
    this.#name = name;
    this.#queue = queue;
    this.#work = work;
  }

  /** Records with the timestamps that the job's own watermark strategy reads from them. */
  push(...values: readonly unknown[]): this {
    for (const value of values) this.#queue.push({ kind: 'record', value: this.#open(value), timestamp: Number.NaN });
    this.#work();
    return this;
  }

  /** A record with a timestamp of the source, as a broker gives one; the job's strategy may still read another. */
  pushAt(value: unknown, timestamp: number): this {
    this.#queue.push({ kind: 'record', value: this.#open(value), timestamp });
    this.#work();
    return this;
  }

  /** A watermark: no more records with a timestamp up to it are to come. One that does not advance does nothing. */
  watermark(watermark: number): this {
    this.#queue.push(this.#open({ kind: 'watermark' as const, watermark }));
    this.#work();
    return this;
  }

  /** The source is idle until the next record: it no longer holds event time back. */
  idle(): this {
    this.#queue.push(this.#open({ kind: 'idle' as const }));
    this.#work();
    return this;
  }

  /** A record that could not be decoded, for `stream.deadLetters()`. */
  deadLetter(letter: Partial<DeadLetter>): this {
    const complete: DeadLetter = { reason: 'test', operator: this.#name, source: this.#name, split: 'test', offset: 0, raw: new Uint8Array(0), ...letter };
    this.#queue.push(this.#open({ kind: 'deadLetter' as const, letter: complete }));
    this.#work();
    return this;
  }

  /** The source ends: a bounded job ends when all of its sources have. */
  end(): this {
    this.#open(undefined);
    this.#queue.end();
    this.#work();
    return this;
  }

  #open<T>(passed: T): T {
    if (this.#queue.ended) throw TestSourceEnded.error({ what: `the source "${this.#name}" was told something after its end` });
    return passed;
  }
}
