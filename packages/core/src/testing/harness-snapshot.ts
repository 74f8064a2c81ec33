import { assert } from '../base/assert.js';
import type { SnapshotRun } from '../state/backend.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import type { ChainNode } from '../task/chain-node.js';

/** A snapshot of the operators of one harness. */
export interface HarnessSnapshot {
  readonly checkpointId: number;
  /** By place in the chain. */
  readonly operators: readonly HarnessOperatorSnapshot[];
}

/** One operator's part of a snapshot. */
export interface HarnessOperatorSnapshot {
  /** Its state, or undefined when it keeps none. */
  readonly state: OperatorSnapshot | undefined;
  /** The watermark it worked with. */
  readonly watermark: number;
}

/** How much time one slice of a snapshot is given: as good as none, so that slices are as small as they can be. */
const SLICE_MS = 0.001;

/** A snapshot being written while the operators go on. */
export class HarnessSnapshotRun {
  readonly #checkpointId: number;
  readonly #watermarks: readonly number[];
  readonly #runs: readonly (SnapshotRun | undefined)[];
  #current: number;

  constructor(checkpointId: number, nodes: readonly ChainNode[]) {
    this.#checkpointId = checkpointId;
    this.#watermarks = nodes.map((node) => (node.operator.ownsWatermarks === true ? node.emittedWatermark : node.watermark));
    this.#runs = nodes.map((node) => node.backend?.beginSnapshot(checkpointId));
    this.#current = 0;
  }

  /** Writes a small slice and says whether there is more. */
  advance(): 'done' | 'more' {
    while (this.#current < this.#runs.length) {
      const run = this.#runs[this.#current];
      if (run !== undefined && run.advance(SLICE_MS) === 'more') return 'more';
      this.#current++;
    }
    return 'done';
  }

  /** Writes the rest and gives the snapshot. */
  finish(): HarnessSnapshot {
    while (this.advance() === 'more');
    assert(this.#current === this.#runs.length, 'a finished snapshot has all its parts');
    return {
      checkpointId: this.#checkpointId,
      operators: this.#runs.map((run, index) => ({ state: run?.result(), watermark: this.#watermarks[index]! })),
    };
  }

  /** Gives the snapshot up. */
  cancel(): void {
    for (const run of this.#runs) run?.cancel();
  }
}

/** The watermark that an operator goes on with: the lowest of the instances it takes over. */
export function watermarkOfRestored(snapshots: readonly HarnessSnapshot[] | undefined, index: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const snapshot of snapshots ?? []) lowest = Math.min(lowest, snapshot.operators[index]?.watermark ?? Number.NEGATIVE_INFINITY);
  return snapshots === undefined || snapshots.length === 0 ? Number.NEGATIVE_INFINITY : lowest;
}
