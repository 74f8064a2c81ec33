import { OPTIONS, parseOption, type OptionName, type OptionValues } from '../base/options.js';
import { parseDuration, type Duration } from '../base/duration.js';
import type { Source } from '../connector/source.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import type { Executor, JobHandle, JobResult, RunOptions } from '../operators/executor.js';
import type { JobProgram } from '../operators/job-program.js';
import { asyncIterable, type AsyncIterableOptions } from '../connectors/memory/async-iterable-source.js';
import { collection, elements, type CollectionOptions } from '../connectors/memory/collection-source.js';
import { sequence } from '../connectors/memory/sequence-source.js';
import { collectRows } from './collect-rows.js';
import { ConnectorInvalid, EnvironmentSpent, SettingInvalid } from './errors.js';
import { assertMayExecute } from './execution-guard.js';
import { calledAt } from './function-check.js';
import { GraphBuilder } from './graph-builder.js';
import { NodeDraft } from './node-draft.js';
import type { OperatorOptions } from './operator-options.js';
import { handleOf, type StreamHost } from './stream-handle.js';
import { checkStrategy } from './strategy-check.js';
import { STREAM_MAKER } from './stream-maker.js';
import type { SourceStream } from './streams.js';

/** Settings of a whole job, for `StreamEnvironment.create`, `execute()` and `job.run()`. */
export interface JobSettings {
  /** Parallel instances of every operation that does not say otherwise; 1 by default. */
  readonly parallelism?: number;
  /** Key groups: the most parallel instances that keyed state can be divided among; 128 by default, fixed for the life of the state. */
  readonly maxParallelism?: number;
  /** Check every value against its type and every access to state against its rules: slower, and the default in tests. */
  readonly check?: boolean;
  /** Refuse what is only warned about otherwise. */
  readonly strict?: boolean;
}

/** What a run takes: settings of the job, and how it is run. */
export interface ExecuteOptions extends JobSettings, RunOptions {}

/** How an environment is made. */
export interface EnvironmentOptions extends ExecuteOptions {}

/** What a source is given beside itself. */
export interface SourceOptions<T> extends OperatorOptions {
  /** How event time is read and watermarks are made; none by default. */
  readonly watermarks?: WatermarkStrategy<T>;
}

/** Options of a source made from a collection. */
export interface ValuesOptions<T> extends SourceOptions<T>, CollectionOptions<T> {}

/** Options of a source made from an async iterable. */
export interface AsyncValuesOptions<T> extends SourceOptions<T>, AsyncIterableOptions<T> {}

const NO_WATERMARKS: WatermarkStrategy<unknown> = Object.freeze({ watermarks: Object.freeze({ kind: 'none' as const }) });

/**
 * Where a job begins: it makes the sources and runs what was built on them. One environment builds one job.
 *
 * @example
 * ```ts
 * import { StreamEnvironment } from 'millrace';
 *
 * const env = StreamEnvironment.create({ parallelism: 2 });
 * env.fromSequence(1, 10).filter((n) => n % 2 === 0).print();
 * const result = await env.execute('even numbers');
 * ```
 */
export class StreamEnvironment {
  readonly #host: StreamHost;
  readonly #executor: () => Executor;
  readonly #options: EnvironmentOptions;
  #parallelism: number | undefined;
  #maxParallelism: number | undefined;
  #watermarkIntervalMs: number | undefined;
  #executed: boolean;

