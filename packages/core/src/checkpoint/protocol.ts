/**
 * The checkpoint protocol of the coordinator, decided purely: (state, event) → (state, commands). It does no I/O and
 * knows no clock but the times in its events; the shell in `runtime/job/checkpoint-coordinator.ts` carries the commands
 * out. One checkpoint is under way at a time.
 */
import type { BarrierElement, BarrierOptions } from '../record/element.js';
import { barrierElement } from '../record/element.js';

/** What the coordinator knows. */
export interface ProtocolState {
  readonly subtasks: number;
  readonly nextId: number;
  readonly pending: PendingCheckpoint | undefined;
  readonly lastCompletedId: number;
}

/** A checkpoint under way. */
export interface PendingCheckpoint {
  readonly barrier: BarrierElement;
  readonly acknowledged: ReadonlySet<number>;
}

/** What happens to a coordinator. */
export type ProtocolEvent =
  /** `atLeast`: the number is this one or a higher one. */
  | { readonly kind: 'trigger'; readonly now: number; readonly options: BarrierOptions; readonly atLeast?: number }
  | { readonly kind: 'acknowledged'; readonly checkpointId: number; readonly subtask: number }
  | { readonly kind: 'gaveUp'; readonly checkpointId: number };

/** What the shell has to do, in order. */
export type ProtocolCommand =
  | { readonly kind: 'sendBarrier'; readonly barrier: BarrierElement }
  | { readonly kind: 'complete'; readonly checkpointId: number }
  | { readonly kind: 'abort'; readonly checkpointId: number }
  | { readonly kind: 'refuse'; readonly reason: string };

/** A coordinator before its first checkpoint; `lastId` is the highest id ever given out for this state. */
export function initialProtocol(subtasks: number, lastId: number): ProtocolState {
  return { subtasks, nextId: lastId + 1, pending: undefined, lastCompletedId: lastId };
}

/** The one transition function. */
export function protocolStep(state: ProtocolState, event: ProtocolEvent): { state: ProtocolState; commands: ProtocolCommand[] } {
  switch (event.kind) {
    case 'trigger':
      return trigger(state, event);
    case 'acknowledged':
      return acknowledged(state, event.checkpointId, event.subtask);
    case 'gaveUp':
      return gaveUp(state, event.checkpointId);
  }
}

function trigger(state: ProtocolState, { now, options, atLeast = 0 }: Extract<ProtocolEvent, { readonly kind: 'trigger' }>): { state: ProtocolState; commands: ProtocolCommand[] } {
  if (state.pending !== undefined) {
    return { state, commands: [{ kind: 'refuse', reason: `checkpoint ${state.pending.barrier.checkpointId} is still under way` }] };
  }
  const barrier = barrierElement(Math.max(state.nextId, atLeast), now, options);
  return {
    state: { ...state, nextId: barrier.checkpointId + 1, pending: { barrier, acknowledged: new Set() } },
    commands: [{ kind: 'sendBarrier', barrier }],
  };
}

function acknowledged(state: ProtocolState, checkpointId: number, subtask: number): { state: ProtocolState; commands: ProtocolCommand[] } {
  // An acknowledgement of a checkpoint that was given up comes too late and counts for nothing.
  if (state.pending?.barrier.checkpointId !== checkpointId) return { state, commands: [] };
  const all = new Set(state.pending.acknowledged).add(subtask);
  if (all.size < state.subtasks) return { state: { ...state, pending: { ...state.pending, acknowledged: all } }, commands: [] };
  return { state: { ...state, pending: undefined, lastCompletedId: checkpointId }, commands: [{ kind: 'complete', checkpointId }] };
}

function gaveUp(state: ProtocolState, checkpointId: number): { state: ProtocolState; commands: ProtocolCommand[] } {
  if (state.pending?.barrier.checkpointId !== checkpointId) return { state, commands: [] };
  return { state: { ...state, pending: undefined }, commands: [{ kind: 'abort', checkpointId }] };
}
