import type { Clock } from '../base/platform.js';
import type { SubtaskCheckpointMetrics } from '../checkpoint/checkpoint-stats.js';
import type { BarrierElement } from '../record/element.js';

/** Follows one subtask through a checkpoint at a time. */
export class CheckpointTiming {
  readonly #clock: Clock;
  #checkpointId: number;
  #startDelayMs: number;
  #firstBarrierAt: number;
  #alignmentMs: number;
  #syncBegan: number;
  #syncEnded: number;
  #longestSliceMs: number;
  #aligning: boolean;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#checkpointId = -1;
    this.#startDelayMs = 0;
    this.#firstBarrierAt = 0.5;
    this.#alignmentMs = 0;
    this.#syncBegan = 0.5;
    this.#syncEnded = 0.5;
    this.#longestSliceMs = 0.5;
    this.#aligning = false;
  }

  /** Of the newest checkpoint, in milliseconds. */
  get startDelayMs(): number {
    return this.#startDelayMs;
  }

  /** Of the newest alignment, or how long the one under way has taken so far, in milliseconds. */
  get alignmentMs(): number {
    return this.#aligning ? this.#clock.monotonicMs() - this.#firstBarrierAt : this.#alignmentMs;
  }

  /** A barrier has come on one of the channels; counts when it is the first of its checkpoint. */
  barrierSeen(barrier: BarrierElement): void {
    if (barrier.checkpointId <= this.#checkpointId) return;
    this.#checkpointId = barrier.checkpointId;
    this.#firstBarrierAt = this.#clock.monotonicMs();
    this.#startDelayMs = Math.max(0, this.#clock.now() - barrier.timestamp);
    this.#aligning = true;
  }

  /** The barrier has come on all channels and the snapshot begins. */
  syncBegins(barrier: BarrierElement): void {
    this.barrierSeen(barrier);
    this.#syncBegan = this.#clock.monotonicMs();
    this.#alignmentMs = this.#syncBegan - this.#firstBarrierAt;
    this.#aligning = false;
    this.#longestSliceMs = 0;
  }

  syncEnds(): void {
    this.#syncEnded = this.#clock.monotonicMs();
  }

  /** A slice of the snapshot has taken so long. */
  tookSlice(milliseconds: number): void {
    if (milliseconds > this.#longestSliceMs) this.#longestSliceMs = milliseconds;
  }

  /** The checkpoint was given up. */
  abandoned(): void {
    this.#aligning = false;
  }

  /** The snapshot is complete. */
  done(bytes: number): SubtaskCheckpointMetrics {
    return {
      startDelayMs: this.#startDelayMs,
      alignmentMs: this.#alignmentMs,
      syncMs: this.#syncEnded - this.#syncBegan,
      asyncMs: this.#clock.monotonicMs() - this.#syncEnded,
      longestSliceMs: this.#longestSliceMs,
      bytes,
    };
  }
}
