import type { Logger } from '../../base/logger.js';
import type { Platform, TimerHandle } from '../../base/platform.js';
import type { CheckpointCoordinator } from './checkpoint-coordinator.js';

/** When checkpoints are taken by themselves. */
export interface CheckpointTimes {
  /** Time between the starts of two checkpoints; undefined: only when asked for. */
  readonly intervalMs: number | undefined;
  /** The least time between the end of one and the start of the next. */
  readonly minPauseMs: number;
  /** A checkpoint that takes longer is given up. */
  readonly timeoutMs: number;
}

/** So many failed checkpoints in a row are worth a warning that says so. */
const UNHEALTHY_AFTER = 3;

/**
 * Takes a checkpoint at every interval. One that takes too long is given up, which does not fail the job; several failed
 * ones in a row are reported (rule 43).
 */
export class CheckpointSchedule {
  readonly #platform: Platform;
  readonly #logger: Logger;
  readonly #coordinator: CheckpointCoordinator;
  readonly #times: CheckpointTimes;
  #timer: TimerHandle | undefined;
  #timeout: TimerHandle | undefined;
  #failures: number;
  /** When the last one came to its end, in monotonic milliseconds. */
  #endedAt: number;
  #stopped: boolean;

  constructor(platform: Platform, logger: Logger, coordinator: CheckpointCoordinator, times: CheckpointTimes) {
    this.#platform = platform;
    this.#logger = logger;
    this.#coordinator = coordinator;
    this.#times = times;
    this.#timer = undefined;
    this.#timeout = undefined;
    this.#failures = 0;
    this.#endedAt = Number.NEGATIVE_INFINITY;
    this.#stopped = false;
  }

  start(): void {
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timeout?.cancel();
  }

  #next(): void {
    if (this.#times.intervalMs !== undefined) this.#wait(this.#times.intervalMs);
  }

  #wait(ms: number): void {
    if (this.#stopped) return;
    this.#timer = this.#platform.timers.setTimer(ms, () => this.#take(), { keepsAlive: false });
  }

  #take(): void {
    if (this.#coordinator.isBusy) {
      this.#next();
      return;
    }
    const pauseLeftMs = this.#endedAt + this.#times.minPauseMs - this.#platform.clock.monotonicMs();
    if (pauseLeftMs > 0) {
      this.#wait(pauseLeftMs);
      return;
    }
    this.#timeout = this.#platform.timers.setTimer(this.#times.timeoutMs, () => this.#coordinator.giveUp(`it took longer than ${this.#times.timeoutMs} ms`), { keepsAlive: false });
    this.#coordinator.trigger().then(
      () => this.#taken(undefined),
      (error: unknown) => this.#taken(error),
    );
    this.#next();
  }

  #taken(error: unknown): void {
    this.#timeout?.cancel();
    this.#endedAt = this.#platform.clock.monotonicMs();
    if (error === undefined) {
      this.#failures = 0;
      return;
    }
    if (this.#stopped) return;
    this.#failures++;
    this.#logger.warn('a checkpoint has failed', { error: String(error), inARow: this.#failures });
    if (this.#failures === UNHEALTHY_AFTER) this.#logger.error('checkpoints keep failing: a failure now would go back far', { inARow: this.#failures });
  }
}
