import type { Logger } from '../../base/logger.js';
import type { MetricsReport } from '../../base/metric-reading.js';
import type { Platform, TimerHandle } from '../../base/platform.js';
import type { CheckpointStats } from '../../checkpoint/checkpoint-stats.js';

/** Who wants to hear how a job fares. */
export interface JobListeners {
  readonly onMetrics: ((report: MetricsReport) => void) | undefined;
  readonly onCheckpoint: ((stats: CheckpointStats) => void) | undefined;
  /** Time between two calls of `onMetrics`. */
  readonly metricsIntervalMs: number;
}

/** Tells the listeners of a job. One that throws is the reason of a warning, and of nothing else. */
export class JobTeller {
  readonly #platform: Platform;
  readonly #logger: Logger;
  readonly #listeners: JobListeners;
  readonly #read: () => MetricsReport;
  #timer: TimerHandle | undefined;
  #ended: boolean;

  constructor({ platform, logger, listeners }: { readonly platform: Platform; readonly logger: Logger; readonly listeners: JobListeners }, read: () => MetricsReport) {
    this.#platform = platform;
    this.#logger = logger;
    this.#listeners = listeners;
    this.#read = read;
    this.#timer = undefined;
    this.#ended = false;
    if (listeners.onMetrics !== undefined) this.#wait();
  }

  checkpoint(stats: CheckpointStats): void {
    this.#call('onCheckpoint', () => this.#listeners.onCheckpoint?.(stats));
  }

  /** The job has ended: tells the metrics for the last time. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#tell();
  }

  #wait(): void {
    this.#timer = this.#platform.timers.setTimer(
      this.#listeners.metricsIntervalMs,
      () => {
        this.#tell();
        if (!this.#ended) this.#wait();
      },
      { keepsAlive: false },
    );
  }

  #tell(): void {
    const { onMetrics } = this.#listeners;
    if (onMetrics !== undefined) this.#call('onMetrics', () => onMetrics(this.#read()));
  }

  #call(name: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.warn(`the function given as ${name} has thrown`, { error });
    }
  }
}
