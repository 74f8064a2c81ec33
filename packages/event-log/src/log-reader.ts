import { type FileWatch, type Format, type PollResult, type ReaderContext, type SourceBatch, type SourceReader, TimedWakeUp } from '@millrace/core/spi';
import type { EventLog } from './event-log.js';
import type { LogSplit } from './log-split.js';
import { LogSplitReader } from './log-split-reader.js';

/** How often the end of a partition is looked at, should the system not tell that it was written to. */
const LOOK_MS = 100;

/** Reads the partitions of one subtask, a batch of each in turn. */
export class LogReader<T> implements SourceReader<T, LogSplit> {
  readonly #log: EventLog;
  readonly #format: Format<T>;
  readonly #withMetadata: boolean;
  readonly #context: ReaderContext;
  readonly #wakeUp: TimedWakeUp;
  readonly #splits: LogSplitReader<T>[];
  readonly #watches: Map<string, FileWatch>;
  #active: readonly string[];
  #turn: number;
  #noMore: boolean;
  /** Why a format could not get what it needs. */
  #failure: { readonly error: unknown } | undefined;

  constructor(log: EventLog, format: Format<T>, withMetadata: boolean, context: ReaderContext) {
    this.#log = log;
    this.#format = format;
    this.#withMetadata = withMetadata;
    this.#context = context;
    this.#wakeUp = new TimedWakeUp(context.platform);
    this.#splits = [];
    this.#watches = new Map();
    this.#active = [];
    this.#turn = 0;
    this.#noMore = false;
    this.#failure = undefined;
  }

  start(): void {}

  addSplits(splits: readonly LogSplit[]): void {
    for (const split of splits) {
      const reader = new LogSplitReader(this.#log, split, this.#format, this.#withMetadata, this.#context);
      this.#splits.push(reader);
      if (reader.preparing !== undefined) this.#prepare(reader);
      if (split.stop < 0) this.#watches.set(split.id, this.#context.platform.files.watch(this.#log.folderOf(split.partition), () => this.#wakeUp.wake()));
    }
    this.#changed();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#changed();
  }

  poll(batch: SourceBatch<T>): PollResult {
    this.#wakeUp.clear();
    if (this.#failure !== undefined) throw this.#failure.error;
    let waits = false;
    for (let tries = this.#splits.length; tries > 0; tries--) {
      if (this.#turn >= this.#splits.length) this.#turn = 0;
      const split = this.#splits[this.#turn]!;
      if (split.paused || split.preparing !== undefined) {
        this.#turn++;
        continue;
      }
      batch.split = split.split.id;
      const found = split.poll(batch, batch.capacity);
      if (found === 'end') {
        this.#finish(this.#turn);
        return this.#splits.length === 0 ? this.#noSplits() : 'more';
      }
      this.#turn++;
      if (split.preparing !== undefined) this.#prepare(split);
      if (found === 'more' || batch.length > 0) return 'more';
      waits = true;
    }
    if (this.#splits.length === 0) return this.#noSplits();
    return this.#wakeUp.nothing(waits ? LOOK_MS : Infinity);
  }

  available(): Promise<void> {
    return this.#wakeUp.wait();
  }

  snapshot(): readonly LogSplit[] {
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
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
    this.#wakeUp.close();
  }

  #finish(at: number): void {
    const [split] = this.#splits.splice(at, 1);
    split!.close();
    this.#watches.get(split!.split.id)?.close();
    this.#watches.delete(split!.split.id);
    this.#changed();
  }

  /** The split goes on when its format has what it asked for; when that fails, the reader does. */
  #prepare(split: LogSplitReader<T>): void {
    const goOn = (): void => {
      split.preparing = undefined;
      this.#wakeUp.wake();
    };
    split.preparing!.then(goOn, (error: unknown) => {
      this.#failure = { error };
      goOn();
    });
  }

  #noSplits(): PollResult {
    return this.#noMore ? 'end' : this.#wakeUp.nothing(Infinity);
  }

  #changed(): void {
    this.#active = this.#splits.map(({ split }) => split.id);
    this.#wakeUp.wake();
  }
}
