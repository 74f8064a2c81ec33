import type { ReachPoints } from '../../base/reach-points.js';
import type { CheckpointStore, StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint, SourceCheckpoint, SourceKnowledge } from '../../checkpoint/completed-checkpoint.js';
import { initialProtocol, protocolStep, type ProtocolEvent, type ProtocolState } from '../../checkpoint/protocol.js';
import type { Savepoints, SavepointTarget, StoredSavepoint } from '../../checkpoint/savepoint.js';
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
  /** Where savepoints go; undefined where none can be taken. */
  readonly savepoints?: Savepoints | undefined;
  /** Told at the moments at which tests let a run crash. */
  readonly points?: ReachPoints;
  now(): number;
  /** Fixes what the enumerators know, then sends the barrier to all sources; both in one go. Throws when one cannot say what it knows. */
  sendBarrier(barrier: BarrierElement): ReadonlyMap<string, SourceKnowledge>;
  /** Tells every subtask that the checkpoint is complete. */
  notifyComplete(checkpointId: number): void;
  notifyAborted(checkpointId: number): void;
  /** Calls back when a checkpoint has taken longer than it may; never, unless given. */
  startTimeout?(callback: (reason: string) => void): { cancel(): void };
  /** One that all subtasks have handed in is still not stored after the time that a checkpoint may take. Told again each time as much has passed. */
  storingIsLate?(checkpointId: number): void;
  /** No checkpoint will ever succeed: the job must not go on without. */
  fail(error: unknown): void;
  readonly statistics: CheckpointStatistics;
  /** Whether channels wait for the barriers of the others. */
  readonly mode: CheckpointMode;
  /** A subtask as people call it. */
  nameOf(subtask: number): string;
}

/** A savepoint that somebody asks for. */
export interface SavepointRequest {
  /** The directory in which its own one is made. */
  readonly directory: string;
  /**
   * The job goes on and commits nothing, or it stops, and what was written before is committed. In that case the run's own
   * store takes the same checkpoint too, so that it does not matter which of the two is resumed after a crash.
   */
  readonly then: 'continue' | 'stop';
  /** The final watermark was sent before. */
  readonly drained: boolean;
}

/** A checkpoint that somebody waits for. */
interface Request {
  readonly savepoint: SavepointRequest | undefined;
  /** The one at the end of the input may take as long as it needs. */
  readonly isFinal: boolean;
  resolve(stored: StoredCheckpoint | StoredSavepoint): void;
  reject(error: unknown): void;
}

/** The request under way. */
interface Current extends Request {
  readonly target: SavepointTarget | undefined;
  readonly timeout: { cancel(): void } | undefined;
}

/**
 * Takes checkpoints: carries out what `checkpoint/protocol.ts` decides, gathers what the subtasks hand in, and has it
 * stored. A checkpoint is complete when the store has it durably; only then do sinks commit.
 *
 * A savepoint goes the same way and lies elsewhere. One after which the job goes on is for the subtasks a checkpoint that
 * never became complete: deltas build on the one before, and what sinks have handed out for it is committed with the next.
 */
export class CheckpointCoordinator {
  readonly #participants: CheckpointParticipants;
  #state: ProtocolState;
  #enumerators: ReadonlyMap<string, SourceKnowledge>;
  readonly #snapshots: Map<number, SubtaskSnapshot>;
  #current: Current | undefined;
  /** Savepoints that wait until nothing is under way. */
  #queue: Request[];
  /** The checkpoint that the store is writing. The next waits for it, since its deltas build on it. */
  #storing: Promise<void> | undefined;
  #storedId: number | undefined;
  #hasStopped: boolean;
  /** By subtask: the splits of its source in that checkpoint. */
  #positions: ReadonlyMap<number, readonly unknown[]>;
  readonly #settleListeners: (() => void)[];

