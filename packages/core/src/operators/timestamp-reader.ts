import { MillraceError } from '../base/errors.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import { SUSPICIOUSLY_SMALL, suspicionMessage, TimestampCheck } from '../record/timestamps.js';
import type { OperatorContext, OperatorInfo, TimeControl } from './operator-context.js';
import { placeOf, userFailure } from './user-failure.js';

/** Gives the event timestamp of each record as a strategy says, checked. */
export class TimestampReader {
  readonly #assign: ((value: unknown, sourceTimestamp: number | undefined) => unknown) | undefined;
  readonly #ingestion: boolean;
  readonly #check: TimestampCheck;
  readonly #time: TimeControl;
  readonly #info: OperatorInfo;
  /** The last ingestion time: it does not go back with the clock. */
  #ingested: number;

  constructor(strategy: WatermarkStrategy<unknown>, context: OperatorContext) {
    this.#assign = strategy.timestamp;
    this.#ingestion = strategy.watermarks.kind === 'ingestionTime';
    this.#time = context.time;
    this.#info = context.info;
    this.#ingested = Number.NEGATIVE_INFINITY;
    this.#check = new TimestampCheck((timestamp) => {
      context.logger.warn(suspicionMessage(timestamp), { operator: context.info.name, timestamp });
    });
  }

  /** The timestamp of a record; `sourceTimestamp` and the result are NaN when there is none. */
  read(value: unknown, sourceTimestamp: number): number {
    if (this.#ingestion) return this.#ingestionTime();
    if (this.#assign === undefined) return sourceTimestamp !== sourceTimestamp ? sourceTimestamp : this.#checked(sourceTimestamp);
    let timestamp: unknown;
    try {
      timestamp = this.#assign(value, sourceTimestamp !== sourceTimestamp ? undefined : sourceTimestamp);
    } catch (error) {
      throw userFailure(this.#info, 'the timestamp function', error, value);
    }
    return this.#checked(timestamp);
  }

  #checked(timestamp: unknown): number {
    if (typeof timestamp === 'number' && timestamp >= SUSPICIOUSLY_SMALL && timestamp <= Number.MAX_SAFE_INTEGER && Math.floor(timestamp) === timestamp) {
      return timestamp;
    }
    try {
      return this.#check.check(timestamp);
    } catch (error) {
      throw error instanceof MillraceError ? error.located(placeOf(this.#info)) : error;
    }
  }

  #ingestionTime(): number {
    const now = this.#time.batchNow();
    if (now > this.#ingested) this.#ingested = now;
    return this.#ingested;
  }
}
