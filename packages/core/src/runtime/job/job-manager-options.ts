import type { Logger } from '../../base/logger.js';
import type { Platform } from '../../base/platform.js';
import type { RestoreAdjustments } from '../../checkpoint/adjust-restored.js';
import type { CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { Savepoints } from '../../checkpoint/savepoint.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { TaskSettings } from '../../task/ports.js';
import type { CheckpointMode } from './checkpoint-coordinator.js';
import type { CheckpointTimes } from './checkpoint-schedule.js';
import type { JobListeners } from './job-listeners.js';
import type { RestartStrategy } from './restart-strategy.js';
import type { WatchdogOptions } from './watchdog.js';

/** What a job is started with. */
export interface JobManagerOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly settings: TaskSettings;
  /** Turns checkpoints on. */
  readonly checkpoints: JobCheckpointOptions | undefined;
  /** Uids whose restored state may be dropped. */
  readonly dropState: readonly string[];
  /** How restored state is fitted to this version of the job. */
  readonly adjustments: RestoreAdjustments;
  readonly watchdog: WatchdogOptions;
  /** What starts again. */
  readonly failover: 'full' | 'region';
  /** When a failed job starts again. */
  readonly restart: RestartStrategy;
  /** The options that differ from their defaults, for `describe`. */
  readonly shownOptions: Readonly<Record<string, unknown>>;
  /** Who wants to hear how the job fares. */
  readonly listeners: JobListeners;
  print(text: string, row: unknown): void;
  emitRow(channel: string, row: unknown): void;
  /** Settles when everything printed has left the process. */
  flush(): Promise<void>;
}

/** Where a job's checkpoints go and what it starts from. */
export interface JobCheckpointOptions extends CheckpointTimes {
  readonly store: CheckpointStore;
  /** Where savepoints go; none can be taken without. */
  readonly savepoints?: Savepoints | undefined;
  /** Whether channels wait for the barriers of the others. */
  readonly mode: CheckpointMode;
  /** The newest checkpoint of the store, none, or what the function gives. */
  readonly resume: 'latest' | 'none' | (() => Promise<CompletedCheckpoint>);
}
