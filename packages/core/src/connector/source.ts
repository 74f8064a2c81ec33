/**
 * The contract of sources.
 *
 * A source divides its input into *splits* (a file range, a topic partition). One {@link SplitEnumerator} per job finds
 * splits and deals them out; one {@link SourceReader} per subtask reads them. A reader fetches asynchronously on its
 * own, into a queue bounded by bytes, and hands records over synchronously in {@link SourceReader.poll}. A restart gives
 * splits back with the position they had in the checkpoint.
 */
import type { Logger } from '../base/logger.js';
import type { MetricGroup } from '../base/metrics.js';
import type { Platform } from '../base/platform.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { DeadLetter } from './dead-letter.js';
import { DEFAULT_MAX_DEPTH } from './format.js';

/** A part of the input with its position: plain data that the dynamic codec can carry. */
export interface Split {
  /** Unique within the source for all time, e.g. `orders-3` or `file:///a.ndjson#0`. */
  readonly id: string;
}

/**
 * A source as a job declares it: plain settings and two factories.
 *
 * @example A source of one's own: the squares up to a limit, in one split whose position is the next number.
 * ```ts
 * import { t } from 'millrace';
 * import { FixedSplits, type Source, type Split } from 'millrace/spi';
 *
 * interface SquareSplit extends Split {
 *   readonly next: number;
 * }
 *
 * export function squares(upTo: number): Source<number, SquareSplit> {
 *   return {
 *     kind: 'squares',
 *     bounded: true,
 *     replayable: true,
 *     type: t.number,
 *     createEnumerator: (context, restored) => new FixedSplits(context, restored, () => [{ id: 'squares', next: 1 }]),
 *     createReader: () => {
 *       let split: SquareSplit | undefined;
 *       return {
 *         start() {},
 *         addSplits([first]) { split = first; },
 *         noMoreSplits() {},
 *         poll(batch) {
 *           if (split === undefined) return 'end';
 *           batch.split = split.id;
 *           let { next } = split;
 *           for (; next <= upTo && batch.length < batch.capacity; next++) {
 *             batch.values[batch.length] = next * next;
 *             batch.timestamps[batch.length] = Number.NaN;
 *             batch.offsets[batch.length++] = next;
 *           }
 *           split = next <= upTo ? { ...split, next } : undefined;
 *           return 'more';
 *         },
 *         available: () => Promise.resolve(),
 *         snapshot: () => (split === undefined ? [] : [split]),
 *         activeSplits: () => (split === undefined ? [] : [split.id]),
 *         close() {},
 *       };
 *     },
 *   };
 * }
 * ```
 */
export interface Source<T, S extends Split = Split> {
  /** Name of the technology, e.g. `file`, for plans and default operator names. */
  readonly kind: string;
  /** True when the input ends by itself. */
  readonly bounded: boolean;
  /** True when a split can be read again from an earlier position; without it only at-most-once holds, and the plan says so. */
  readonly replayable: boolean;
  /**
   * True when readers share the work: whichever has time reads more, and the enumerator sees to it that no reader gets far ahead of
   * another ({@link PositionBlocks}). Then a reader comes after the subtasks of its thread for which records wait already.
   */
  readonly sharesWork?: boolean;
  /** The type of the records, if known. */
  readonly type: TypeInfo<T>;
  /**
   * Makes the enumerator; `restored` is what its `snapshot` gave. Called once per run, in the coordinator.
   */
  createEnumerator(context: EnumeratorContext<S>, restored: unknown): SplitEnumerator<S>;
  /** Makes the reader of one subtask. */
  createReader(context: ReaderContext): SourceReader<T, S>;
}

/** What the enumerator may use. Assignments are delivered to readers in the order of the calls. */
export interface EnumeratorContext<S> {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly parallelism: number;
  assign(subtask: number, splits: readonly S[]): void;
  /** Tells a reader that it will get no more splits: it ends when it has read what it has. */
  noMoreSplits(subtask: number): void;
  /** Fails the job, for errors found outside a call. */
  fail(error: unknown): void;
}

/**
 * Finds splits and deals them out. Called from one thread, one call at a time. The first assignment of a bounded source
 * is complete before any record flows: `start` resolves only then.
 */
export interface SplitEnumerator<S extends Split> {
  start(): void | Promise<void>;
  /**
   * A reader has nothing left to read, or soon will have; `finished` is what it says it has finished. Called also at the
   * reader's start.
   */
  splitRequested(subtask: number, finished: readonly string[]): void;
  /** Splits of a failed subtask come back with their last completed position. */
  splitsReturned(splits: readonly S[]): void;
  /** What is not yet assigned, as plain data. */
  snapshot(checkpointId: number): unknown;
  close(): void | Promise<void>;
}

