import { MillraceError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { Platform } from '../../base/platform.js';
import type { SourceCheckpoint, SourceKnowledge } from '../../checkpoint/completed-checkpoint.js';
import type { EnumeratorContext, Source, Split, SplitEnumerator } from '../../connector/source.js';
import { SourceCoordinatorFailed } from '../errors.js';

/** The readers a coordinator deals splits to. */
export interface SplitReceivers {
  readonly parallelism: number;
  /** New splits for a subtask. */
  assign(subtask: number, splits: readonly Split[]): void;
  /** Splits that a checkpoint held, in the form the source operator gave them. */
  restore(subtask: number, splits: readonly unknown[]): void;
  noMoreSplits(subtask: number): void;
}

/** Where a coordinator works. */
export interface SourceCoordinatorContext {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly job: string;
  readonly operator: string;
  /** The type of the source's node. */
  readonly type: string;
  readonly receivers: SplitReceivers;
  fail(error: unknown): void;
}

/** Runs the enumerator of one source and deals its splits out to the readers. */
export class SourceCoordinator {
  readonly #context: SourceCoordinatorContext;
  readonly #enumerator: SplitEnumerator<Split>;
  #closed: boolean;

  constructor(source: Source<unknown>, context: SourceCoordinatorContext, restored: SourceCheckpoint | undefined) {
    this.#context = context;
    this.#closed = false;
    const { receivers } = context;
    const enumeratorContext: EnumeratorContext<Split> = {
      platform: context.platform,
      logger: context.logger,
      signal: context.signal,
      parallelism: receivers.parallelism,
      assign: (subtask, splits) => receivers.assign(subtask, splits),
      noMoreSplits: (subtask) => receivers.noMoreSplits(subtask),
      fail: (error) => context.fail(this.#wrap(error)),
    };
    this.#enumerator = this.#guard(() => source.createEnumerator(enumeratorContext, restored?.enumerator));
    if (restored !== undefined) this.#deal(restored.splits);
  }

  /** Finds and deals the first splits. Records flow only when it has resolved. */
  async start(): Promise<void> {
    try {
      await this.#enumerator.start();
    } catch (error) {
      throw this.#wrap(error);
    }
    for (let subtask = 0; subtask < this.#context.receivers.parallelism; subtask++) this.splitRequested(subtask, []);
  }

  splitRequested(subtask: number, finished: readonly string[]): void {
    if (this.#closed) return;
    try {
      this.#enumerator.splitRequested(subtask, finished);
    } catch (error) {
      this.#context.fail(this.#wrap(error));
    }
  }

  snapshot(checkpointId: number): SourceKnowledge {
    return { type: this.#context.type, enumerator: this.#guard(() => this.#enumerator.snapshot(checkpointId)) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#enumerator.close();
  }

  /** Restored splits go round the readers, whatever the parallelism was. */
  #deal(splits: readonly unknown[]): void {
    const { receivers } = this.#context;
    const hands = Array.from({ length: receivers.parallelism }, (): unknown[] => []);
    splits.forEach((split, index) => (hands[index % hands.length] as unknown[]).push(split));
    hands.forEach((hand, subtask) => {
      if (hand.length > 0) receivers.restore(subtask, hand);
    });
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.#wrap(error);
    }
  }

  #wrap(error: unknown): unknown {
    const where = { job: this.#context.job, operator: this.#context.operator };
    if (error instanceof MillraceError) return error.located(where);
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return SourceCoordinatorFailed.error({ what: `source "${this.#context.operator}": ${reason}`, where, cause: error });
  }
}
