import type { DeadLetter } from '../connector/dead-letter.js';
import type { PollResult, Source, SourceBatch, SourceReader, Split } from '../connector/source.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import type { Operator, OperatorFactory, Progress, Receiver } from '../operators/operator.js';
import type { OperatorContext } from '../operators/operator-context.js';
import { DEAD_LETTERS } from '../connector/dead-letter.js';
import { TimestampReader } from '../operators/timestamp-reader.js';
import { WatermarkMaker } from '../operators/watermark-maker.js';

/** What a test tells a source, in order. */
export type SourceCommand =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: 'watermark'; readonly watermark: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter };

/** The commands of one source, filled by the test and emptied by the job. */
export class CommandQueue {
  ended: boolean;
  #commands: SourceCommand[];
  #wake: (() => void) | undefined;

  constructor() {
    this.ended = false;
    this.#commands = [];
    this.#wake = undefined;
  }

  push(command: SourceCommand): void {
    this.#commands.push(command);
    this.#notify();
  }

  end(): void {
    this.ended = true;
    this.#notify();
  }

  poll(batch: SourceBatch<unknown>): PollResult {
    const taken = this.#commands.splice(0, batch.capacity - batch.length);
    for (const command of taken) {
      batch.values[batch.length] = command;
      batch.timestamps[batch.length] = Number.NaN;
      batch.offsets[batch.length] = batch.length;
      batch.length++;
    }
    if (this.#commands.length > 0) return 'more';
    return this.ended ? 'end' : 'nothing';
  }

  /**
   * Resolves within the call that fills the queue, not in a microtask after it: so a test sees the effect of a push as
   * soon as the push returns.
   */
  available(): Promise<void> {
    if (this.#commands.length > 0 || this.ended) return Promise.resolve();
    return new ImmediateSignal((wake) => (this.#wake = wake)) as unknown as Promise<void>;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** As much of a promise as a source subtask uses, settled synchronously. It never rejects. */
class ImmediateSignal {
  readonly #listen: (wake: () => void) => void;

  constructor(listen: (wake: () => void) => void) {
    this.#listen = listen;
  }

  // A promise is what the reader's contract gives; this one only answers sooner.
  // oxlint-disable-next-line unicorn/no-thenable
  then(resolved: () => void): this {
    this.#listen(resolved);
    return this;
  }

  catch(): this {
    return this;
  }
}

/** The source that a test's commands come from: one split, one reader. */
export function commandSource(queue: CommandQueue): Source<unknown> {
  return {
    kind: 'test',
    bounded: true,
    replayable: false,
    type: { kind: 'dynamic' },
    createEnumerator: (context) => ({
      start: () => {
        context.assign(0, [{ id: 'test' }]);
        for (let subtask = 0; subtask < context.parallelism; subtask++) context.noMoreSplits(subtask);
      },
      splitRequested: () => undefined,
      splitsReturned: () => undefined,
      snapshot: () => undefined,
      close: () => undefined,
    }),
    createReader: () => new CommandReader(queue),
  };
}

class CommandReader implements SourceReader<unknown, Split> {
  readonly #queue: CommandQueue;
  #splits: readonly Split[];

  constructor(queue: CommandQueue) {
    this.#queue = queue;
    this.#splits = [];
  }

  start(): void {
    // Nothing to open.
  }

  addSplits(splits: readonly Split[]): void {
    this.#splits = splits;
  }

  noMoreSplits(): void {
    // The queue says when it is over.
  }

  poll(batch: SourceBatch<unknown>): PollResult {
    batch.split = 'test';
    return this.#queue.poll(batch);
  }

  available(): Promise<void> {
    return this.#queue.available();
  }

  snapshot(): readonly Split[] {
    return this.#splits;
  }

  activeSplits(): readonly string[] {
    return this.#splits.map((split) => split.id);
  }

  close(): void {
    // Nothing to close.
  }
}

/**
 * Stands in for the source of a job: turns commands into records with the timestamps of the source's own strategy, its
 * watermarks after every record, and the watermarks that the test asks for.
 */
export function commandOperator(strategy: WatermarkStrategy<unknown>): OperatorFactory {
  return { create: () => new CommandOperator(strategy) };
}

class CommandOperator implements Operator, Receiver {
  readonly ownsWatermarks = true;
  recordsIn: number;
  readonly #strategy: WatermarkStrategy<unknown>;
  #context!: OperatorContext;
  #reader!: TimestampReader;
  #maker!: WatermarkMaker;
  #deadLetters!: Receiver;

  constructor(strategy: WatermarkStrategy<unknown>) {
    this.recordsIn = 0;
    this.#strategy = strategy;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#reader = new TimestampReader(this.#strategy, context);
    this.#deadLetters = context.sideOutput(DEAD_LETTERS);
    const target = {
      watermark: (watermark: number) => context.time.emitWatermark(watermark),
      idle: (idle: boolean) => context.time.emitIdle(idle),
    };
    this.#maker = new WatermarkMaker(this.#strategy.watermarks, target, context.info);
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    const command = value as SourceCommand;
    switch (command.kind) {
      case 'record':
        this.#record(command.value, command.timestamp);
        break;
      case 'watermark':
        this.#maker.touch();
        this.#maker.emitWatermark(command.watermark);
        break;
      case 'idle':
        this.#maker.markIdle();
        break;
      case 'deadLetter':
        this.#deadLetters.process(command.letter);
        break;
    }
  }

  advance(): Progress {
    return 'done';
  }

  #record(value: unknown, given: number): void {
    this.recordsIn++;
    const { record, output } = this.#context;
    const before = record.timestamp;
    const timestamp = this.#reader.read(value, given);
    this.#maker.touch();
    record.timestamp = timestamp;
    output.process(value);
    record.timestamp = before;
    this.#maker.onEvent(value, timestamp);
    this.#maker.chance();
  }
}
