import type { MetricReading } from '../../base/metric-reading.js';
import type { CheckpointStats, SubtaskCheckpointMetrics } from '../../checkpoint/checkpoint-stats.js';
import type { StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { CheckpointsDescription } from './job-description.js';

/** So many failed checkpoints in a row are worth a warning that says so. */
export const UNHEALTHY_AFTER = 3;

/** The newest checkpoints that are remembered with all they have cost. */
const REMEMBERED = 10;

/** A checkpoint under way. */
interface UnderWay {
  readonly checkpointId: number;
  readonly since: number;
  readonly subtasks: ({ readonly name: string } & SubtaskCheckpointMetrics)[];
}

/** Counts the checkpoints of a run over all its attempts, and what each has cost. Times are epoch milliseconds. */
export class CheckpointStatistics {
  readonly #listener: (stats: CheckpointStats) => void;
  readonly #history: CheckpointStats[];
  #triggered: number;
  #completed: number;
  #failed: number;
  #failedInARow: number;
  #savepoints: number;
  #lastCompleted: CheckpointStats | undefined;
  #lastFailure: CheckpointsDescription['lastFailure'];
  #underWay: UnderWay | undefined;

  /** The listener is told of each checkpoint that has come to its end; it does not throw. */
  constructor(listener: (stats: CheckpointStats) => void = () => {}) {
    this.#listener = listener;
    this.#history = [];
    this.#triggered = 0;
    this.#completed = 0;
    this.#failed = 0;
    this.#failedInARow = 0;
    this.#savepoints = 0;
    this.#lastCompleted = undefined;
    this.#lastFailure = undefined;
    this.#underWay = undefined;
  }

  /** How many have become complete. */
  get completedCount(): number {
    return this.#completed;
  }

  triggered(checkpointId: number, now: number): void {
    this.#triggered++;
    this.#underWay = { checkpointId, since: now, subtasks: [] };
  }

  /** A subtask has handed in its part. */
  acknowledged(name: string, metrics: SubtaskCheckpointMetrics): void {
    this.#underWay?.subtasks.push({ name, ...metrics });
  }

  completed({ checkpointId, bytes, newBytes }: StoredCheckpoint, now: number): void {
    this.#completed++;
    this.#failedInARow = 0;
    this.#lastCompleted = this.#ended({ checkpointId, status: 'completed', bytes, newBytes }, now);
    this.#listener(this.#lastCompleted);
  }

  /** Savepoints that fail are no sign of bad health: somebody has asked for them, and is told. */
  failed(error: unknown, now: number, kind: 'checkpoint' | 'savepoint' = 'checkpoint'): void {
    if (kind === 'checkpoint') this.#failedInARow++;
    const failure = error instanceof Error ? error.message : String(error);
    this.#failed++;
    this.#lastFailure = { at: now, message: failure };
    if (this.#underWay !== undefined) this.#listener(this.#ended({ checkpointId: this.#underWay.checkpointId, status: 'failed', bytes: 0, newBytes: 0, failure }, now));
  }

  /** A savepoint is written. When the job stops with it, the run's own checkpoint of the same moment is still to come. */
  savepointTaken(isLast: boolean): void {
    this.#savepoints++;
    if (isLast) this.#underWay = undefined;
  }

  describe(): CheckpointsDescription {
    const current = this.#underWay;
    const last = this.#lastCompleted;
    return {
      triggered: this.#triggered,
      completed: this.#completed,
      failed: this.#failed,
      failedInARow: this.#failedInARow,
      isHealthy: this.#failedInARow < UNHEALTHY_AFTER,
      savepoints: this.#savepoints,
      last: last === undefined ? undefined : { checkpointId: last.checkpointId, at: last.triggeredAt + last.durationMs, durationMs: last.durationMs, bytes: last.bytes, newBytes: last.newBytes },
      lastFailure: this.#lastFailure,
      inProgress: current === undefined ? undefined : { checkpointId: current.checkpointId, since: current.since, acknowledged: current.subtasks.length },
      history: [...this.#history],
    };
  }

  /** The same as metrics, under Flink's names and in its units (milliseconds, bytes). `now` in epoch milliseconds. */
  metrics(now: number): readonly MetricReading[] {
    const last = this.#lastCompleted;
    const values: readonly (readonly [name: string, value: number | undefined])[] = [
      ['totalNumberOfCheckpoints', this.#triggered],
      ['numberOfInProgressCheckpoints', this.#underWay === undefined ? 0 : 1],
      ['numberOfCompletedCheckpoints', this.#completed],
      ['numberOfFailedCheckpoints', this.#failed],
      ['lastCheckpointDuration', last?.durationMs],
      ['lastCheckpointSize', last?.newBytes],
      ['lastCheckpointFullSize', last?.bytes],
      ['lastCheckpointAlignment', last?.alignmentMs],
      // For so long no record of some subtask was worked on.
      ['lastCheckpointLongestSlice', last?.longestSliceMs],
      ['lastCompletedCheckpointId', last?.checkpointId],
      // How far a failure now would go back (rule 43).
      ['lastCheckpointAge', last === undefined ? undefined : now - last.triggeredAt],
    ];
    return values.map(([name, value]) => ({ scope: ['job'], name, value }));
  }

  #ended(end: Pick<CheckpointStats, 'bytes' | 'checkpointId' | 'failure' | 'newBytes' | 'status'>, now: number): CheckpointStats {
    const { since, subtasks } = this.#underWay ?? { since: now, subtasks: [] };
    this.#underWay = undefined;
    const longest = (of: keyof SubtaskCheckpointMetrics): number => subtasks.reduce((most, metrics) => Math.max(most, metrics[of]), 0);
    const stats: CheckpointStats = {
      ...end,
      triggeredAt: since,
      durationMs: now - since,
      startDelayMs: longest('startDelayMs'),
      alignmentMs: longest('alignmentMs'),
      syncMs: longest('syncMs'),
      asyncMs: longest('asyncMs'),
      longestSliceMs: longest('longestSliceMs'),
      subtasks,
    };
    this.#history.push(stats);
    if (this.#history.length > REMEMBERED) this.#history.shift();
    return stats;
  }
}
