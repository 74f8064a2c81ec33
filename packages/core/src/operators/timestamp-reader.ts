import { MillraceError } from '../base/errors.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import { SUSPICIOUSLY_SMALL, suspicionMessage, TimestampCheck } from '../record/timestamps.js';
import type { StageCode } from './fusion/stage-code.js';
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

  /**
   * Puts the timestamp of a record in the place where the source's own stands. The hot loop of sources reads it from
   * there: a number that is handed from call to call would be an object each time, since it is too large for a small integer.
   */
  readInto(timestamps: Float64Array, at: number, value: unknown): void {
    if (this.#assign === undefined || this.#ingestion) {
      timestamps[at] = this.read(value, timestamps[at]!);
      return;
    }
    const given = timestamps[at]!;
    let timestamp: unknown;
    try {
      timestamp = this.#assign(value, given !== given ? undefined : given);
    } catch (error) {
      throw userFailure(this.#info, 'the timestamp function', error, value);
    }
    if (isPlainTimestamp(timestamp)) timestamps[at] = timestamp;
    else timestamps[at] = this.#checked(timestamp);
  }

  /** `readInto` as text: declares `timestamp` from the record in `value` and the source's own timestamp in `given`. */
  fuse(code: StageCode, value: string, given: string): string {
    if (this.#ingestion) return `const timestamp = +${code.part(this)}.read(${value}, ${given});`;
    const checked = code.part((timestamp: unknown) => this.#checked(timestamp));
    const isPlain = (timestamp: string): string => `${timestamp} >= ${SUSPICIOUSLY_SMALL} && ${timestamp} <= ${Number.MAX_SAFE_INTEGER} && Math.floor(${timestamp}) === ${timestamp}`;
    if (this.#assign === undefined) return `const timestamp = ${isPlain(given)} || ${given} !== ${given} ? ${given} : +${checked}(${given});`;
    const failure = (error: unknown, record: unknown): Error => userFailure(this.#info, 'the timestamp function', error, record);
    // The plus signs tell the compiler that it is a number whichever way it came, or it would make an object of each.
    return `
let read;
${code.step(`read = ${code.part(this.#assign)}(${value}, ${given} !== ${given} ? undefined : ${given});`, failure, value)}
const timestamp = typeof read === 'number' && ${isPlain('read')} ? +read : +${checked}(read);`;
  }

  #checked(timestamp: unknown): number {
    if (isPlainTimestamp(timestamp)) return timestamp;
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

/** Whether a timestamp needs no second look. */
function isPlainTimestamp(timestamp: unknown): timestamp is number {
  return typeof timestamp === 'number' && timestamp >= SUSPICIOUSLY_SMALL && timestamp <= Number.MAX_SAFE_INTEGER && Math.floor(timestamp) === timestamp;
}
