import type { ReachPoints } from '../../base/reach-points.js';
import type { CheckpointStore, StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint, SourceCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { initialProtocol, protocolStep, type ProtocolEvent, type ProtocolState } from '../../checkpoint/protocol.js';
import type { BarrierElement, BarrierOptions } from '../../record/element.js';
import type { OperatorSnapshot } from '../../state/operator-snapshot.js';
import type { SubtaskSnapshot } from '../../task/ports.js';
import { CheckpointNotPossible } from '../errors.js';
import type { CheckpointStatistics } from './checkpoint-statistics.js';
import { isFencedOff } from './restart-helps.js';

/** Exactly-once: channels wait for the barriers of the others. At-least-once: they do not. */
export type CheckpointMode = BarrierOptions['alignment'];

/** What the coordinator acts on. */
export interface CheckpointParticipants {
  readonly job: string;
  readonly subtasks: number;
  readonly fingerprint: string;
  readonly store: CheckpointStore;
  /** Told at the moments at which tests let a run crash. */
  readonly points?: ReachPoints;
  now(): number;
  /** Fixes what the enumerators know, then sends the barrier to all sources; both in one go. Throws when one cannot say what it knows. */
  sendBarrier(barrier: BarrierElement): ReadonlyMap<string, unknown>;
  /** Tells every subtask that the checkpoint is complete. */
  notifyComplete(checkpointId: number): void;
  notifyAborted(checkpointId: number): void;
  /** No checkpoint will ever succeed: the job must not go on without. */
  fail(error: unknown): void;
  readonly statistics: CheckpointStatistics;
  /** Whether channels wait for the barriers of the others. */
  readonly mode: CheckpointMode;
  /** A subtask as people call it. */
  nameOf(subtask: number): string;
}

interface Waiting {
  resolve(checkpoint: StoredCheckpoint): void;
  reject(error: unknown): void;
}

/**
 * Takes checkpoints: carries out what `checkpoint/protocol.ts` decides, gathers what the subtasks hand in, and has it
 * stored. A checkpoint is complete when the store has it durably; only then do sinks commit.
 */
export class CheckpointCoordinator {
  readonly #participants: CheckpointParticipants;
  #state: ProtocolState;
  #enumerators: ReadonlyMap<string, unknown>;
  readonly #snapshots: Map<number, SubtaskSnapshot>;
  #waiting: Waiting | undefined;
  /** The checkpoint that the store is writing. The next waits for it, since its deltas build on it. */
  #storing: Promise<void> | undefined;
  #storedId: number | undefined;
  readonly #settleListeners: (() => void)[];

  constructor(participants: CheckpointParticipants, lastId: number) {
    this.#participants = participants;
    this.#state = initialProtocol(participants.subtasks, lastId);
    this.#enumerators = new Map();
    this.#snapshots = new Map();
    this.#waiting = undefined;
    this.#storing = undefined;
    this.#storedId = undefined;
    this.#settleListeners = [];
  }

  /** The highest id that was ever given out: none is used twice, not even by a later attempt. */
  get lastId(): number {
    return this.#state.nextId - 1;
  }

  /** The newest checkpoint of this coordinator that the store holds: a restart finds it there. */
  get storedId(): number | undefined {
    return this.#storedId;
  }

  /** True while a checkpoint is under way or being stored. */
  get isBusy(): boolean {
    return this.#waiting !== undefined;
  }

  /** Resolves when the checkpoint under way has come to an end, good or bad. */
  settled(): Promise<void> {
    if (this.#waiting === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#settleListeners.push(resolve));
  }

  /** Takes a checkpoint; resolves when it is stored and sinks may commit, rejects when it was refused or given up. */
  trigger(options: BarrierOptions = { alignment: this.#participants.mode }): Promise<StoredCheckpoint> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== undefined) {
        reject(CheckpointNotPossible.error({ what: 'another checkpoint is still under way' }));
        return;
      }
      this.#waiting = { resolve, reject };
      try {
        this.#handle({ kind: 'trigger', now: this.#participants.now(), options });
      } catch (error) {
        this.#participants.statistics.failed(error, this.#participants.now());
        this.#settle()?.reject(error);
        this.#participants.fail(error);
      }
    });
  }

  acknowledge(subtask: number, checkpointId: number, snapshot: SubtaskSnapshot): void {
    if (this.#state.pending?.barrier.checkpointId !== checkpointId) return;
    this.#snapshots.set(subtask, snapshot);
    this.#participants.statistics.acknowledged(this.#participants.nameOf(subtask), snapshot.metrics);
    this.#handle({ kind: 'acknowledged', checkpointId, subtask });
    if (this.#state.pending !== undefined) this.#participants.points?.reach('between-acks');
  }

  /** Gives the checkpoint under way up, e.g. because the job ends or it takes too long. One that is being stored goes on. */
  giveUp(reason: string): void {
    const pending = this.#state.pending;
    if (pending === undefined) return;
    this.#handle({ kind: 'gaveUp', checkpointId: pending.barrier.checkpointId });
    const error = CheckpointNotPossible.error({ what: `checkpoint ${pending.barrier.checkpointId} was given up: ${reason}` });
    this.#participants.statistics.failed(error, this.#participants.now());
    this.#settle()?.reject(error);
  }

  /** Resolves when nothing is being stored. */
  async idle(): Promise<void> {
    await this.#storing;
  }

  #handle(event: ProtocolEvent): void {
    const { state, commands } = protocolStep(this.#state, event);
    this.#state = state;
    for (const command of commands) {
      switch (command.kind) {
        case 'sendBarrier':
          this.#snapshots.clear();
          this.#participants.statistics.triggered(command.barrier.checkpointId, command.barrier.timestamp);
          this.#enumerators = this.#participants.sendBarrier(command.barrier);
          this.#participants.points?.reach('barrier-injected');
          break;
        case 'complete':
          this.#storing = this.#store(command.checkpointId);
          break;
        case 'abort':
          this.#participants.notifyAborted(command.checkpointId);
          break;
        case 'refuse':
          this.#settle()?.reject(CheckpointNotPossible.error({ what: command.reason }));
          break;
      }
    }
  }

  async #store(checkpointId: number): Promise<void> {
    const { job, store, fingerprint, points } = this.#participants;
    const checkpoint = gather(job, checkpointId, this.#snapshots, this.#enumerators);
    this.#snapshots.clear();
    try {
      const stored = await store.write(checkpoint, { kind: 'checkpoint', takenAt: this.#participants.now(), fingerprint });
      this.#storedId = checkpointId;
      points?.reach('before-committing-mark');
      // From here on the outside may see results of this checkpoint: no restart may go back before it.
      await store.markCommitting(checkpointId);
      points?.reach('before-notify');
      this.#participants.statistics.completed(stored, this.#participants.now());
      this.#participants.notifyComplete(checkpointId);
      this.#settle()?.resolve(stored);
    } catch (error) {
      this.#participants.statistics.failed(error, this.#participants.now());
      this.#participants.notifyAborted(checkpointId);
      this.#settle()?.reject(error);
      // Another run owns the store now: what this one still does would be done twice.
      if (isFencedOff(error)) this.#participants.fail(error);
    } finally {
      this.#storing = undefined;
    }
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    // Whoever waits sees the coordinator free, since the rest of this call has run by then.
    for (const listener of this.#settleListeners.splice(0)) listener();
    return waiting;
  }
}

function gather(
  job: string,
  checkpointId: number,
  snapshots: ReadonlyMap<number, SubtaskSnapshot>,
  enumerators: ReadonlyMap<string, unknown>,
): AcknowledgedCheckpoint {
  const parts = new Map<string, OperatorSnapshot>();
  const splits = new Map<string, unknown[]>();
  for (const [subtask, { operators, source }] of snapshots) {
    for (const operator of operators) parts.set(`${subtask}/${operator.operatorUid}`, operator);
    if (source === undefined) continue;
    const gathered = splits.get(source.uid);
    if (gathered === undefined) splits.set(source.uid, [...source.splits]);
    else gathered.push(...source.splits);
  }
  const sources = new Map<string, SourceCheckpoint>();
  for (const [uid, enumerator] of enumerators) sources.set(uid, { enumerator, splits: splits.get(uid) ?? [] });
  return { checkpointId, job, parts, sources };
}