  constructor(participants: CheckpointParticipants, lastId: number) {
    this.#participants = participants;
    this.#state = initialProtocol(participants.subtasks, lastId);
    this.#enumerators = new Map();
    this.#snapshots = new Map();
    this.#current = undefined;
    this.#queue = [];
    this.#storing = undefined;
    this.#storedId = undefined;
    this.#hasStopped = false;
    this.#positions = new Map();
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

  /** The savepoint that the job was to stop with is complete: every subtask has ended. */
  get hasStopped(): boolean {
    return this.#hasStopped;
  }

  /** By subtask: where its source stood in the checkpoint {@link storedId}. */
  get positions(): ReadonlyMap<number, readonly unknown[]> {
    return this.#positions;
  }

  /** True while a checkpoint is under way or being stored. */
  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when the checkpoint under way has come to an end, good or bad. */
  settled(): Promise<void> {
    if (this.#current === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#settleListeners.push(resolve));
  }

  /** Takes a checkpoint; resolves when it is stored and sinks may commit, rejects when it was refused or given up. */
  trigger(): Promise<StoredCheckpoint> {
    return this.#take(undefined, false);
  }

  /** The checkpoint at the end of the input, as a savepoint too if one is asked for: then that is what it resolves with. */
  triggerFinal(savepoint: SavepointRequest | undefined): Promise<StoredCheckpoint | StoredSavepoint> {
    return this.#take(savepoint, true);
  }

  /**
   * Takes a savepoint as soon as nothing else is under way; resolves when it is durable. Rejects by code when its directory
   * cannot be made, when it is given up, and where savepoints cannot be taken; the job goes on in all cases.
   */
  savepoint(savepoint: SavepointRequest): Promise<StoredSavepoint> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ savepoint, isFinal: false, resolve: (stored) => resolve(stored as StoredSavepoint), reject });
      this.#takeQueued();
    });
  }

  /** Throws by code when a savepoint cannot be made in the directory, without making one. */
  assertSavepointPossible(directory: string): void {
    this.#prepare(directory).abandon();
  }

  acknowledge(subtask: number, checkpointId: number, snapshot: SubtaskSnapshot): void {
    if (this.#state.pending?.barrier.checkpointId !== checkpointId) return;
    this.#snapshots.set(subtask, snapshot);
    this.#participants.statistics.acknowledged(this.#participants.nameOf(subtask), snapshot.metrics);
    this.#handle({ kind: 'acknowledged', checkpointId, subtask });
    if (this.#state.pending !== undefined) this.#participants.points?.reach('between-acks');
  }

  /** Gives the checkpoint under way up, e.g. because it takes too long. One that is being stored goes on. */
  giveUp(reason: string): void {
    const pending = this.#state.pending;
    if (pending === undefined) return;
    this.#handle({ kind: 'gaveUp', checkpointId: pending.barrier.checkpointId });
    const current = this.#settle();
    current?.target?.abandon();
    const kind = kindOf(current);
    const error = CheckpointNotPossible.error({ what: `${kind} ${pending.barrier.checkpointId} was given up: ${reason}` });
    this.#participants.statistics.failed(error, this.#participants.now(), kind);
    current?.reject(error);
    this.#takeQueued();
  }

  /** Gives up what is under way and all that waits: the end is near. */
  end(reason: string): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const { reject } of waiting) reject(CheckpointNotPossible.error({ what: `the savepoint was not taken: ${reason}` }));
    this.giveUp(reason);
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

  #take(savepoint: SavepointRequest | undefined, isFinal: boolean): Promise<StoredCheckpoint | StoredSavepoint> {
    return new Promise((resolve, reject) => {
      if (this.#current === undefined) this.#begin({ savepoint, isFinal, resolve, reject });
      else reject(CheckpointNotPossible.error({ what: 'another checkpoint is still under way' }));
    });
  }

  #takeQueued(): void {
    if (this.#current !== undefined || this.#storing !== undefined) return;
    const next = this.#queue.shift();
    if (next !== undefined) this.#begin(next);
  }

  #begin(request: Request): void {
    const { statistics } = this.#participants;
    let target: SavepointTarget | undefined;
    if (request.savepoint !== undefined) {
      try {
        target = this.#prepare(request.savepoint.directory);
      } catch (error) {
        request.reject(error);
        this.#takeQueued();
        return;
      }
    }
    const timeout = request.isFinal ? undefined : this.#participants.startTimeout?.((reason) => this.giveUp(reason));
    this.#current = { ...request, target, timeout };
    const then = request.savepoint?.then;
    try {
      // At the end of the input nobody has anything left to do, so nobody needs to be told to stop.
      const savepoint = then === undefined || request.isFinal ? {} : { savepoint: { then, drain: false } };
      // What follows the barrier of a stop must not get into the savepoint, whatever the mode.
      const alignment = then === 'stop' ? 'exactly-once' : this.#participants.mode;
      this.#handle({ kind: 'trigger', now: this.#participants.now(), options: { alignment, ...savepoint }, ...(target === undefined ? {} : { atLeast: target.checkpointId }) });
    } catch (error) {
      statistics.failed(error, this.#participants.now(), kindOf(this.#current));
      target?.abandon();
      this.#settle()?.reject(error);
      this.#participants.fail(error);
    }
  }

  /** Makes the directory of the next savepoint. Its number is above all that are there: an earlier run may have been killed. */
  #prepare(directory: string): SavepointTarget {
    const { savepoints, job } = this.#participants;
    if (savepoints === undefined) throw CheckpointNotPossible.error({ what: `job "${job}" was started without a place to write savepoints to` });
    return savepoints.prepare(directory, job, Math.max(this.#state.nextId, savepoints.lastId(directory, job) + 1));
  }

  async #store(checkpointId: number): Promise<void> {
    const participants = this.#participants;
    const checkpoint = gather(participants.job, checkpointId, this.#snapshots, this.#enumerators);
    const positions = new Map([...this.#snapshots].flatMap(([subtask, { source }]) => (source === undefined ? [] : [[subtask, source.splits] as const])));
    this.#snapshots.clear();
    const current = this.#current;
    current?.timeout?.cancel();
    const watch = this.#watchStoring(checkpointId);
    try {
      const saved = await this.#writeSavepoint(checkpoint, current);
      const stored = current?.savepoint?.then === 'continue' ? undefined : await this.#writeOwn(checkpoint, positions);
      this.#hasStopped = current?.savepoint?.then === 'stop';
      this.#settle()?.resolve(saved ?? (stored as StoredCheckpoint));
      if (this.#hasStopped) this.end('the job has stopped');
    } catch (error) {
      // Whoever asked is told that there is none, so there must be none.
      current?.target?.abandon();
      participants.statistics.failed(error, participants.now(), kindOf(current));
      participants.notifyAborted(checkpointId);
      this.#settle()?.reject(error);
      // Another run owns the store now: what this one still does would be done twice.
      if (isFencedOff(error)) participants.fail(error);
    } finally {
      watch.cancel();
      this.#storing = undefined;
      this.#takeQueued();
    }
  }

  /** What is being written is not given up, for it may be durable already; but nobody shall wait for it without knowing. */
  #watchStoring(checkpointId: number): { cancel(): void } {
    const { startTimeout, storingIsLate } = this.#participants;
    let timer: { cancel(): void } | undefined;
    const next = (): void => {
      timer = startTimeout?.(() => {
        storingIsLate?.(checkpointId);
        next();
      });
    };
    next();
    return { cancel: () => timer?.cancel() };
  }

  /** Nothing of it is committed before it is durable: a crash in between goes on from the checkpoint before. */
  async #writeSavepoint(checkpoint: AcknowledgedCheckpoint, current: Current | undefined): Promise<StoredSavepoint | undefined> {
    const { savepoint, target } = current ?? {};
    if (savepoint === undefined || target === undefined) return undefined;
    const { store, fingerprint, statistics } = this.#participants;
    const metadata = { takenAt: this.#participants.now(), fingerprint, ...(savepoint.drained ? { drained: true } : {}) };
    const saved = await store.whole(checkpoint, (whole) => target.write(whole, metadata));
    statistics.savepointTaken(savepoint.then === 'continue');
    return saved;
  }

  async #writeOwn(checkpoint: AcknowledgedCheckpoint, positions: ReadonlyMap<number, readonly unknown[]>): Promise<StoredCheckpoint> {
    const participants = this.#participants;
    const { store, fingerprint, points } = participants;
    const { checkpointId } = checkpoint;
    const stored = await store.write(checkpoint, { kind: 'checkpoint', takenAt: participants.now(), fingerprint });
    this.#storedId = checkpointId;
    this.#positions = positions;
    points?.reach('before-committing-mark');
    // From here on the outside may see results of this checkpoint: no restart may go back before it.
    await store.markCommitting(checkpointId);
    points?.reach('before-notify');
    participants.statistics.completed(stored, participants.now());
    participants.notifyComplete(checkpointId);
    return stored;
  }

  #settle(): Current | undefined {
    const current = this.#current;
    this.#current = undefined;
    current?.timeout?.cancel();
    // Whoever waits sees the coordinator free, since the rest of this call has run by then.
    for (const listener of this.#settleListeners.splice(0)) listener();
    return current;
  }
}

function kindOf(request: Request | undefined): 'checkpoint' | 'savepoint' {
  return request?.savepoint === undefined ? 'checkpoint' : 'savepoint';
}

function gather(
  job: string,
  checkpointId: number,
  snapshots: ReadonlyMap<number, SubtaskSnapshot>,
  enumerators: ReadonlyMap<string, SourceKnowledge>,
): AcknowledgedCheckpoint {
  const parts = new Map<string, OperatorSnapshot>();
  const splits = new Map<string, unknown[]>();
  // In the order of the subtasks: so the n-th snapshot of an operator is that of its n-th subtask.
  for (const [subtask, { operators, source }] of [...snapshots].sort(([one], [other]) => one - other)) {
    for (const operator of operators) parts.set(`${subtask}/${operator.operatorUid}`, operator);
    if (source === undefined) continue;
    const gathered = splits.get(source.uid);
    if (gathered === undefined) splits.set(source.uid, [...source.splits]);
    else gathered.push(...source.splits);
  }
  const sources = new Map<string, SourceCheckpoint>();
  for (const [uid, known] of enumerators) sources.set(uid, { ...known, splits: splits.get(uid) ?? [] });
  return { checkpointId, job, parts, sources };
}
