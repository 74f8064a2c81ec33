import { Pacer } from './pacer.js';
import { fillBatch } from './fill-batch.js';
import type { PollResult, ReaderContext, RecordCursor, SourceBatch, SourceReader, Split } from './source.js';
import { TimedWakeUp } from './timed-wake-up.js';

/** A split of numbered records: those at `position`, `position + step`, … below `end`. */
export interface PositionSplit extends Split {
  readonly position: number;
  /** Infinity where there is no end. */
  readonly end: number;
  readonly step: number;
}

/** Gives the records of a {@link PositionReader}, by functions that need no `this`. */
export interface PositionRecords<T> {
  /** The record at a position. */
  readonly recordAt: (position: number) => T;
  /** Its timestamp in epoch milliseconds; without it the records have none. */
  readonly timestampAt?: ((record: T, position: number) => number) | undefined;
}

/**
 * Reads splits whose records can be computed or looked up by position, a batch of each in turn: one without an end, of which
 * a rescale may leave a reader several, would otherwise keep the others waiting for ever, and event time with them.
 */
export class PositionReader<T> implements SourceReader<T, PositionSplit>, RecordCursor<T> {
  readonly cursor: RecordCursor<T>;
  /** The split of the records under way and how many they are. */
  split: string;
  length: number;
  first: number;
  step: number;
  /** The functions themselves, so that code generated for a job calls them and nothing that all jobs share. */
  readonly record: (position: number) => T;
  readonly timestamp: (record: T, position: number) => number;
  readonly #context: ReaderContext;
  readonly #pacer: Pacer | undefined;
  readonly #wakeUp: TimedWakeUp;
  readonly #splits: PositionSplit[];
  readonly #paused: Set<string>;
  #active: readonly string[];
  #noMore: boolean;
  #asked: boolean;

  constructor(records: PositionRecords<T>, context: ReaderContext, rate?: number) {
    this.cursor = this;
    this.split = '';
    this.length = 0;
    this.first = 0;
    this.step = 1;
    this.record = records.recordAt;
    this.timestamp = records.timestampAt ?? noTimestamp;
    this.#context = context;
    this.#pacer = rate === undefined ? undefined : new Pacer(context.platform, rate, context.parallelism);
    this.#wakeUp = new TimedWakeUp(context.platform);
    this.#splits = [];
    this.#paused = new Set();
    this.#active = [];
    this.#noMore = false;
    this.#asked = true;
  }

  start(): void {}

  addSplits(splits: readonly PositionSplit[]): void {
    this.#splits.push(...splits);
    this.#asked = false;
    this.#changed();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#changed();
  }

  poll(batch: SourceBatch<T>): PollResult {
    return fillBatch(this, batch);
  }

  begin(capacity: number): PollResult {
    this.length = 0;
    this.#wakeUp.clear();
    if (this.#splits.length === 0) return this.#noSplits();
    const at = this.#nextSplit();
    if (at < 0) return this.#wakeUp.nothing(Infinity);
    const split = this.#splits[at]!;
    const pacer = this.#pacer;
    if (pacer !== undefined && !pacer.ready()) return this.#wakeUp.nothing(pacer.waitMs());
    const { position, end, step } = split;
    const length = Math.min(pacer === undefined ? capacity : Math.min(capacity, pacer.chunk), Math.max(0, Math.ceil((end - position) / step)));
    this.split = split.id;
    this.length = length;
    this.first = position;
    this.step = step;
    pacer?.spend(length);
    this.#splits.splice(at, 1);
    if (position + length * step < end) {
      this.#splits.push({ ...split, position: position + length * step });
      return 'more';
    }
    this.#changed();
    return this.#splits.length > 0 || length > 0 ? 'more' : this.#noSplits();
  }

  available(): Promise<void> {
    return this.#wakeUp.wait();
  }

  snapshot(): readonly PositionSplit[] {
    return [...this.#splits];
  }

  activeSplits(): readonly string[] {
    return this.#active;
  }

  pauseSplits(pause: readonly string[], resume: readonly string[]): void {
    for (const id of pause) this.#paused.add(id);
    for (const id of resume) this.#paused.delete(id);
    this.#wakeUp.wake();
  }

  close(): void {
    this.#wakeUp.close();
  }

  /** Where the split is whose turn it is; below 0 when all are paused. */
  #nextSplit(): number {
    return this.#paused.size === 0 ? 0 : this.#splits.findIndex(({ id }) => !this.#paused.has(id));
  }

  #noSplits(): PollResult {
    if (this.#noMore) return 'end';
    if (!this.#asked) {
      this.#asked = true;
      this.#context.requestSplit();
    }
    return this.#splits.length > 0 ? 'more' : this.#wakeUp.nothing(Infinity);
  }

  #changed(): void {
    this.#active = this.#splits.map(({ id }) => id);
    this.#wakeUp.wake();
  }
}

function noTimestamp(): number {
  return Number.NaN;
}

/** A range dealt out in strides, one to each of so many readers. */
export function stridedSplits(name: string, from: number, end: number, parallelism: number): readonly PositionSplit[] {
  return Array.from({ length: parallelism }, (_, index) => ({ id: `${name}-${index}/${parallelism}`, position: from + index, end, step: parallelism })).filter(
    ({ position }) => position < end,
  );
}
