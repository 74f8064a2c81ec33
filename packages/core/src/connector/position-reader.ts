import { Pacer } from './pacer.js';
import type { PollResult, ReaderContext, SourceBatch, SourceReader, Split } from './source.js';
import { TimedWakeUp } from './timed-wake-up.js';

/** A split of numbered records: those at `position`, `position + step`, … below `end`. */
export interface PositionSplit extends Split {
  readonly position: number;
  /** Infinity where there is no end. */
  readonly end: number;
  readonly step: number;
}

/** Gives the record at a position. */
export type RecordAt<T> = (position: number) => { readonly value: T; readonly timestamp: number };

/**
 * Reads splits whose records can be computed or looked up by position, a batch of each in turn: one without an end, of which
 * a rescale may leave a reader several, would otherwise keep the others waiting for ever, and event time with them.
 */
export class PositionReader<T> implements SourceReader<T, PositionSplit> {
  readonly #recordAt: RecordAt<T>;
  readonly #context: ReaderContext;
  readonly #pacer: Pacer | undefined;
  readonly #wakeUp: TimedWakeUp;
  readonly #splits: PositionSplit[];
  readonly #paused: Set<string>;
  #active: readonly string[];
  #noMore: boolean;
  #asked: boolean;

  constructor(recordAt: RecordAt<T>, context: ReaderContext, rate?: number) {
    this.#recordAt = recordAt;
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
    this.#wakeUp.clear();
    if (this.#splits.length === 0) return this.#noSplits();
    const at = this.#nextSplit();
    if (at < 0) return this.#wakeUp.nothing(Infinity);
    const split = this.#splits[at]!;
    const pacer = this.#pacer;
    if (pacer !== undefined && !pacer.ready()) return this.#wakeUp.nothing(pacer.waitMs());
    const limit = pacer === undefined ? batch.capacity : Math.min(batch.capacity, batch.length + pacer.chunk);
    const before = batch.length;
    batch.split = split.id;
    let { position } = split;
    for (let slot = before; slot < limit && position < split.end; slot++) {
      const { value, timestamp } = this.#recordAt(position);
      batch.values[slot] = value;
      batch.timestamps[slot] = timestamp;
      batch.offsets[slot] = position;
      batch.length = slot + 1;
      position += split.step;
    }
    pacer?.spend(batch.length - before);
    this.#splits.splice(at, 1);
    if (position < split.end) {
      this.#splits.push({ ...split, position });
      return 'more';
    }
    this.#changed();
    return this.#splits.length > 0 || batch.length > before ? 'more' : this.#noSplits();
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

/** A range dealt out in strides, one to each of so many readers. */
export function stridedSplits(name: string, from: number, end: number, parallelism: number): readonly PositionSplit[] {
  return Array.from({ length: parallelism }, (_, index) => ({ id: `${name}-${index}/${parallelism}`, position: from + index, end, step: parallelism })).filter(
    ({ position }) => position < end,
  );
}
