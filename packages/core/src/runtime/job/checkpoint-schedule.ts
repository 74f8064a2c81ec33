import type { Logger } from '../../base/logger.js';
import type { Platform, TimerHandle } from '../../base/platform.js';
import { CheckpointIntervalShort } from '../errors.js';
import type { CheckpointCoordinator } from './checkpoint-coordinator.js';
import { UNHEALTHY_AFTER } from './checkpoint-statistics.js';

/** When checkpoints are taken by themselves. */
export interface CheckpointTimes {
  /** Time between the starts of two checkpoints; undefined: only when asked for. */
  readonly intervalMs: number | undefined;
  /** At least so long after the end of one begins the next, whatever the interval says. */
  readonly minPauseMs: number;
  /** A checkpoint or savepoint that takes longer is given up. */
  readonly timeoutMs: number;
}

/**
 * Takes a checkpoint at every interval, one at a time: when one takes longer than the interval, the next begins after it,
 * and a warning says so with the figures. Failed ones do not fail the job; several in a row are reported (rule 43).
 */
export class CheckpointSchedule {
  readonly #platform: Platform;
  readonly #logger: Logger;
  readonly #coordinator: CheckpointCoordinator;
  readonly #times: CheckpointTimes;
  #timer: TimerHandle | undefined;
  #failures: number;
  #stopped: boolean;
  /** The duration that the last warning of a short interval told; the next comes when it has doubled. */
  #warnedOfMs: number;

  constructor(platform: Platform, logger: Logger, coordinator: CheckpointCoordinator, times: CheckpointTimes) {
    this.#platform = platform;
    this.#logger = logger;
    this.#coordinator = coordinator;
    this.#times = times;
    this.#timer = undefined;
    this.#failures = 0;
    this.#stopped = false;
    this.#warnedOfMs = 0;
  }

  start(): void {
    const { intervalMs } = this.#times;
    if (intervalMs !== undefined) this.#after(intervalMs, intervalMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #after(delayMs: number, intervalMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#platform.timers.setTimer(delayMs, () => this.#take(intervalMs), { keepsAlive: false });
  }

  #take(intervalMs: number): void {
    if (this.#coordinator.isBusy) {
      // Somebody asked for one, or for a savepoint.
      this.#after(Math.max(intervalMs, this.#times.minPauseMs), intervalMs);
      return;
    }
    const { clock } = this.#platform;
    const begin = clock.monotonicMs();
    const taken = (error: unknown): void => {
      const tookMs = clock.monotonicMs() - begin;
      this.#taken(error, tookMs, intervalMs);
      this.#after(Math.max(intervalMs - tookMs, this.#times.minPauseMs, 0), intervalMs);
    };
    this.#coordinator.trigger().then(() => taken(undefined), taken);
  }

  #taken(error: unknown, tookMs: number, intervalMs: number): void {
    if (this.#stopped) return;
    if (error === undefined) {
      this.#failures = 0;
      this.#warnOfInterval(tookMs, intervalMs);
      return;
    }
    this.#failures++;
    this.#logger.warn('a checkpoint has failed', { error: String(error), inARow: this.#failures });
    if (this.#failures === UNHEALTHY_AFTER) this.#logger.error('checkpoints keep failing: a failure now would go back far', { inARow: this.#failures });
  }

  #warnOfInterval(tookMs: number, intervalMs: number): void {
    if (tookMs <= intervalMs || tookMs < 2 * this.#warnedOfMs) return;
    this.#warnedOfMs = tookMs;
    const { minPauseMs } = this.#times;
    const { code, title, what } = CheckpointIntervalShort.error({ what: `a checkpoint took ${Math.round(tookMs)} ms and the interval is ${intervalMs} ms; the next begins ${minPauseMs} ms after it` });
    this.#logger.warn(`${code} ${title}: ${what}`, { tookMs: Math.round(tookMs), intervalMs, minPauseMs });
  }
}
