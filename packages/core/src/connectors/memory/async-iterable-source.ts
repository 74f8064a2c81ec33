import { MillraceError } from '../../base/errors.js';
import type { PollResult, ReaderContext, Source, SourceBatch, SourceReader, Split } from '../../connector/source.js';
import { WakeUp } from '../../connector/wake-up.js';
import { normaliseTimestamp } from '../../record/timestamps.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { ConnectorFunctionFailed, ConnectorOptionInvalid } from '../errors.js';
import { FixedSplits } from '../../connector/fixed-splits.js';

/** How an async iterable is read. */
export interface AsyncIterableOptions<T> {
  readonly type?: TypeInfo<T>;
  /** The event time of a record in epoch milliseconds; without it the source has none. */
  readonly timestamp?: (value: T) => number;
  /** Whether it ends by itself; true unless given. */
  readonly bounded?: boolean;
  /** Most values fetched ahead; 256 unless given. */
  readonly maxBuffered?: number;
}

/**
 * Reads an async iterable, or one that a function makes when the job starts, in one subtask. It cannot be read again: after
 * a restart the job goes on with what comes next, and values fetched since the last checkpoint are lost.
 */
export function asyncIterable<T>(iterable: AsyncIterable<T> | ((signal: AbortSignal) => AsyncIterable<T>), options: AsyncIterableOptions<T> = {}): Source<T, Split> {
  const { maxBuffered = 256, bounded = true } = options;
  if (typeof iterable !== 'function' && typeof (iterable as { [Symbol.asyncIterator]?: unknown } | null)?.[Symbol.asyncIterator] !== 'function') {
    throw ConnectorOptionInvalid.error({ what: 'asyncIterable: the argument is neither an async iterable nor a function that gives one', remedy: 'For an array or another synchronous iterable use collection().' });
  }
  if (!Number.isSafeInteger(maxBuffered) || maxBuffered < 1) throw ConnectorOptionInvalid.error({ what: `asyncIterable: maxBuffered is ${String(maxBuffered)}, and must be a whole number above 0` });
  return {
    kind: 'asyncIterable',
    bounded,
    replayable: false,
    type: options.type ?? (t.dynamic as TypeInfo<T>),
    createEnumerator: (context, restored) => new FixedSplits<Split>(context, restored, () => [{ id: 'iterable' }]),
    createReader: (context) => new IterableReader(iterable, context, maxBuffered, options.timestamp),
  };
}

class IterableReader<T> implements SourceReader<T, Split> {
  readonly #iterable: AsyncIterable<T> | ((signal: AbortSignal) => AsyncIterable<T>);
  readonly #context: ReaderContext;
  readonly #maxBuffered: number;
  readonly #timestamp: ((value: T) => number) | undefined;
  readonly #wakeUp: WakeUp;
  readonly #buffer: T[];
  #splits: readonly Split[];
  #active: readonly string[];
  #iterator: AsyncIterator<T> | undefined;
  #count: number;
  #exhausted: boolean;
  #noMore: boolean;
  #fetching: boolean;
  #closed: boolean;
  #failure: { readonly error: unknown } | undefined;

  constructor(iterable: AsyncIterable<T> | ((signal: AbortSignal) => AsyncIterable<T>), context: ReaderContext, maxBuffered: number, timestamp: ((value: T) => number) | undefined) {
    this.#iterable = iterable;
    this.#context = context;
    this.#maxBuffered = maxBuffered;
    this.#timestamp = timestamp;
    this.#wakeUp = new WakeUp();
    this.#buffer = [];
    this.#splits = [];
    this.#active = [];
    this.#iterator = undefined;
    this.#count = 0;
    this.#exhausted = false;
    this.#noMore = false;
    this.#fetching = false;
    this.#closed = false;
    this.#failure = undefined;
  }

  start(): void {}

  addSplits(splits: readonly Split[]): void {
    this.#splits = splits;
    this.#active = splits.map(({ id }) => id);
    this.#wakeUp.wake();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#wakeUp.wake();
  }

  poll(batch: SourceBatch<T>): PollResult {
    this.#wakeUp.clear();
    const split = this.#splits[0];
    if (split === undefined) return this.#noMore ? 'end' : 'nothing';
    batch.split = split.id;
    while (batch.length < batch.capacity && this.#buffer.length > 0) {
      const value = this.#buffer.shift()!;
      const at = batch.length;
      batch.values[at] = value;
      batch.timestamps[at] = this.#timestamp === undefined ? Number.NaN : normaliseTimestamp(this.#timestamp(value));
      batch.offsets[at] = this.#count++;
      batch.length = at + 1;
    }
    if (this.#buffer.length === 0 && this.#failure !== undefined) throw this.#failure.error;
    if (this.#buffer.length === 0 && this.#exhausted) {
      this.#splits = [];
      this.#active = [];
      this.#noMore = true;
      return batch.length > 0 ? 'more' : 'end';
    }
    this.#fetch();
    return batch.length > 0 || this.#buffer.length > 0 ? 'more' : 'nothing';
  }

  available(): Promise<void> {
    return this.#wakeUp.wait();
  }

  snapshot(): readonly Split[] {
    return this.#splits;
  }

  activeSplits(): readonly string[] {
    return this.#active;
  }

  close(): void {
    this.#closed = true;
    this.#wakeUp.wake();
    // A generator waiting for its own promise would only end after it: nobody waits for that here.
    this.#iterator?.return?.().then(undefined, () => undefined);
  }

  /** Fetches ahead until the buffer is full; one call of `next` at a time. */
  #fetch(): void {
    if (this.#fetching || this.#closed || this.#exhausted || this.#failure !== undefined || this.#buffer.length >= this.#maxBuffered) return;
    this.#fetching = true;
    Promise.resolve()
      .then(() => this.#open().next())
      .then(
        (result) => {
          this.#fetching = false;
          if (result.done === true) this.#exhausted = true;
          else this.#buffer.push(result.value);
          this.#wakeUp.wake();
          this.#fetch();
        },
        (error: unknown) => {
          this.#fetching = false;
          this.#failure = { error: error instanceof MillraceError ? error : ConnectorFunctionFailed.error({ what: `the async iterable failed: ${error instanceof Error ? error.message : String(error)}`, cause: error }) };
          this.#wakeUp.wake();
        },
      );
  }

  #open(): AsyncIterator<T> {
    if (this.#iterator === undefined) {
      const iterable = typeof this.#iterable === 'function' ? this.#iterable(this.#context.signal) : this.#iterable;
      this.#iterator = iterable[Symbol.asyncIterator]();
    }
    return this.#iterator;
  }
}
