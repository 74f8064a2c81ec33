import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { Flow, OperatorContext, RecordContext, TimeControl } from './operator-context.js';
import { TimestampReader } from './timestamp-reader.js';
import { WatermarkMaker } from './watermark-maker.js';

/**
 * Gives records new timestamps and makes watermarks in the middle of a stream (rule 18). Watermarks and status from
 * upstream are swallowed, but for the final watermark.
 */
export function timestampsAndWatermarksOperator(strategy: WatermarkStrategy<never>): OperatorFactory {
  return { create: () => new TimestampsAndWatermarksOperator(strategy as unknown as WatermarkStrategy<unknown>) };
}

/** The longest silence between two chances to emit, when the strategy says nothing else. */
const DEFAULT_INTERVAL_MS = 200;

class TimestampsAndWatermarksOperator implements Operator, Receiver {
  recordsIn: number;
  readonly ownsWatermarks = true;
  /** Its time brings watermarks and silence, which overtake nothing; and it is to see that there is no room. */
  readonly takesTimeUnfinished = true;
  readonly #strategy: WatermarkStrategy<unknown>;
  readonly #intervalMs: number;
  #timestamps!: TimestampReader;
  #maker!: WatermarkMaker;
  #output!: Receiver;
  #record!: RecordContext;
  #time!: TimeControl;
  #flow!: Flow;
  /** Up to when silence has been counted, in processing time. */
  #countedTo: number;

  constructor(strategy: WatermarkStrategy<unknown>) {
    this.recordsIn = 0;
    this.#strategy = strategy;
    this.#intervalMs = strategy.intervalMs ?? DEFAULT_INTERVAL_MS;
    this.#countedTo = Number.NaN;
  }

  open(context: OperatorContext): void {
    this.#timestamps = new TimestampReader(this.#strategy, context);
    this.#output = context.output;
    this.#record = context.record;
    this.#time = context.time;
    this.#flow = context.flow;
    const time = context.time;
    const target = { watermark: (watermark: number) => time.emitWatermark(watermark), idle: (idle: boolean) => time.emitIdle(idle) };
    this.#maker = new WatermarkMaker(this.#strategy.watermarks, target, context.info);
    this.#countedTo = time.now();
    this.#wake();
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    const record = this.#record;
    const before = record.timestamp;
    const timestamp = this.#timestamps.read(value, before);
    this.#maker.touch();
    record.timestamp = timestamp;
    this.#output.process(value);
    record.timestamp = before;
    this.#maker.onEvent(value, timestamp);
  }

  watermarkChance(): void {
    this.#maker.chance();
    const { idleAfterMs } = this.#strategy;
    if (idleAfterMs === undefined) return;
    const now = this.#time.now();
    // Rule 21: while output is refused no records can come, so their absence says nothing. Exact to one interval.
    this.#maker.countSilence(this.#flow.mayEmit() ? Math.max(0, now - this.#countedTo) : 0, idleAfterMs);
    this.#countedTo = now;
  }

  processingTime(): Progress {
    this.watermarkChance();
    this.#wake();
    return 'done';
  }

  /** Watermarks from upstream end here. The final one is passed on by the chain, after a last chance to emit. */
  advance(watermark: number): Progress {
    if (watermark === Number.POSITIVE_INFINITY) {
      this.#maker.end();
      this.#time.wakeAt(Number.POSITIVE_INFINITY);
    }
    return 'done';
  }

  #wake(): void {
    if (this.#strategy.watermarks.kind === 'none' && this.#strategy.idleAfterMs === undefined) return;
    this.#time.wakeAt(this.#time.now() + this.#intervalMs);
  }
}
