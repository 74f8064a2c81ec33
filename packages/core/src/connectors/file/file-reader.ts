import { Pacer } from '../../connector/pacer.js';
import type { PollResult, ReaderContext, SourceBatch, SourceReader } from '../../connector/source.js';
import { TimedWakeUp } from '../../connector/timed-wake-up.js';
import { compareSplits, type FileSplit } from './file-split.js';
import { FileSplitReader, type SplitReading } from './split-reader.js';

/** How often the end of a followed file is looked at. */
const FOLLOW_MS = 100;

/** What the reader of a file source is told. */
export interface FileReading<T> extends SplitReading<T> {
  /** Records per second over all subtasks. */
  readonly rate: number | undefined;
  /** Whether all splits are read side by side, a batch of each in turn, instead of one after the other. */
  readonly interleave: boolean;
}

/** Reads the splits of one subtask: in order of path and offset, or side by side. */
export class FileReader<T> implements SourceReader<T, FileSplit> {
  readonly #reading: FileReading<T>;
  readonly #context: ReaderContext;
  readonly #wakeUp: TimedWakeUp;
  readonly #pacer: Pacer | undefined;
  readonly #splits: FileSplitReader<T>[];
  #active: readonly string[];
  /** The split whose turn it is, when they are read side by side. */
  #turn: number;
  #noMore: boolean;
  #asked: boolean;

  constructor(reading: FileReading<T>, context: ReaderContext) {
    this.#reading = reading;
    this.#context = context;
    this.#wakeUp = new TimedWakeUp(context.platform);
    this.#pacer = reading.rate === undefined ? undefined : new Pacer(context.platform, reading.rate, context.parallelism);
    this.#splits = [];
    this.#active = [];
    this.#turn = 0;
    this.#noMore = false;
    // The coordinator gives every reader its first splits unasked.
    this.#asked = true;
  }

  start(): void {}

  addSplits(splits: readonly FileSplit[]): void {
    const readers = splits.map((split) => new FileSplitReader(split, this.#reading, this.#context));
    const started = this.#splits.filter((split) => split.isStarted);
    const waiting = [...this.#splits.filter((split) => !split.isStarted), ...readers];
    waiting.sort((left, right) => compareSplits(left.split, right.split));
    this.#splits.splice(0, this.#splits.length, ...started, ...waiting);
    this.#asked = false;
    this.#changed();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#changed();
  }

  poll(batch: SourceBatch<T>): PollResult {
    this.#wakeUp.clear();
    const pacer = this.#pacer;
    if (pacer !== undefined && !pacer.ready()) return this.#wakeUp.nothing(pacer.waitMs());
    const limit = pacer === undefined ? batch.capacity : Math.min(batch.capacity, batch.length + pacer.chunk);
    const before = batch.length;
    const found = this.#reading.interleave ? this.#pollInTurn(batch, limit) : this.#pollFirst(batch, limit);
    pacer?.spend(batch.length - before);
    return found;
  }

  available(): Promise<void> {
    return this.#wakeUp.wait();
  }

  snapshot(): readonly FileSplit[] {
    return this.#splits.map((split) => split.snapshot());
  }

  activeSplits(): readonly string[] {
    return this.#active;
  }

  pauseSplits(pause: readonly string[], resume: readonly string[]): void {
    for (const split of this.#splits) {
      if (pause.includes(split.split.id)) split.paused = true;
      if (resume.includes(split.split.id)) split.paused = false;
    }
    this.#wakeUp.wake();
  }

  close(): void {
    for (const split of this.#splits) split.close();
    this.#wakeUp.close();
  }

  #pollFirst(batch: SourceBatch<T>, limit: number): PollResult {
    const split = this.#splits[0];
    if (split === undefined) return this.#noSplits();
    if (split.paused) return this.#wakeUp.nothing(Infinity);
    batch.split = split.split.id;
    const found = split.poll(batch, limit);
    if (found === 'waiting') return this.#wakeUp.nothing(FOLLOW_MS);
    if (found === 'end') this.#finish(0);
    return this.#splits.length === 0 ? this.#noSplits() : 'more';
  }

  #pollInTurn(batch: SourceBatch<T>, limit: number): PollResult {
    let waits = false;
    for (let tries = this.#splits.length; tries > 0; tries--) {
      if (this.#turn >= this.#splits.length) this.#turn = 0;
      const split = this.#splits[this.#turn]!;
      if (split.paused) {
        this.#turn++;
        continue;
      }
      batch.split = split.split.id;
      const found = split.poll(batch, limit);
      if (found === 'end') {
        this.#finish(this.#turn);
        return this.#splits.length === 0 ? this.#noSplits() : 'more';
      }
      if (found === 'more') {
        // A poll that brought nothing, in the middle of a long record, keeps its turn.
        if (batch.length > 0) this.#turn++;
        return 'more';
      }
      waits = true;
      this.#turn++;
    }
    if (this.#splits.length === 0) return this.#noSplits();
    return this.#wakeUp.nothing(waits ? FOLLOW_MS : Infinity);
  }

  #finish(at: number): void {
    this.#splits[at]!.close();
    this.#splits.splice(at, 1);
    this.#changed();
  }

  #noSplits(): PollResult {
    if (this.#noMore) return 'end';
    if (!this.#asked) {
      this.#asked = true;
      this.#context.requestSplit();
    }
    // The answer may have come while asking.
    return this.#splits.length > 0 ? 'more' : this.#wakeUp.nothing(Infinity);
  }

  #changed(): void {
    this.#active = this.#splits.map((split) => split.split.id);
    this.#wakeUp.wake();
  }
}
