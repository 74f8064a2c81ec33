import type { KeyGroupBlob, OperatorSnapshot } from './operator-snapshot.js';

/**
 * The parts that a restore needs after one more checkpoint: a base replaces what a key group had, a delta follows it.
 * `earlier` is the chain of the checkpoint that `next.basedOn` names; it is left out when all of `next` are bases.
 */
export function appendToChain(earlier: OperatorSnapshot | undefined, next: OperatorSnapshot): OperatorSnapshot {
  const parts = new Map<number, KeyGroupBlob[]>();
  if (next.basedOn !== undefined) for (const blob of earlier?.keyGroups ?? []) add(parts, blob);
  for (const blob of next.keyGroups) {
    if (blob.kind === 'base') parts.delete(blob.keyGroup);
    add(parts, blob);
  }
  const keyGroups = [...parts.values()].flat().toSorted((left, right) => left.keyGroup - right.keyGroup);
  return Object.freeze({ ...next, keyGroups: Object.freeze(keyGroups) });
}

function add(parts: Map<number, KeyGroupBlob[]>, blob: KeyGroupBlob): void {
  const known = parts.get(blob.keyGroup);
  if (known === undefined) parts.set(blob.keyGroup, [blob]);
  else known.push(blob);
}
