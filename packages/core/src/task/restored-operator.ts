import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import type { ChainNode } from './chain-node.js';
import { StateNotDeclared } from './errors.js';

/** Restored states that the job no longer declares stop the start, unless they may be dropped (rule 44). */
export function claimStates(node: ChainNode, dropState: readonly string[]): void {
  const unclaimed = node.backend?.unclaimedStates() ?? [];
  const kept = unclaimed.filter((state) => !dropState.includes(node.uid) && !dropState.includes(`${node.uid}/${state}`));
  if (kept.length > 0) {
    throw StateNotDeclared.error({
      what: `operator "${node.name}" (uid "${node.uid}") was saved with ${kept.map((state) => `"${state}"`).join(', ')}, which it does not declare`,
      where: { operator: node.name, ...(node.definedAt === undefined ? {} : { definedAt: node.definedAt }) },
    });
  }
  node.backend?.dropUnclaimedStates(unclaimed);
}

/** Event time goes on where the slowest former subtask stood (rule 24). */
export function lowestWatermark(snapshots: readonly OperatorSnapshot[]): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const snapshot of snapshots) lowest = Math.min(lowest, snapshot.watermark);
  return lowest === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : lowest;
}
