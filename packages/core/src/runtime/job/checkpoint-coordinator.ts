import { assert } from '../../base/assert.js';
import type { CompletedCheckpoint, SourceCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { initialProtocol, protocolStep, type ProtocolEvent, type ProtocolState } from '../../checkpoint/protocol.js';
import type { BarrierElement, BarrierOptions } from '../../record/element.js';
import type { OperatorSnapshot } from '../../state/operator-snapshot.js';
import { appendToChain } from '../../state/snapshot-chain.js';
import type { SubtaskSnapshot } from '../../task/ports.js';
import { CheckpointNotPossible } from '../errors.js';

/** What the coordinator acts on. */
export interface CheckpointParticipants {
  readonly job: string;
  readonly subtasks: number;
  now(): number;
  /** Fixes what the enumerators know, then sends the barrier to all sources; both in one go. */
  sendBarrier(barrier: BarrierElement): ReadonlyMap<string, unknown>;
  /** Tells every subtask that the checkpoint is complete. */
  notifyComplete(checkpointId: number): void;
  notifyAborted(checkpointId: number): void;
}

/**
 * Takes checkpoints: carries out what `checkpoint/protocol.ts` decides and gathers what the subtasks hand in.
 */
export class CheckpointCoordinator {
  readonly #participants: CheckpointParticipants;
  #state: ProtocolState;
  #enumerators: ReadonlyMap<string, unknown>;
  #snapshots: Map<number, SubtaskSnapshot>;
  /** By subtask and operator: what the newest complete checkpoint needs, base and deltas. */
  #chains: ReadonlyMap<string, OperatorSnapshot>;
  #waiting: { resolve(checkpoint: CompletedCheckpoint): void; reject(error: unknown): void } | undefined;
  #latest: CompletedCheckpoint | undefined;

  constructor(participants: CheckpointParticipants, lastId: number) {
    this.#participants = participants;
    this.#state = initialProtocol(participants.subtasks, lastId);
    this.#enumerators = new Map();
    this.#snapshots = new Map();
    this.#chains = new Map();
    this.#waiting = undefined;
    this.#latest = undefined;
  }

  /** The newest complete checkpoint of this run. */
  get latest(): CompletedCheckpoint | undefined {
    return this.#latest;
  }

  /** Takes a checkpoint; resolves when it is complete, rejects when it was refused or given up. */
  trigger(options: BarrierOptions = { alignment: 'exactly-once' }): Promise<CompletedCheckpoint> {
    return new Promise((resolve, reject) => {
      if (this.#waiting === undefined) this.#waiting = { resolve, reject };
      else {
        reject(CheckpointNotPossible.error({ what: 'another checkpoint is still under way' }));
        return;
      }
      this.#handle({ kind: 'trigger', now: this.#participants.now(), options });
    });
  }

  acknowledge(subtask: number, checkpointId: number, snapshot: SubtaskSnapshot): void {
    if (this.#state.pending?.barrier.checkpointId !== checkpointId) return;
    this.#snapshots.set(subtask, snapshot);
    this.#handle({ kind: 'acknowledged', checkpointId, subtask });
  }

  /** Gives the checkpoint under way up, e.g. because the job ends. */
  giveUp(reason: string): void {
    const pending = this.#state.pending;
    if (pending === undefined) return;
    this.#handle({ kind: 'gaveUp', checkpointId: pending.barrier.checkpointId });
    this.#settle()?.reject(CheckpointNotPossible.error({ what: `checkpoint ${pending.barrier.checkpointId} was given up: ${reason}` }));
  }

  #handle(event: ProtocolEvent): void {
    const { state, commands } = protocolStep(this.#state, event);
    this.#state = state;
    for (const command of commands) {
      switch (command.kind) {
        case 'sendBarrier':
          this.#snapshots = new Map();
          this.#enumerators = this.#participants.sendBarrier(command.barrier);
          break;
        case 'complete':
          this.#complete(command.checkpointId);
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

  #complete(checkpointId: number): void {
    this.#chains = this.#extendChains();
    const checkpoint = gather(this.#participants.job, checkpointId, this.#chains.values(), this.#snapshots.values(), this.#enumerators);
    this.#latest = checkpoint;
    this.#participants.notifyComplete(checkpointId);
    this.#settle()?.resolve(checkpoint);
  }

  /** Puts each delta behind what it builds on, which is always the newest complete checkpoint of the same subtask. */
  #extendChains(): Map<string, OperatorSnapshot> {
    const chains = new Map<string, OperatorSnapshot>();
    for (const [subtask, { operators }] of this.#snapshots) {
      for (const operator of operators) {
        const place = `${subtask}/${operator.operatorUid}`;
        const earlier = this.#chains.get(place);
        assert(operator.basedOn === undefined || operator.basedOn === earlier?.checkpointId, 'a delta builds on the newest complete checkpoint');
        chains.set(place, appendToChain(earlier, operator));
      }
    }
    return chains;
  }

  #settle(): { resolve(checkpoint: CompletedCheckpoint): void; reject(error: unknown): void } | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}

function gather(
  job: string,
  checkpointId: number,
  chains: Iterable<OperatorSnapshot>,
  snapshots: Iterable<SubtaskSnapshot>,
  enumerators: ReadonlyMap<string, unknown>,
): CompletedCheckpoint {
  const operators = new Map<string, OperatorSnapshot[]>();
  for (const operator of chains) append(operators, operator.operatorUid, [operator]);
  const splits = new Map<string, unknown[]>();
  for (const { source } of snapshots) if (source !== undefined) append(splits, source.uid, source.splits);
  const sources = new Map<string, SourceCheckpoint>();
  for (const [uid, enumerator] of enumerators) sources.set(uid, { enumerator, splits: splits.get(uid) ?? [] });
  return { checkpointId, job, operators, sources };
}

function append<T>(lists: Map<string, T[]>, name: string, items: readonly T[]): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [...items]);
  else list.push(...items);
}
