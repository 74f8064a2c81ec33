import { NULL_LOGGER } from '../base/logger.js';
import { MetricRegistry } from '../base/metrics.js';
import type { Platform } from '../base/platform.js';
import type { DeadLetter } from '../connector/dead-letter.js';
import { fillBatch } from '../connector/fill-batch.js';
import type { PollResult, Source, SourceBatch, SourceReader, Split, SplitEnumerator } from '../connector/source.js';

/** How a {@link SourceDriver} reads. */
export interface SourceDriving {
  readonly platform: Platform;
  readonly parallelism?: number;
  readonly batchSize?: number;
  /** Go on from here. */
  readonly restored?: SourceSnapshot;
  /** Whether dead letters are taken. */
  readonly deadLetters?: boolean;
  /** Take the records from the readers' cursors, as generated chains do, where they have them. */
  readonly byCursor?: boolean;
}

/** The state of a source between two batches. */
export interface SourceSnapshot {
  readonly enumerator: unknown;
  readonly splits: readonly Split[];
}

/** A record as the driver got it. */
export interface ReadRecord<T> {
  readonly value: T;
  readonly timestamp: number;
  readonly offset: number;
  readonly split: string;
  readonly subtask: number;
}

/** What reading a source to its end gave. */
export interface ReadResult<T> {
  readonly values: readonly T[];
  readonly records: readonly ReadRecord<T>[];
  readonly letters: readonly DeadLetter[];
  readonly metrics: MetricRegistry;
}

/** Runs a source without an engine, as its coordinator and subtasks do, one poll at a time. */
export class SourceDriver<T, S extends Split = Split> {
  readonly records: ReadRecord<T>[];
  readonly letters: DeadLetter[];
  readonly metrics: MetricRegistry;
  readonly readers: readonly SourceReader<T, S>[];
  readonly enumerator: SplitEnumerator<S>;
  readonly #batch: SourceBatch<T>;
  readonly #abort: AbortController;
  #failure: { readonly error: unknown } | undefined;
  readonly #requests: { readonly subtask: number; readonly finished: readonly string[] }[];
  readonly #restored: SourceSnapshot | undefined;
  readonly #byCursor: boolean;

  constructor(source: Source<T, S>, driving: SourceDriving) {
    const { platform, parallelism = 1, batchSize = 16, restored } = driving;
    this.records = [];
    this.letters = [];
    this.metrics = new MetricRegistry();
    this.#abort = new AbortController();
    this.#failure = undefined;
    this.#requests = [];
    this.#restored = restored;
    this.#byCursor = driving.byCursor === true;
    this.#batch = { capacity: batchSize, length: 0, values: [], timestamps: new Float64Array(batchSize), offsets: new Float64Array(batchSize), split: '' };
    this.readers = Array.from({ length: parallelism }, (_, subtask) =>
      source.createReader({
        platform,
        logger: NULL_LOGGER,
        metrics: this.metrics,
        signal: this.#abort.signal,
        job: 'test',
        operator: 'source',
        subtask,
        parallelism,
        requestSplit: (finished = []) => this.#requests.push({ subtask, finished }),
        deadLetters: driving.deadLetters === true ? (letter) => this.letters.push(letter) : undefined,
      }),
    );
    this.enumerator = source.createEnumerator(
      {
        platform,
        logger: NULL_LOGGER,
        signal: this.#abort.signal,
        parallelism,
        assign: (subtask, splits) => this.readers[subtask]!.addSplits(splits),
        noMoreSplits: (subtask) => this.readers[subtask]!.noMoreSplits(),
        fail: (error) => (this.#failure = { error }),
      },
      restored?.enumerator,
    );
  }

  /** Opens the readers and makes the first assignment. */
  async start(): Promise<void> {
    for (const reader of this.readers) await reader.start();
    this.#restored?.splits.forEach((split, index) => this.readers[index % this.readers.length]!.addSplits([split as S]));
    await this.enumerator.start();
    for (let subtask = 0; subtask < this.readers.length; subtask++) this.enumerator.splitRequested(subtask, []);
  }

  /** Polls one reader once; then answers its requests for splits. */
  poll(subtask: number = 0): PollResult {
    const batch = this.#batch;
    batch.length = 0;
    const reader = this.readers[subtask]!;
    const found = this.#byCursor && reader.cursor !== undefined ? fillBatch(reader.cursor, batch) : reader.poll(batch);
    for (let i = 0; i < batch.length; i++) {
      this.records.push({ value: batch.values[i]!, timestamp: batch.timestamps[i]!, offset: batch.offsets[i]!, split: batch.split, subtask });
    }
    for (const { subtask, finished } of this.#requests.splice(0)) this.enumerator.splitRequested(subtask, finished);
    this.check();
    return found;
  }

  /** Polls all readers in turn, `onBatch` after each, until all have ended. Waits for those that have nothing. */
  async drain(onBatch?: (driver: this) => void): Promise<void> {
    const ended = new Set<number>();
    while (ended.size < this.readers.length) {
      let idle = true;
      for (let subtask = 0; subtask < this.readers.length; subtask++) {
        if (ended.has(subtask)) continue;
        const found = this.poll(subtask);
        if (found === 'end') ended.add(subtask);
        if (found !== 'nothing') idle = false;
        onBatch?.(this);
      }
      if (idle) await Promise.race(this.readers.flatMap((reader, subtask) => (ended.has(subtask) ? [] : [reader.available()])));
    }
  }

  /** Throws what the enumerator failed with outside a call. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** The state of enumerator and readers, copied as a checkpoint copies it. */
  snapshot(checkpointId: number = 1): SourceSnapshot {
    return structuredClone({ enumerator: this.enumerator.snapshot(checkpointId), splits: this.readers.flatMap((reader) => [...reader.snapshot(checkpointId)]) });
  }

  async close(): Promise<void> {
    this.#abort.abort();
    for (const reader of this.readers) await reader.close();
    await this.enumerator.close();
  }
}

/** Reads a bounded source to its end. */
export async function readAll<T, S extends Split>(source: Source<T, S>, driving: SourceDriving): Promise<ReadResult<T>> {
  const driver = new SourceDriver(source, driving);
  try {
    await driver.start();
    await driver.drain();
  } finally {
    await driver.close();
  }
  return { values: driver.records.map(({ value }) => value), records: driver.records, letters: driver.letters, metrics: driver.metrics };
}
