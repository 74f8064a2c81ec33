import type { Clock } from '../base/platform.js';
import type { SubtaskCheckpointMetrics } from '../checkpoint/checkpoint-stats.js';
import { blobLength } from '../state/blob-bytes.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import type { SnapshotRun } from '../state/backend.js';
import type { ChainNode } from './chain-node.js';
import type { SourceSubtaskSnapshot, SubtaskSnapshot } from './ports.js';

/**
 * The snapshot of one subtask being written: all its operators' states were fixed at the barrier, and their bytes are
 * made in slices between batches, one operator after the other.
 */
export class SubtaskSnapshotRun {
  readonly checkpointId: number;
  /** `advance` has said that it is done. */
  isWritten: boolean;
  readonly #runs: readonly SnapshotRun[];
  readonly #source: SourceSubtaskSnapshot | undefined;
  readonly #clock: Clock;
  #current: number;

  /** Fixes the contents. Called at the barrier, when nothing is under way in the chain. */
  constructor(checkpointId: number, nodes: readonly ChainNode[], source: SourceSubtaskSnapshot | undefined, clock: Clock) {
    this.checkpointId = checkpointId;
    this.isWritten = false;
    this.#source = source;
    this.#clock = clock;
    this.#runs = nodes.flatMap((node) => (node.backend === undefined ? [] : [node.backend.beginSnapshot(checkpointId)]));
    this.#current = 0;
  }

  /** Encodes for about `budgetMs`, one and a half times as long at the most, and says whether there is more. */
  advance(budgetMs: number): 'done' | 'more' {
    const latestBegin = this.#clock.monotonicMs() + budgetMs / 2;
    while (this.#current < this.#runs.length) {
      if ((this.#runs[this.#current] as SnapshotRun).advance(budgetMs) === 'more') return 'more';
      if (++this.#current < this.#runs.length && this.#clock.monotonicMs() >= latestBegin) return 'more';
    }
    this.isWritten = true;
    return 'done';
  }

  /** The result, once `advance` said done; `metrics` is asked with the bytes of all operators. */
  result(metrics: (bytes: number) => SubtaskCheckpointMetrics): SubtaskSnapshot {
    const operators: OperatorSnapshot[] = this.#runs.map((run) => run.result());
    let bytes = 0;
    for (const operator of operators) {
      bytes += operator.operatorState?.length ?? 0;
      for (const blob of operator.keyGroups) bytes += blobLength(blob);
    }
    return { operators, source: this.#source, metrics: metrics(bytes) };
  }

  cancel(): void {
    for (const run of this.#runs) run.cancel();
  }
}
