/**
 * Which checkpoint a restart takes, decided purely from what is known of each.
 *
 * The newest one whose every byte verifies is the right one, unless a newer damaged one had begun to commit its sinks:
 * then the outside world has already seen results from after the older one, and going back would write them twice.
 */

/** What is known of one kept checkpoint. */
export interface RecoveryCandidate {
  readonly checkpointId: number;
  /** The reason why it cannot be read, or undefined when it verifies. */
  readonly damage: unknown;
  /** True when commits of it may have begun. */
  readonly committing: boolean;
}

/** What to do. */
export type RecoveryChoice =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'restore'; readonly checkpointId: number; readonly skipped: readonly RecoveryCandidate[] }
  | { readonly kind: 'refuse'; readonly damaged: RecoveryCandidate; readonly olderUsable: number | undefined };

/** Chooses among the kept checkpoints, in any order. */
export function chooseRecovery(candidates: readonly RecoveryCandidate[]): RecoveryChoice {
  const newestFirst = [...candidates].sort((a, b) => b.checkpointId - a.checkpointId);
  const skipped: RecoveryCandidate[] = [];
  for (const candidate of newestFirst) {
    if (candidate.damage === undefined) {
      const stop = skipped.find((damaged) => damaged.committing);
      if (stop !== undefined) return { kind: 'refuse', damaged: stop, olderUsable: candidate.checkpointId };
      return { kind: 'restore', checkpointId: candidate.checkpointId, skipped };
    }
    skipped.push(candidate);
  }
  const newest = skipped[0];
  // Nothing can be read: a fresh start would silently forget everything, so it needs the user's word.
  return newest === undefined ? { kind: 'fresh' } : { kind: 'refuse', damaged: newest, olderUsable: undefined };
}
