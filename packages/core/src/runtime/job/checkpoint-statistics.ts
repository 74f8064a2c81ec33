import type { StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { CheckpointsDescription, CompletedCheckpointDescription } from './job-description.js';

/** Counts the checkpoints of a run over all its attempts. Times are epoch milliseconds. */
export class CheckpointStatistics {
  #triggered: number;
  #completed: number;
  #failed: number;
  #last: CompletedCheckpointDescription | undefined;
  #lastFailure: CheckpointsDescription['lastFailure'];
  #inProgress: CheckpointsDescription['inProgress'];

  constructor() {
    this.#triggered = 0;
    this.#completed = 0;
    this.#failed = 0;
    this.#last = undefined;
    this.#lastFailure = undefined;
    this.#inProgress = undefined;
  }

  /** How many have become complete. */
  get completedCount(): number {
    return this.#completed;
  }

  triggered(checkpointId: number, now: number): void {
    this.#triggered++;
    this.#inProgress = { checkpointId, since: now, acknowledged: 0 };
  }

  acknowledged(): void {
    const current = this.#inProgress;
    if (current !== undefined) this.#inProgress = { ...current, acknowledged: current.acknowledged + 1 };
  }

  completed({ checkpointId, bytes, newBytes }: StoredCheckpoint, now: number): void {
    this.#completed++;
    this.#last = { checkpointId, at: now, durationMs: now - (this.#inProgress?.since ?? now), bytes, newBytes };
    this.#inProgress = undefined;
  }

  failed(error: unknown, now: number): void {
    this.#failed++;
    this.#lastFailure = { at: now, message: error instanceof Error ? error.message : String(error) };
    this.#inProgress = undefined;
  }

  describe(): CheckpointsDescription {
    return { triggered: this.#triggered, completed: this.#completed, failed: this.#failed, last: this.#last, lastFailure: this.#lastFailure, inProgress: this.#inProgress };
  }
}
