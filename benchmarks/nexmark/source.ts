import { type } from 'millrace';
import {
  fillBatch, FixedSplits, Pacer, stridedSplits, TimedWakeUp, type PollResult, type PositionSplit, type ReaderContext, type RecordCursor,
  type Source, type SourceBatch, type SourceReader,
} from 'millrace/spi';
import { NexmarkGenerator } from './generator/generator.js';
import type { NexmarkEvent } from './model.js';

/** What is read of the stream, and how fast. */
export interface NexmarkSourceOptions {
  /** The number of events. */
  readonly events: number;
  /** The number of the first one; 0 unless given. */
  readonly first?: number;
  /** Events per second over all subtasks; as fast as they are taken unless given. */
  readonly rate?: number;
  /** How long a reader waits behind its last event, for windows of processing time; not at all unless given. */
  readonly lingerMs?: number;
  /** Told in the reader's thread, with each batch, how many events of the stream all readers together have handed out when all have come as far. */
  readonly onProgress?: (events: number) => void;
}

/**
 * The Nexmark stream as a source: events `first` to `first + events - 1`, dealt out in strides (event n of the stream goes to
 * split n modulo their number), so that all readers are at about the same event time. It can be read again from any
 * position.
 *
 * ```ts no-run
 * env.fromSource(nexmark({ events: 1_000_000 }), { watermarks: boundedOutOfOrderness('4 s', (event) => event.dateTime) });
 * ```
 */
export function nexmark({ events, first = 0, rate, lingerMs = 0, onProgress }: NexmarkSourceOptions): Source<NexmarkEvent, PositionSplit> {
  return {
    kind: 'nexmark',
    bounded: true,
    replayable: true,
    type: type<NexmarkEvent>(),
    createEnumerator: (context, restored) => new FixedSplits(context, restored, () => stridedSplits('nexmark', first, first + events, context.parallelism)),
    createReader: (context) => new NexmarkReader(context, { rate, lingerMs, onProgress: onProgress === undefined ? undefined : (next) => onProgress(next - first) }),
  };
}

/** What is set for a reader. */
interface ReaderSettings {
  readonly rate: number | undefined;
  readonly lingerMs: number;
  /** Told the number of the next event with each batch. */
  readonly onProgress: ((next: number) => void) | undefined;
}

/** Makes the events of its splits, one split after the other. */
class NexmarkReader implements SourceReader<NexmarkEvent, PositionSplit>, RecordCursor<NexmarkEvent> {
  readonly cursor: RecordCursor<NexmarkEvent>;
  split: string;
  length: number;
  first: number;
  step: number;
  readonly #generator: NexmarkGenerator;
  readonly #context: ReaderContext;
  readonly #pacer: Pacer | undefined;
  readonly #wakeUp: TimedWakeUp;
  readonly #lingerMs: number;
  readonly #onProgress: ((next: number) => void) | undefined;
  readonly #splits: PositionSplit[];
  #active: readonly string[];
  #asked: boolean;
  #noMore: boolean;
  /** Set when the last event is out. */
  #lingersUntil: number | undefined;

  constructor(context: ReaderContext, { rate, lingerMs, onProgress }: ReaderSettings) {
    this.cursor = this;
    this.split = '';
    this.length = 0;
    this.first = 0;
    this.step = 1;
    this.#generator = new NexmarkGenerator();
    this.#context = context;
    this.#pacer = rate === undefined ? undefined : new Pacer(context.platform, rate, context.parallelism);
    this.#wakeUp = new TimedWakeUp(context.platform);
    this.#lingerMs = lingerMs;
    this.#onProgress = onProgress;
    this.#splits = [];
    this.#active = [];
    // A reader that starts is given a split or told that there is none.
    this.#asked = true;
    this.#noMore = false;
    this.#lingersUntil = undefined;
  }

  start(): void {}

  addSplits(splits: readonly PositionSplit[]): void {
    this.#splits.push(...splits);
    this.#asked = false;
    this.#changed();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#wakeUp.wake();
  }

  poll(batch: SourceBatch<NexmarkEvent>): PollResult {
    return fillBatch(this, batch);
  }

  begin(capacity: number): PollResult {
    this.length = 0;
    this.#wakeUp.clear();
    const split = this.#splits[0];
    if (split === undefined) return this.#noSplits();
    const pacer = this.#pacer;
    if (pacer !== undefined && !pacer.ready()) return this.#wakeUp.nothing(pacer.waitMs());
    const { position, end, step } = split;
    this.#onProgress?.(position);
    const length = Math.min(pacer === undefined ? capacity : Math.min(capacity, pacer.chunk), Math.max(0, Math.ceil((end - position) / step)));
    this.split = split.id;
    this.length = length;
    this.first = position;
    this.step = step;
    pacer?.spend(length);
    const next = position + length * step;
    if (next < end || (this.#lingerMs > 0 && length > 0)) {
      this.#splits[0] = { ...split, position: next };
      return 'more';
    }
    if (this.#lingerMs > 0 && this.#lingers()) return 'nothing';
    this.#splits.shift();
    this.#changed();
    return this.#splits.length > 0 || length > 0 ? 'more' : this.#noSplits();
  }

  record(n: number): NexmarkEvent {
    return this.#generator.event(n);
  }

  timestamp(event: NexmarkEvent): number {
    return event.dateTime;
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

  close(): void {
    this.#wakeUp.close();
  }

  /** Whether to wait on behind the last event; begins the wait at the first call. */
  #lingers(): boolean {
    const now = this.#context.platform.clock.monotonicMs();
    this.#lingersUntil ??= now + this.#lingerMs;
    if (now >= this.#lingersUntil) return false;
    this.#wakeUp.nothing(this.#lingersUntil - now);
    return true;
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
