import { MillraceError } from '../base/errors.js';
import type { Clock, Platform } from '../base/platform.js';
import { DEAD_LETTERS } from '../connector/dead-letter.js';
import type { PollResult, RecordCursor, RecordLimits, Source, SourceBatch, SourceReader, Split } from '../connector/source.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import { SourceFailed } from './errors.js';
import { BatchPlace } from './fusion/record-loop.js';
import { generateSourceLoop, type SourceLoop } from './fusion/source-loop.js';
import type { Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo, RecordContext } from './operator-context.js';
import type { SourceHead, StopSignal } from './source-head.js';
import { SourceWatermarks } from './source-watermarks.js';
import { SourcePace } from './source-pace.js';
import { TimestampReader } from './timestamp-reader.js';
import { placeOf } from './user-failure.js';
import type { WatermarkMaker } from './watermark-maker.js';

/** What a source needs besides its operator context. */
export interface SourceRuntime {
  readonly platform: Platform;
  readonly coordinator: {
    /** The reader wants another split, and has finished these. */
    requestSplit(finished: readonly string[]): void;
    /** How far this reader's event time is, for the alignment of its group; +Infinity when it holds nobody back. */
    reportWatermark(group: string, watermark: number): void;
  };
  /** The longest silence between two chances to emit a watermark, when the strategy says nothing else. */
  readonly watermarkIntervalMs: number;
  /** A chance after every record, for golden jobs and tests. */
  readonly watermarkPerRecord: boolean;
  readonly recordLimits?: RecordLimits | undefined;
  /** Records per batch, at the most. */
  readonly batchSize: number;
  /** How long a batch should take at the most, in milliseconds: so long a barrier may have to wait. 100 unless given. */
  readonly batchTargetMs?: number;
  /** Whether the loop over a batch is to be generated, with the operators behind it inside. */
  readonly generateCode?: boolean;
  /** Whether an operator of the chain asks for the place of the record under way. */
  readonly keepsPlace?: boolean;
}

/** A split with its place in event time, as a checkpoint keeps it. */
export interface SplitSnapshot {
  readonly split: Split;
  /** The last watermark of its generator; -Infinity when there was none. */
  readonly watermark: number;
}

/** A batch takes no longer, where the run says nothing else. */
const BATCH_TARGET_MS = 100;

/**
 * The head of a source's chain: polls the reader, gives each record its timestamp, pushes it on, and makes watermarks per
 * split. A chance to emit one comes after every batch and after every interval.
 *
 * Silence is counted by a clock that stands still while output is blocked (rule 21), so that back pressure is not taken
 * for an idle source.
 */
export class SourceOperator implements SourceHead {
  recordsIn: number;
  readonly ownsWatermarks = true;
  /** Its time brings watermarks and silence, which overtake nothing. */
  readonly takesTimeUnfinished = true;
  readonly #source: Source<unknown>;
  readonly #strategy: WatermarkStrategy<unknown>;
  readonly #runtime: SourceRuntime;
  readonly #clock: Clock;
  readonly #batch: { -readonly [P in keyof SourceBatch<unknown>]: SourceBatch<unknown>[P] };
  readonly #pace: SourcePace;
  readonly #intervalMs: number;
  #reader!: SourceReader<unknown, Split>;
  #context!: OperatorContext;
  #info!: OperatorInfo;
  #record!: RecordContext;
  #output!: Receiver;
  #timestamps!: TimestampReader;
  #watermarks!: SourceWatermarks;
  #maker: WatermarkMaker | undefined;
  readonly #place: BatchPlace;
  /** The reader's cursor, where it has one. */
  #cursor: RecordCursor<unknown> | undefined;
  /** The generated loop, where there is one. */
  #loop: SourceLoop | undefined;
  #partial: boolean;
  #stopped: boolean;
  /** No split has been assigned yet. The first assignment of a bounded source comes for certain; see `poll`. */
  #awaitsFirst: boolean;
  /** The reader asked for a split and has had no answer. */
  #asked: boolean;
  /** The reader gets no more splits, so that its end comes next. It is not idle until then; see `noMoreSplits`. */
  #awaitsEnd: boolean;
  /** Set while the reader as a whole is paused, because it cannot pause single splits. */
  #paused: boolean;
  #goOn: (() => void) | undefined;
  /** When output became blocked, on the monotonic clock; NaN while it is not. */
  #blockedSince: number;
  /** Up to when silence has been counted. */
  #countedTo: number;

