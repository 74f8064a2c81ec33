import type { PollResult, Split } from '../connector/source.js';
import type { Operator } from './operator.js';

/** Tells the source's loop over a batch to stop: a field read after each record. */
export interface StopSignal {
  /** True when no further record may enter the chain. */
  readonly stopped: boolean;
  /** True while the turn's time lasts; looked at every 64 records, or 256 of a source whose records are fast. */
  hasTime(): boolean;
}

/**
 * The contract between a source subtask and its source operator (`source.ts`): an operator without inputs that heads its
 * chain. The subtask calls `poll` when no batch is under way, then `run` until the batch is through. Snapshots are taken
 * only between batches.
 */
export interface SourceHead extends Operator {
  /** Records handed into the chain so far. */
  recordsIn: number;
  /** True between a `poll` that brought records and the `run` that finished them. */
  readonly hasPartialBatch: boolean;
  /** True when other readers take over what this one does not read. */
  readonly sharesWork: boolean;
  /** New splits from the enumerator. */
  addSplits(splits: readonly Split[]): void;
  /** Splits as `snapshotSplits` gave them, from a checkpoint. Called after `open`, before the first poll. */
  restoreSplits(splits: readonly unknown[]): void;
  noMoreSplits(): void;
  /** Fills the batch. 'end' also when the source was stopped. */
  poll(): PollResult;
  /**
   * Pushes the records of the batch into the chain, each with its timestamp, and gives its split's generator the event;
   * stops when told. True when the batch is through; then the chance to emit a watermark has been taken.
   */
  run(stop: StopSignal): boolean;
  /** No records are taken until the next `poll`, though there may be some: no silence is counted meanwhile (rule 21). */
  heldBack(): void;
  /** Resolves when `poll` is worth calling again. */
  available(): Promise<void>;
  /**
   * Ends reading where it is: the next poll says 'end'. The final watermark (+Infinity) is emitted by `end` only, so a
   * stopped source leaves event time where it is.
   */
  stop(): void;
  /** The input is exhausted (not stopped): emits the last periodic watermark and then +Infinity (rules 18, 27). */
  end(): void;
  /** The splits with positions and watermarks, as plain data the dynamic codec can carry. */
  snapshotSplits(checkpointId: number): readonly unknown[];
  /** Pauses or resumes by the group's watermark (rule 23); called when the coordinator knows a new one. */
  alignTo(maxAllowedWatermark: number): void;
  /** The place of the record under way, for errors. */
  currentPlace(): { readonly source: string; readonly split?: string; readonly offset?: number };
}

