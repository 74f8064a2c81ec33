import type { Logger } from '../../base/logger.js';
import { adjustRestored, type RestoreAdjustments } from '../../checkpoint/adjust-restored.js';
import type { CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { AttemptStart } from './job-attempt.js';

/** What a run begins with. */
export interface RecoveryOptions {
  readonly store: CheckpointStore;
  /** The newest checkpoint of the store, none, or what the function gives. */
  readonly resume: 'latest' | 'none' | (() => Promise<CompletedCheckpoint>);
  /** How the checkpoint that the run begins with is fitted to this version of the job. Its own ones fit. */
  readonly adjustments: RestoreAdjustments;
  /** Whether all sources of the job end by themselves. */
  readonly endsByItself: boolean;
  readonly logger: Logger;
}

const EVENT_TIME_IS_OVER = 'Records that have come since are late, for all windows have fired. To let event time start anew: resetWatermarks (--reset-watermarks)';

/** What the log says when a run goes on from a checkpoint behind which there was nothing, and how to mend it. */
const AFTER_THE_END = {
  unbounded: `the checkpoint was taken when all input had ended. ${EVENT_TIME_IS_OVER}`,
  bounded: `the checkpoint was taken when all input had been read to its end: what was read is not read again, so there may be nothing left to read. To begin with the first record: resume 'none' (--resume none). ${EVENT_TIME_IS_OVER}`,
} as const;

/**
 * The claim of one run on its store, and what each of its attempts goes on from: the newest complete checkpoint of this
 * run; before there is one, what the run itself began with. A run that was told to begin afresh never goes on from an
 * older run's checkpoint, not even after a failure. Without a store every attempt begins at the start.
 */
export class JobRecovery {
  readonly #options: RecoveryOptions | undefined;
  #epoch: number;
  /** The highest id that was ever given out. */
  #lastId: number;
  /** The newest checkpoint of this run in the store. */
  #ownId: number | undefined;
  /** What the run began with. */
  #originId: number | undefined;
  /** Checkpoints up to this id were there before the run. */
  #olderIds: number;

  constructor(options: RecoveryOptions | undefined) {
    this.#options = options;
    this.#epoch = 1;
    this.#lastId = 0;
    this.#ownId = undefined;
    this.#originId = undefined;
    this.#olderIds = 0;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The checkpoint that the next attempt goes on from; undefined: the start. */
  get target(): number | undefined {
    return this.#ownId ?? this.#originId;
  }

  /** Claims the store and gives what the first attempt goes on from. */
  async open(): Promise<AttemptStart> {
    const options = this.#options;
    if (options === undefined) return this.#startFrom(undefined);
    this.#epoch = await options.store.open();
    const restore = await this.#origin(options);
    this.#originId = restore?.checkpointId;
    if (restore !== undefined) {
      options.logger.info('the job goes on from a checkpoint', { checkpoint: restore.checkpointId, run: this.#epoch });
      if (hasEnded(restore)) options.logger.warn(options.endsByItself ? AFTER_THE_END.bounded : AFTER_THE_END.unbounded);
    }
    // Above damaged ones too: to whoever restarts, what has a higher number is newer.
    const floor = Math.max(restore?.checkpointId ?? 0, (await options.store.lastCommittingId?.()) ?? 0);
    this.#lastId = (await options.store.list()).reduce((last, stored) => Math.max(last, stored.checkpointId), floor);
    this.#olderIds = this.#lastId;
    return this.#startFrom(restore);
  }

  /** An attempt has ended that gave out ids up to `lastId` and left `storedId` in the store as its newest. */
  attemptEnded({ lastId, storedId }: { readonly lastId: number; readonly storedId: number | undefined }): void {
    this.#lastId = Math.max(this.#lastId, lastId);
    this.#ownId = storedId ?? this.#ownId;
  }

  /** Reads and verifies what the next attempt goes on from. Rejects by code when another run owns the store by now. */
  async again(): Promise<AttemptStart> {
    const options = this.#options;
    if (options === undefined) return this.#startFrom(undefined);
    options.store.assertCurrent?.();
    const newest = this.#ownId === undefined ? undefined : await options.store.newest();
    // A damaged one is passed over, perhaps for one of an older run: then this run begins again as it began.
    if (newest !== undefined && newest.checkpointId > this.#olderIds) return this.#startFrom(newest);
    return this.#startFrom(await this.#origin(options));
  }

  /** Ends the claim. */
  async close(): Promise<void> {
    await this.#options?.store.close();
  }

  async #origin({ store, resume, adjustments }: RecoveryOptions): Promise<CompletedCheckpoint | undefined> {
    const found = resume === 'latest' ? await store.newest() : resume === 'none' ? undefined : await resume();
    return found === undefined ? undefined : adjustRestored(found, adjustments);
  }

  #startFrom(restore: CompletedCheckpoint | undefined): AttemptStart {
    return { epoch: this.#epoch, restore, lastCheckpointId: this.#lastId };
  }
}

/** True when event time had come to its end: the final watermark has passed all operators. */
function hasEnded(checkpoint: CompletedCheckpoint): boolean {
  for (const snapshots of checkpoint.operators.values()) {
    if (snapshots.some((snapshot) => snapshot.watermark === Number.POSITIVE_INFINITY)) return true;
  }
  return false;
}