  /** Users call `StreamEnvironment.create()`, which binds the executor of the calling thread. */
  constructor(executor: () => Executor, options: EnvironmentOptions = {}) {
    this.#host = {
      builder: new GraphBuilder(),
      maker: STREAM_MAKER,
      collect: (stream, jobName, run) => collectRows(stream, run?.onRow, (onRow) => this.executeAsync(jobName ?? 'collect', { ...run, onRow })),
    };
    this.#executor = executor;
    this.#options = options;
    this.#parallelism = undefined;
    this.#maxParallelism = undefined;
    this.#watermarkIntervalMs = undefined;
    this.#executed = false;
  }

  /** Sets the parallelism of every operation that does not say otherwise. It wins over the command line. */
  setParallelism(parallelism: number): this {
    this.#parallelism = checkedSetting('parallelism', parallelism);
    return this;
  }

  /** Sets the number of key groups, which is fixed for the life of the job's state. */
  setMaxParallelism(maxParallelism: number): this {
    this.#maxParallelism = checkedSetting('maxParallelism', maxParallelism);
    return this;
  }

  /** Sets the longest silence between two chances of a source to emit a watermark. */
  setWatermarkInterval(interval: Duration): this {
    this.#watermarkIntervalMs = parseDuration(interval, 'the watermark interval');
    return this;
  }

  /**
   * A stream of what a source reads.
   *
   * @example
   * ```ts
   * import { elements, monotonousTimestamps, StreamEnvironment } from 'millrace';
   *
   * const env = StreamEnvironment.create();
   * env.fromSource(elements({ at: 1_000, n: 1 }, { at: 2_000, n: 2 }), { name: 'numbers', watermarks: monotonousTimestamps((row) => row.at) })
   *   .map((row) => row.n)
   *   .print();
   * await env.execute('numbers');
   * ```
   */
  fromSource<T>(source: Source<T>, options: SourceOptions<NoInfer<T>> = {}): SourceStream<T> {
    return this.#source(source, 'fromSource', options, source?.kind, false);
  }

  /** A stream of the given elements. */
  fromElements<T>(...values: readonly T[]): SourceStream<T> {
    return this.#source(elements(...values), 'fromElements', {}, 'elements', true);
  }

  /** A stream of the elements of a collection. */
  fromCollection<T>(values: Iterable<T>, options: ValuesOptions<NoInfer<T>> = {}): SourceStream<T> {
    return this.#source(collection(values, options), 'fromCollection', options, 'collection', true);
  }

  /** A stream of the whole numbers from `first` to `last`, both included. */
  fromSequence(first: number, last: number, options: SourceOptions<number> = {}): SourceStream<number> {
    return this.#source(sequence(first, last), 'fromSequence', options, 'sequence', false);
  }

  /** A stream of what an async iterable yields, or one that a function makes at the start. It cannot be read again, so nothing is replayed after a failure. */
  fromAsyncIterable<T>(values: AsyncIterable<T> | ((signal: AbortSignal) => AsyncIterable<T>), options: AsyncValuesOptions<NoInfer<T>> = {}): SourceStream<T> {
    return this.#source(asyncIterable(values, options), 'fromAsyncIterable', options, 'async iterable', true);
  }

  /** Runs the job in the calling thread and resolves when it has ended; rejects with the error that ended it. */
  async execute(name: string = 'job', options: ExecuteOptions = {}): Promise<JobResult> {
    return this.executeAsync(name, options).done;
  }

  /** Starts the job in the calling thread and gives a handle to cancel or stop it. */
  executeAsync(name: string = 'job', options: ExecuteOptions = {}): JobHandle {
    assertMayExecute(name);
    if (this.#executed) throw EnvironmentSpent.error({ what: `job "${name}" was to be executed by an environment that has already executed a job`, where: { job: name } });
    const merged = { ...this.#options, ...options };
    const program = this.buildProgram(name, merged);
    this.#executed = true;
    return this.#executor().execute(program, runOptionsOf(merged));
  }

  /** The job as data and functions, without running it: what `job.build` gives and the plan is made from. */
  buildProgram(name: string, settings: JobSettings & Pick<RunOptions, 'options'> = {}): JobProgram {
    if (typeof name !== 'string' || name.trim() === '') throw SettingInvalid.error({ what: 'the name of the job is empty', ...calledAt('execute') });
    const values = runOptionsOf({ ...this.#options, ...settings }).options ?? {};
    return this.#host.builder.build({
      job: name,
      parallelism: this.#parallelism ?? values.parallelism ?? OPTIONS.parallelism.default,
      maxParallelism: this.#maxParallelism ?? values.maxParallelism ?? OPTIONS.maxParallelism.default,
      strict: values.strict ?? OPTIONS.strict.default,
    });
  }

  #source<T>(source: Source<T>, operation: string, options: SourceOptions<T>, name: string | undefined, alone: boolean): SourceStream<T> {
    if (typeof source !== 'object' || source === null || typeof source.createReader !== 'function' || typeof source.createEnumerator !== 'function') {
      throw ConnectorInvalid.error({ what: `${operation} was given ${source === null ? 'null' : `a ${typeof source}`} that is no source`, ...calledAt(operation) });
    }
    const draft = new NodeDraft(operation, options, { alone, ...(name === undefined ? {} : { name }) });
    const watermarks = this.#watermarksOf(checkStrategy(options.watermarks ?? NO_WATERMARKS, operation));
    this.#host.builder.add({
      kind: 'source', type: `${source.kind}-source`, draft, stateful: true,
      ...(source.bounded ? {} : { unbounded: true }),
      details: { bounded: source.bounded, replayable: source.replayable, watermarks: watermarks.watermarks.kind },
      program: { kind: 'source', source, watermarks, outputType: source.type },
    }, []);
    return this.#host.maker.source(handleOf(this.#host, draft, source.type, operation)) as SourceStream<T>;
  }

  #watermarksOf(strategy: WatermarkStrategy<never>): WatermarkStrategy<unknown> {
    const given = strategy as WatermarkStrategy<unknown>;
    return this.#watermarkIntervalMs === undefined || given.intervalMs !== undefined ? given : { ...given, intervalMs: this.#watermarkIntervalMs };
  }
}

/** The options of a run as the executor takes them: the short names go into the option table's. */
export function runOptionsOf(given: ExecuteOptions): RunOptions {
  const { parallelism, maxParallelism, check, strict, options, ...run } = given;
  const values: Partial<Record<OptionName, unknown>> = { ...options };
  for (const [name, value] of Object.entries({ parallelism, maxParallelism, check, strict })) {
    if (value !== undefined) values[name as OptionName] = parseOption(name as OptionName, value);
  }
  return { ...run, options: values as Partial<OptionValues> };
}

function checkedSetting(name: 'parallelism' | 'maxParallelism', value: number): number {
  return parseOption(name, value);
}
