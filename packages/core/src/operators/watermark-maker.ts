import type { WatermarkGenerator, WatermarkKind, WatermarkOutput } from '../functions/watermark-strategy.js';
import { OperatorSettingInvalid } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { OperatorInfo } from './operator-context.js';
import { placeOf, userFailure } from './user-failure.js';

/** Where a maker's watermarks and status go. */
export interface MadeWatermarks {
  watermark(watermark: number): void;
  idle(idle: boolean): void;
}

/**
 * Makes the watermarks of one split, or of a stream in its middle, as a strategy says.
 *
 * Events are told to it after they were emitted, so a watermark it makes at once covers them. It also counts silence, as
 * Flink does: from the first chance without an event since the one before; the split is idle when more than the given time
 * has passed, and active again with the next watermark that advances.
 */
export class WatermarkMaker implements WatermarkOutput {
  /** The highest timestamp seen. */
  maxTimestamp: number;
  /** The last watermark made; after a restart the one before it. */
  watermark: number;
  isIdle: boolean;
  readonly #boundMs: number;
  readonly #generator: WatermarkGenerator<unknown> | undefined;
  readonly #follows: boolean;
  readonly #target: MadeWatermarks;
  readonly #info: OperatorInfo;
  #events: boolean;
  /** How long no event has come, from the first silent chance on; NaN before it. */
  #silentMs: number;

  constructor(kind: WatermarkKind<unknown>, target: MadeWatermarks, info: OperatorInfo, restored: number = Number.NEGATIVE_INFINITY) {
    this.#boundMs = kind.kind === 'boundedOutOfOrderness' ? kind.boundMs : 0;
    this.#follows = kind.kind === 'boundedOutOfOrderness' || kind.kind === 'ingestionTime';
    this.#generator = kind.kind === 'custom' ? createGenerator(kind, info) : undefined;
    this.#target = target;
    this.#info = info;
    this.maxTimestamp = restored === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : restored + this.#boundMs + 1;
    this.watermark = restored;
    this.isIdle = false;
    this.#events = false;
    this.#silentMs = Number.NaN;
  }

  /** An event is about to be emitted: the silence is over. An idle split stays idle until its watermark advances. */
  touch(): void {
    this.#events = true;
  }

  /** Whether `onEvent` has to be told of each event, because a generator of the user's wants to hear of it. */
  get hearsEvents(): boolean {
    return this.#generator !== undefined;
  }

  /** Events with these timestamps were emitted: for callers that need not tell of each one. */
  sawTimestamps(timestamps: Float64Array, from: number, to: number): void {
    let latest = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) if (timestamps[i]! > latest) latest = timestamps[i]!;
    if (latest > this.maxTimestamp) this.maxTimestamp = latest;
  }

  /** Events were emitted of which this is the latest timestamp. */
  sawUpTo(latest: number): void {
    if (latest > this.maxTimestamp) this.maxTimestamp = latest;
  }

  /** An event was emitted. One without a timestamp (NaN) moves nothing. */
  onEvent(value: unknown, timestamp: number): void {
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    if (this.#generator !== undefined) this.#tell(this.#generator, value, timestamp);
  }

  /** A chance to emit what the events since the last one have moved. */
  chance(): void {
    if (this.#follows) {
      const watermark = this.maxTimestamp - this.#boundMs - 1;
      if (watermark > this.watermark) this.#emit(watermark);
    } else if (this.#generator?.onPeriodic !== undefined) {
      try {
        this.#generator.onPeriodic(this);
      } catch (error) {
        throw userFailure(this.#info, 'onPeriodic of the watermark generator', error);
      }
    }
  }

  /** Counts silence: `elapsedMs` have passed since the last call. Idle after more than `idleAfterMs` without an event. */
  countSilence(elapsedMs: number, idleAfterMs: number): void {
    if (this.#events) {
      this.#events = false;
      this.#silentMs = Number.NaN;
      return;
    }
    this.#silentMs = this.#silentMs === this.#silentMs ? this.#silentMs + elapsedMs : 0;
    if (this.#silentMs > idleAfterMs) this.markIdle();
  }

  /** Part of the output that a user's generator sees. */
  emitWatermark(watermark: number): void {
    if (typeof watermark !== 'number' || Number.isNaN(watermark)) {
      throw OperatorSettingInvalid.error({
        what: `the watermark generator of "${this.#info.name}" emitted ${excerpt(watermark)} as a watermark`,
        remedy: 'Emit epoch milliseconds as a number.',
        where: placeOf(this.#info),
      });
    }
    if (watermark > this.watermark) this.#emit(watermark);
  }

  /** Part of the output that a user's generator sees. */
  markIdle(): void {
    if (this.isIdle) return;
    this.isIdle = true;
    this.#target.idle(true);
  }

  /** The stream is at its end: a last chance to emit, and what was idle is active for the final watermark. */
  end(): void {
    this.chance();
    this.#markActive();
  }

  #emit(watermark: number): void {
    this.watermark = watermark;
    this.#markActive();
    this.#target.watermark(watermark);
  }

  #markActive(): void {
    if (!this.isIdle) return;
    this.isIdle = false;
    this.#target.idle(false);
  }

  #tell(generator: WatermarkGenerator<unknown>, value: unknown, timestamp: number): void {
    try {
      generator.onEvent?.(value, timestamp, this);
    } catch (error) {
      throw userFailure(this.#info, 'onEvent of the watermark generator', error, value);
    }
  }
}

function createGenerator(kind: { readonly create: () => WatermarkGenerator<unknown> }, info: OperatorInfo): WatermarkGenerator<unknown> {
  try {
    return kind.create();
  } catch (error) {
    throw userFailure(info, 'the factory of the watermark generator', error);
  }
}