/** What a record may be at the most, where the source and its format say nothing else. */
export interface RecordLimits {
  readonly maxBytes: number;
  /** Levels of nesting. */
  readonly maxDepth: number;
}

/** The limits of a run that sets none. */
export const DEFAULT_RECORD_LIMITS: RecordLimits = Object.freeze({ maxBytes: 16 * 1024 * 1024, maxDepth: DEFAULT_MAX_DEPTH });

/** What a reader may use. */
export interface ReaderContext {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
  readonly signal: AbortSignal;
  readonly job: string;
  readonly operator: string;
  readonly subtask: number;
  readonly parallelism: number;
  /** The limits of the run; {@link DEFAULT_RECORD_LIMITS} when absent. */
  readonly recordLimits?: RecordLimits | undefined;
  /**
   * Asks the enumerator for another split, and may tell it the ids of those that were finished since the last time. A reader may ask
   * before it has nothing left, so that the answer is there in time.
   */
  requestSplit(finished?: readonly string[]): void;
  /** Takes a record that could not be decoded, when the source was told to hand those over; undefined otherwise. */
  readonly deadLetters: ((letter: DeadLetter) => void) | undefined;
}

/**
 * Records on their way from the reader into the chain, all of one split. The reader fills it from `length` on; the
 * engine empties it.
 */
export interface SourceBatch<T> {
  readonly capacity: number;
  length: number;
  readonly values: T[];
  /** The source's own timestamps in epoch milliseconds, NaN where it has none. */
  readonly timestamps: Float64Array;
  /** Where each record stands in its split (byte offset, log offset): for error messages and event logs. */
  readonly offsets: Float64Array;
  /** Id of the split these records come from. */
  split: string;
}

/** What a poll found: more is at hand, nothing at the moment, or everything was read and no more splits will come. */
export type PollResult = 'more' | 'nothing' | 'end';

/**
 * The records of a poll, handed over one by one while they are processed, with no batch in between: for readers that make
 * or look up a record synchronously, by its offset. A record then need not be put into an array, where it would grow
 * old, and taken out again.
 *
 * `begin` is to a cursor what `poll` is to a batch: it says which records there are, at the offsets `first`, `first + step` and
 * so on, `length` of them, and moves the position of the split behind the last. Then `record` is called once for each
 * offset, in order, and `timestamp` right behind it. Both should be functions of the offset and of what is fixed for the
 * reader's life: they may not depend on when they are called. No other method of the reader that moves positions is called
 * before the last record was handed over.
 */
export interface RecordCursor<T> {
  /** Id of the split these records come from. */
  readonly split: string;
  /** How many records the last `begin` found. */
  readonly length: number;
  /** Where the first of them stands in its split: a whole number. */
  readonly first: number;
  /** How far each is from the one before: a whole number above 0. */
  readonly step: number;
  /** Finds up to `capacity` records, all of one split. */
  begin(capacity: number): PollResult;
  /** The record at an offset. */
  record(offset: number): T;
  /** The source's own timestamp of that record, in epoch milliseconds; NaN where it has none. */
  timestamp(record: T, offset: number): number;
}

/** Reads splits in one subtask. All methods are called from the subtask's thread. */
export interface SourceReader<T, S extends Split> {
  /** Opens connections. No record is asked for before it has resolved. */
  start(): void | Promise<void>;
  addSplits(splits: readonly S[]): void;
  noMoreSplits(): void;
  /**
   * Hands over up to `batch.capacity` records that are already fetched, all of one split, and returns at once. The
   * position of the split is after the last record handed over. Where a batch ends depends on positions only, never on
   * time, for a replayable source. A returned `more` with an empty batch is legal.
   */
  poll(batch: SourceBatch<T>): PollResult;
  /**
   * The same records by another way, for readers that can make each when it is asked for; `poll` must find the same. The
   * engine uses one of the two for all of a reader's life.
   */
  readonly cursor?: RecordCursor<T> | undefined;
  /** Resolves when `poll` is worth calling again. Rejects when fetching has failed for good. */
  available(): Promise<void>;
  /** The splits this reader holds and has not finished, with their positions. */
  snapshot(checkpointId: number): readonly S[];
  /**
   * Ids of the splits this reader holds: each counts for the watermark until it is finished. One that the reader will begin only
   * behind another of them, and whose records are none the earlier, may be left out until then.
   */
  activeSplits(): readonly string[];
  /** Stops or goes on handing out records of these splits, for watermark alignment. */
  pauseSplits?(pause: readonly string[], resume: readonly string[]): void;
  /** Checkpoint complete: positions up to it may be told to the outside. */
  checkpointComplete?(checkpointId: number): void;
  close(): void | Promise<void>;
}