  constructor(source: Source<unknown>, strategy: WatermarkStrategy<unknown>, runtime: SourceRuntime) {
    this.recordsIn = 0;
    this.#source = source;
    this.#strategy = strategy;
    this.#runtime = runtime;
    this.#clock = runtime.platform.clock;
    this.#batch = createBatch(runtime.batchSize);
    this.#pace = new SourcePace(runtime.batchSize, runtime.batchTargetMs ?? BATCH_TARGET_MS);
    this.#intervalMs = strategy.intervalMs ?? runtime.watermarkIntervalMs;
    this.#maker = undefined;
    this.#place = new BatchPlace();
    this.#cursor = undefined;
    this.#loop = undefined;
    this.#partial = false;
    this.#stopped = false;
    this.#awaitsFirst = true;
    this.#asked = false;
    this.#awaitsEnd = false;
    this.#paused = false;
    this.#goOn = undefined;
    this.#blockedSince = Number.NaN;
    this.#countedTo = this.#clock.monotonicMs();
  }

  async open(context: OperatorContext): Promise<void> {
    this.#context = context;
    this.#info = context.info;
    this.#record = context.record;
    this.#output = context.output;
    this.#timestamps = new TimestampReader(this.#strategy, context);
    this.#watermarks = new SourceWatermarks(this.#strategy, context.info, context.time);
    try {
      this.#reader = this.#source.createReader({
        platform: this.#runtime.platform,
        logger: context.logger,
        metrics: context.metrics,
        signal: context.signal,
        job: this.#info.job,
        operator: this.#info.name,
        subtask: this.#info.subtask,
        parallelism: this.#info.parallelism,
        recordLimits: this.#runtime.recordLimits,
        requestSplit: (finished = []) => this.#requestSplit(finished),
        deadLetters: this.#deadLetters(context),
      });
      await this.#reader.start();
    } catch (error) {
      throw this.#failure('could not be opened', error);
    }
    this.#cursor = this.#reader.cursor;
    if (this.#runtime.generateCode === true) this.#loop = this.#generate();
    this.#wakeForInterval();
  }

  /** A source has no inputs. */
  input(): Receiver {
    return this.#output;
  }

  get hasPartialBatch(): boolean {
    return this.#partial;
  }

  get sharesWork(): boolean {
    return this.#source.sharesWork === true;
  }

  addSplits(splits: readonly Split[]): void {
    if (splits.length > 0) {
      this.#asked = false;
      this.#awaitsFirst = false;
    }
    this.#reader.addSplits(splits);
    this.#updateWaiting();
  }

  restoreSplits(splits: readonly unknown[]): void {
    const restored = splits as readonly SplitSnapshot[];
    for (const { split, watermark } of restored) this.#watermarks.restore(split.id, watermark);
    this.addSplits(restored.map(({ split }) => split));
  }

  /**
   * A reader that has read its last split goes on to its end at once. Would it say that it is idle in between, all readers
   * might be idle for a moment; whatever merges them would then advance to the furthest of them, and the windows that the
   * final watermark fires elsewhere would come too late for it.
   */
  noMoreSplits(): void {
    this.#asked = false;
    this.#awaitsFirst = false;
    this.#awaitsEnd = true;
    this.#reader.noMoreSplits();
    this.#updateWaiting();
  }

  poll(): PollResult {
    if (this.#stopped) return 'end';
    if (this.#paused) return 'nothing';
    this.#unblock();
    if (this.#awaitsFirst && !this.#source.bounded) this.#stopAwaiting();
    const batch = this.#cursor ?? this.#batch;
    let found: PollResult;
    this.#pace.began(this.#clock.monotonicMs());
    try {
      found = this.#read(this.#pace.capacity);
    } catch (error) {
      throw this.#failure('could not be read', error);
    }
    if (batch.length === 0) {
      this.#watermarks.holdsSplits(this.#reader.activeSplits());
      return found;
    }
    this.#maker = this.#watermarks.makerOf(batch.split);
    this.#maker.touch();
    this.#place.cursor = 0;
    this.#partial = true;
    return found;
  }

  #read(capacity: number): PollResult {
    if (this.#cursor !== undefined) return this.#cursor.begin(capacity);
    const batch = this.#batch;
    batch.length = 0;
    batch.capacity = capacity;
    return this.#reader.poll(batch);
  }

  run(stop: StopSignal): boolean {
    this.#unblock();
    const before = this.#place.cursor;
    const done = this.#loop === undefined ? this.#runBatch(stop) : this.#loop(stop, this.#maker!);
    this.recordsIn += this.#place.cursor - before;
    if (done) this.#batchDone();
    if (stop.stopped) this.#blockedSince = this.#clock.monotonicMs();
    return done;
  }

  heldBack(): void {
    if (this.#blockedSince !== this.#blockedSince) this.#blockedSince = this.#clock.monotonicMs();
  }

  available(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#paused) return new Promise((resolve) => (this.#goOn = resolve));
    return this.#reader.available().catch((error: unknown) => {
      throw this.#failure('could not be read', error);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#resumeReader();
  }

  end(): void {
    this.#stopped = true;
    this.#watermarks.chance();
    this.#context.time.emitWatermark(Number.POSITIVE_INFINITY);
    this.#context.time.wakeAt(Number.POSITIVE_INFINITY);
    this.#report(Number.POSITIVE_INFINITY);
  }

  snapshotSplits(checkpointId: number): readonly SplitSnapshot[] {
    return this.#reader.snapshot(checkpointId).map((split) => ({ split, watermark: this.#watermarks.watermarkOf(split.id) }));
  }

  checkpointComplete(checkpointId: number): void {
    this.#reader.checkpointComplete?.(checkpointId);
  }

  alignTo(maxAllowedWatermark: number): void {
    const { pause, resume } = this.#watermarks.align(maxAllowedWatermark);
    if (this.#reader.pauseSplits !== undefined) {
      if (pause.length + resume.length > 0) this.#reader.pauseSplits(pause, resume);
    } else if (this.#watermarks.onlyPausedLeft) {
      this.#paused = true;
    } else {
      this.#resumeReader();
    }
  }

  currentPlace(): { readonly source: string; readonly split?: string; readonly offset?: number } {
    if (!this.#partial || this.#place.cursor === 0) return { source: this.#info.name };
    const at = this.#place.cursor - 1;
    const cursor = this.#cursor;
    if (cursor !== undefined) return { source: this.#info.name, split: cursor.split, offset: cursor.first + at * cursor.step };
    return { source: this.#info.name, split: this.#batch.split, offset: this.#batch.offsets[at]! };
  }

  processingTime(): 'done' {
    if (this.#stopped) return 'done';
    this.#chance();
    this.#wakeForInterval();
    return 'done';
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }

  #generate(): SourceLoop {
    return generateSourceLoop({
      info: this.#info,
      record: this.#record,
      batch: this.#batch,
      cursor: this.#cursor,
      unreadable: (error) => this.#failure('could not be read', error),
      place: this.#place,
      timestamps: this.#timestamps,
      output: this.#output,
      hearsEvents: this.#strategy.watermarks.kind === 'custom',
      watermarkPerRecord: this.#runtime.watermarkPerRecord,
      keepsPlace: this.#runtime.keepsPlace === true,
    });
  }

  #runBatch(stop: StopSignal): boolean {
    // The timestamps of the source are overwritten by those that count, one by one.
    const { values, timestamps } = this.#batch;
    const records = this.#cursor;
    const { length } = records ?? this.#batch;
    const reader = this.#timestamps;
    const record = this.#record;
    const output = this.#output;
    const maker = this.#maker!;
    const perRecord = this.#runtime.watermarkPerRecord;
    const followsEvents = perRecord || maker.hearsEvents;
    const place = this.#place;
    let cursor = place.cursor;
    while (cursor < length) {
      const from = cursor;
      const stride = Math.min(length, cursor + place.stride);
      while (cursor < stride && !stop.stopped) {
        const value = records === undefined ? values[cursor] : this.#take(records, cursor);
        // Moved on before the call: when it throws, the record under way is the one before the cursor.
        place.cursor = ++cursor;
        reader.readInto(timestamps, cursor - 1, value);
        record.timestamp = timestamps[cursor - 1]!;
        output.process(value);
        if (followsEvents) {
          maker.onEvent(value, timestamps[cursor - 1]!);
          if (perRecord) maker.chance();
        }
      }
      maker.sawTimestamps(timestamps, from, cursor);
      if (cursor < length && (stop.stopped || !stop.hasTime())) return false;
    }
    return true;
  }

  /** Record number `at` of those that the cursor found; its timestamp goes where that of a batch would be. */
  #take(records: RecordCursor<unknown>, at: number): unknown {
    const offset = records.first + at * records.step;
    try {
      const value = records.record(offset);
      this.#batch.timestamps[at] = records.timestamp(value, offset);
      return value;
    } catch (error) {
      throw this.#unreadable(at, error);
    }
  }

  /** The record that could not be made is the one under way. */
  #unreadable(at: number, error: unknown): Error {
    this.#place.cursor = at + 1;
    return this.#failure('could not be read', error);
  }

  #batchDone(): void {
    this.#partial = false;
    if (this.#cursor === undefined) this.#pace.held(this.#batch.values, this.#batch.length);
    this.#pace.ended((this.#cursor ?? this.#batch).length, this.#clock.monotonicMs());
    this.#place.stride = this.#pace.stride;
    this.#record.timestamp = Number.NaN;
    this.#chance();
    this.#watermarks.holdsSplits(this.#reader.activeSplits());
  }

  #chance(): void {
    this.#watermarks.chance();
    const { idleAfterMs } = this.#strategy;
    if (idleAfterMs !== undefined) {
      const now = this.#runningTime();
      this.#watermarks.countSilence(now - this.#countedTo, idleAfterMs);
      this.#countedTo = now;
    }
    this.#report(this.#watermarks.reported);
  }

  #report(watermark: number): void {
    const { alignment } = this.#strategy;
    if (alignment !== undefined) this.#runtime.coordinator.reportWatermark(alignment.group, watermark);
  }

  /** The monotonic time, standing still since output became blocked or the source was held back. */
  #runningTime(): number {
    return this.#blockedSince === this.#blockedSince ? this.#blockedSince : this.#clock.monotonicMs();
  }

  /** Output takes records again: the time it was blocked is left out of the silence. */
  #unblock(): void {
    if (this.#blockedSince !== this.#blockedSince) return;
    this.#countedTo += this.#clock.monotonicMs() - this.#blockedSince;
    this.#blockedSince = Number.NaN;
  }

  #wakeForInterval(): void {
    if (this.#strategy.watermarks.kind === 'none' && this.#strategy.idleAfterMs === undefined && this.#strategy.alignment === undefined) return;
    this.#context.time.wakeAt(this.#context.time.now() + this.#intervalMs);
  }

  /** From the first poll on, a reader of an unbounded source waits only for splits that it asked for. */
  #stopAwaiting(): void {
    this.#awaitsFirst = false;
    this.#updateWaiting();
  }

  #requestSplit(finished: readonly string[]): void {
    this.#asked = true;
    this.#runtime.coordinator.requestSplit(finished);
    if (this.#reader !== undefined) this.#updateWaiting();
  }

  #updateWaiting(): void {
    const active = this.#reader.activeSplits();
    // The reader may have finished with the split whose batch is under way; its watermark is not.
    const underWay = this.#partial ? (this.#cursor ?? this.#batch).split : undefined;
    this.#watermarks.setWaiting(this.#asked || this.#awaitsFirst || this.#awaitsEnd, underWay === undefined || active.includes(underWay) ? active : [underWay, ...active]);
  }

  #resumeReader(): void {
    this.#paused = false;
    this.#goOn?.();
    this.#goOn = undefined;
  }

  #deadLetters(context: OperatorContext): ((letter: unknown) => void) | undefined {
    if (!context.hasSideOutput(DEAD_LETTERS)) return undefined;
    const output = context.sideOutput(DEAD_LETTERS);
    return (letter) => {
      const before = context.record.timestamp;
      context.record.timestamp = Number.NaN;
      output.process(letter);
      context.record.timestamp = before;
    };
  }

  #failure(what: string, error: unknown): Error {
    if (error instanceof MillraceError) return error.located({ ...placeOf(this.#info), source: this.#info.name });
    return SourceFailed.error({
      what: `the source "${this.#info.name}" ${what}: ${error instanceof Error ? error.message : String(error)}`,
      where: { ...placeOf(this.#info), source: this.#info.name },
      cause: error,
    });
  }
}

function createBatch(capacity: number): SourceBatch<unknown> {
  return { capacity, length: 0, values: [], timestamps: new Float64Array(capacity), offsets: new Float64Array(capacity), split: '' };
}
