import { type } from 'millrace';
import {
  BlockQueue, fillBatch, Pacer, PositionBlocks, TimedWakeUp, type PollResult, type PositionSplit, type ReaderContext, type RecordCursor, type Source,
  type SourceBatch, type SourceReader,
} from 'millrace/spi';
import { NexmarkGenerator } from './generator/generator.js';
import type { NexmarkEvent } from './model.js';

/** Events of a block: one or two milliseconds of a reader's time, and 0.16 seconds of event time. */
const BLOCK_SIZE = 16_384;

/** With a rate a block is that of so long at the most: each reader has its share of the rate, so all must have blocks until the end, and none may be far behind. */
const PACED_BLOCK_MS = 20;

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
 * The Nexmark stream as a source: events `first` to `first + events - 1`, dealt out in small blocks to whoever has time, so that all
 * readers are at about the same event time. It can be read again from any position.
 *
 * ```ts no-run
 * env.fromSource(nexmark({ events: 1_000_000 }), { watermarks: boundedOutOfOrderness('4 s', (event) => event.dateTime) });
 * ```
 */
export function nexmark({ events, first = 0, rate, lingerMs = 0, onProgress }: NexmarkSourceOptions): Source<NexmarkEvent, PositionSplit> {
  const blockSize = rate === undefined ? BLOCK_SIZE : Math.min(BLOCK_SIZE, Math.max(1, Math.floor((rate * PACED_BLOCK_MS) / 1000)));
  return {
    kind: 'nexmark',
    bounded: true,
    replayable: true,
    sharesWork: true,
    type: type<NexmarkEvent>(),
    createEnumerator: (context, restored) => new PositionBlocks(context, restored, { name: 'nexmark', from: first, end: first + events, blockSize }),
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

/** Makes the events of its blocks, one block after the other. */
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
  readonly #blocks: BlockQueue;
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
    this.#blocks = new BlockQueue((finished) => context.requestSplit(finished));
    this.#lingersUntil = undefined;
  }

  start(): void {}

  addSplits(splits: readonly PositionSplit[]): void {
    this.#blocks.add(splits);
    this.#wakeUp.wake();
  }

  noMoreSplits(): void {
    this.#blocks.noMore = true;
    this.#wakeUp.wake();
  }

  poll(batch: SourceBatch<NexmarkEvent>): PollResult {
    return fillBatch(this, batch);
  }

  begin(capacity: number): PollResult {
    this.length = 0;
    this.#wakeUp.clear();
    const block = this.#blocks.current();
    if (block === undefined) return this.#noBlocks();
    const pacer = this.#pacer;
    if (pacer !== undefined && !pacer.ready()) return this.#wakeUp.nothing(pacer.waitMs());
    const { position, end } = block;
    this.#onProgress?.(position);
    const length = Math.min(pacer === undefined ? capacity : Math.min(capacity, pacer.chunk), end - position);
    this.split = block.id;
    this.length = length;
    this.first = position;
    pacer?.spend(length);
    this.#blocks.advance(position + length);
    return 'more';
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
    return this.#blocks.snapshot();
  }

  activeSplits(): readonly string[] {
    return this.#blocks.active;
  }

  close(): void {
    this.#wakeUp.close();
  }

  #noBlocks(): PollResult {
    if (!this.#blocks.noMore) return this.#wakeUp.nothing(Infinity);
    if (this.#lingerMs === 0) return 'end';
    const now = this.#context.platform.clock.monotonicMs();
    this.#lingersUntil ??= now + this.#lingerMs;
    return now >= this.#lingersUntil ? 'end' : this.#wakeUp.nothing(this.#lingersUntil - now);
  }
}
