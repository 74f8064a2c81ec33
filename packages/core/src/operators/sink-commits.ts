import type { ReachPoints } from '../base/reach-points.js';
import type { Clock, TimerHandle, Timers } from '../base/platform.js';
import type { CommitContext, Committer } from '../connector/sink.js';
import { CommitFailed } from './errors.js';
import type { Mailbox, OperatorInfo } from './operator-context.js';
import { placeOf } from './user-failure.js';

/** What was handed out for one checkpoint and is not committed yet. */
export interface PendingCommit {
  readonly checkpointId: number;
  readonly committable: unknown;
}

/** Attempts of one commit before the job fails. */
const COMMIT_ATTEMPTS = 6;
/** The wait after the first failed attempt; doubled after each further one. */
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;

/** The parts of the platform that committing needs. */
export interface CommitPlatform {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly points: ReachPoints;
}

/**
 * Commits what a sink has handed out: one call at a time, in the order of the checkpoints, with retries. What is not
 * committed stays in {@link SinkCommits.pending}, which is what the checkpoint keeps.
 */
export class SinkCommits {
  readonly #committer: Committer<unknown>;
  readonly #platform: CommitPlatform;
  readonly #mailbox: Mailbox;
  readonly #info: OperatorInfo;
  readonly #epoch: number;
  #pending: PendingCommit[];
  /** Everything up to this checkpoint may be committed. */
  #completed: number;
  #endOfInput: boolean;
  #inFlight: boolean;
  #retry: TimerHandle | undefined;
  #closed: boolean;
  #whenIdle: (() => void) | undefined;

  constructor(committer: Committer<unknown>, platform: CommitPlatform, mailbox: Mailbox, info: OperatorInfo, epoch: number) {
    this.#committer = committer;
    this.#platform = platform;
    this.#mailbox = mailbox;
    this.#info = info;
    this.#epoch = epoch;
    this.#pending = [];
    this.#completed = Number.NEGATIVE_INFINITY;
    this.#endOfInput = false;
    this.#inFlight = false;
    this.#retry = undefined;
    this.#closed = false;
    this.#whenIdle = undefined;
  }

  /** What is handed out and not committed. */
  get pending(): readonly PendingCommit[] {
    return this.#pending;
  }

  /** Commits what a restored checkpoint left. Resolves when that is done. */
  async recover(restored: readonly PendingCommit[]): Promise<void> {
    if (restored.length === 0) return;
    await this.#commitWithRetries(
      restored.map(({ committable }) => committable),
      { epoch: this.#epoch, recovered: true, endOfInput: false },
    );
  }

  /** True when nothing that may be committed is left or in flight. */
  get isIdle(): boolean {
    return !this.#inFlight && this.#pending.every(({ checkpointId }) => checkpointId > this.#completed);
  }

  /** Something was handed out for a checkpoint. */
  add(checkpointId: number, committables: readonly unknown[]): void {
    for (const committable of committables) this.#pending.push({ checkpointId, committable });
  }

  /** Checkpoint `checkpointId` is complete: everything up to it is committed. May be repeated and may skip some. */
  complete(checkpointId: number, endOfInput: boolean): void {
    if (checkpointId > this.#completed) this.#completed = checkpointId;
    if (endOfInput) this.#endOfInput = true;
    this.#next();
  }

  /** Calls back once, in the subtask's thread, when nothing that may be committed is left. */
  whenIdle(callback: () => void): void {
    this.#whenIdle = callback;
    this.#next();
  }

  /** Stops committing. What is in flight goes on, but its end is not waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.#committer.close?.();
  }

  #next(): void {
    if (this.#inFlight || this.#closed) return;
    const due = this.#pending.filter(({ checkpointId }) => checkpointId <= this.#completed);
    if (due.length === 0) {
      const callback = this.#whenIdle;
      this.#whenIdle = undefined;
      callback?.();
      return;
    }
    this.#inFlight = true;
    const context: CommitContext = { epoch: this.#epoch, recovered: false, endOfInput: this.#endOfInput };
    const committables = due.map(({ committable }) => committable);
    this.#commitWithRetries(committables, context).then(
      () =>
        this.#mailbox.post(() => {
          const done = new Set(due);
          this.#pending = this.#pending.filter((pending) => !done.has(pending));
          this.#inFlight = false;
          if (this.isIdle) this.#platform.points.reach('before-commit-recorded');
          this.#next();
        }),
      (error: unknown) =>
        this.#mailbox.post(() => {
          throw error;
        }),
    );
  }

  async #commitWithRetries(committables: readonly unknown[], context: CommitContext): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#committer.commit(committables, context);
        break;
      } catch (error) {
        if (attempt === COMMIT_ATTEMPTS || this.#closed) {
          throw CommitFailed.error({
            what: `the sink "${this.#info.name}" could not commit ${committables.length} parts in ${attempt} attempts: ${error instanceof Error ? error.message : String(error)}`,
            where: placeOf(this.#info),
            cause: error,
          });
        }
        await this.#wait(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1)));
      }
    }
    this.#platform.points.reach('after-commit');
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#retry = this.#platform.timers.setTimer(delayMs, resolve, { keepsAlive: true });
    });
  }
}
