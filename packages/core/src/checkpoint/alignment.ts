/**
 * Barrier alignment of one subtask, decided purely: it is told what arrives and answers what to do.
 *
 * Exactly-once: a channel whose barrier has come is blocked until all have brought theirs, so that the snapshot holds
 * exactly what lies before the barrier on every channel. At-least-once: channels are never blocked, barriers are only
 * counted, and records between the first barrier and the last are in the snapshot and come again after a restore.
 * A newer barrier gives an unfinished older alignment up. Every channel brings every barrier, also after its end of
 * input, so finished inputs need no case of their own.
 */
import type { BarrierElement } from '../record/element.js';

/** What the gate has to do. */
export type AlignmentCommand =
  | { readonly kind: 'block'; readonly channel: number }
  | { readonly kind: 'unblockAll' }
  | { readonly kind: 'abort'; readonly checkpointId: number }
  | { readonly kind: 'snapshot'; readonly barrier: BarrierElement };

/** The alignment under way, if any. */
export interface AlignmentState {
  readonly channels: number;
  readonly barrier: BarrierElement | undefined;
  /** Channels that have brought the barrier. */
  readonly arrived: ReadonlySet<number>;
  /** Barriers up to this one are done or given up; late ones are ignored. */
  readonly lastCheckpointId: number;
}

/** A gate's alignment before the first barrier. */
export function initialAlignment(channels: number): AlignmentState {
  return { channels, barrier: undefined, arrived: new Set(), lastCheckpointId: -1 };
}

/** A barrier has arrived on a channel. */
export function barrierArrived(state: AlignmentState, channel: number, barrier: BarrierElement): { state: AlignmentState; commands: AlignmentCommand[] } {
  if (barrier.checkpointId <= state.lastCheckpointId) return { state, commands: [] };
  const commands: AlignmentCommand[] = [];
  let current = state;
  if (current.barrier !== undefined && barrier.checkpointId > current.barrier.checkpointId) {
    commands.push({ kind: 'abort', checkpointId: current.barrier.checkpointId }, { kind: 'unblockAll' });
    current = { ...current, barrier: undefined, arrived: new Set(), lastCheckpointId: current.barrier.checkpointId };
  }
  const arrived = new Set(current.arrived).add(channel);
  if (arrived.size < current.channels) {
    if (barrier.options.alignment === 'exactly-once') commands.push({ kind: 'block', channel });
    return { state: { ...current, barrier, arrived }, commands };
  }
  commands.push({ kind: 'unblockAll' }, { kind: 'snapshot', barrier });
  return { state: { ...current, barrier: undefined, arrived: new Set(), lastCheckpointId: barrier.checkpointId }, commands };
}
