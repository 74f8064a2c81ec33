import type { TimerService } from '../functions/process-function.js';
import type { StateBackend, Timers } from '../state/backend.js';
import { TimerTimeInvalid } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { Progress } from './operator.js';
import type { OperatorContext } from './operator-context.js';
import { placeOf } from './user-failure.js';

/** Called for each due timer, with its key current. */
export type UserTimerHandler = (domain: 'event' | 'processing', time: number) => void;

/**
 * The timers of a user's function: registers them, fires them in steps, and keeps the operator's wake-up call at the
 * earliest processing-time timer.
 *
 * What happens to processing-time timers that are still pending at the end of the input is a setting: by default they
 * are dropped, as in Flink, with a warning that counts them; otherwise all of them fire once (timers that are registered
 * meanwhile do not, because a timer that renews itself would never end).
 */
export class UserTimers implements TimerService {
  readonly #context: OperatorContext;
  readonly #timers: Timers;
  readonly #mayContinue: () => boolean;
  /** The watermark whose timers are not all fired yet; NaN when there is none. */
  #pendingWatermark: number;
  /** The same for the processing time. */
  #pendingNow: number;
  #ended: boolean;

  constructor(context: OperatorContext, backend: StateBackend, handler: UserTimerHandler) {
    this.#context = context;
    this.#timers = backend.timers('user-timers', (domain, time) => handler(domain, time));
    this.#mayContinue = () => context.flow.mayEmit();
    this.#pendingWatermark = Number.NaN;
    this.#pendingNow = Number.NaN;
    this.#ended = false;
  }

  /** Asks to be woken for restored timers. To be called at the end of `open`. */
  start(): void {
    this.#wake();
  }

  registerEventTime(time: number): void {
    this.#timers.registerEventTime(this.#checked(time), null);
  }

  deleteEventTime(time: number): void {
    this.#timers.deleteEventTime(this.#checked(time), null);
  }

  registerProcessingTime(time: number): void {
    const checked = this.#checked(time);
    if (this.#ended) return;
    this.#timers.registerProcessingTime(checked, null);
    this.#wake();
  }

  deleteProcessingTime(time: number): void {
    this.#timers.deleteProcessingTime(this.#checked(time), null);
  }

  /** Event time has advanced: fires what is due. */
  advance(watermark: number): Progress {
    this.#pendingWatermark = this.#timers.fireEventTime(watermark, this.#mayContinue) === 'more' ? watermark : Number.NaN;
    return this.#progress();
  }

  /** Processing time has advanced: fires what is due. */
  processingTime(now: number): Progress {
    this.#pendingNow = this.#timers.fireProcessingTime(now, this.#mayContinue) === 'more' ? now : Number.NaN;
    if (this.#pendingNow !== this.#pendingNow) this.#wake();
    return this.#progress();
  }

  /** Goes on with whatever was due and has not fired yet. */
  resume(): Progress {
    if (this.#pendingWatermark === this.#pendingWatermark && this.advance(this.#pendingWatermark) === 'more') return 'more';
    if (this.#pendingNow === this.#pendingNow) return this.processingTime(this.#pendingNow);
    return 'done';
  }

  /** The input has ended: fires or drops the processing-time timers that are left. */
  finish(firePending: boolean): Progress {
    const pending = this.#timers.processingTimeCount;
    this.#ended = true;
    if (pending === 0) return 'done';
    if (firePending) return this.processingTime(Number.POSITIVE_INFINITY);
    this.#context.logger.warn('processing-time timers were pending at the end of the input and are dropped', {
      operator: this.#context.info.name,
      subtask: this.#context.info.subtask,
      pending,
    });
    return 'done';
  }

  #progress(): Progress {
    return this.#pendingWatermark === this.#pendingWatermark || this.#pendingNow === this.#pendingNow ? 'more' : 'done';
  }

  #wake(): void {
    if (!this.#ended) this.#context.time.wakeAt(this.#timers.nextProcessingTime);
  }

  #checked(time: unknown): number {
    if (typeof time === 'number' && Number.isFinite(time)) return Math.floor(time);
    const { info } = this.#context;
    throw TimerTimeInvalid.error({
      what: `"${info.name}" was to set or delete a timer at ${excerpt(time)}${typeof time === 'number' ? '' : `, a ${typeof time}`}`,
      where: placeOf(info),
    });
  }
}
