import type { CompletedCheckpoint, SourceCheckpoint } from './completed-checkpoint.js';

/** What the user asks for when an upgraded job goes on from the state of an older version. */
export interface RestoreAdjustments {
  /** New uids by old uid: the state of an operator that was renamed. */
  readonly mapUid?: Readonly<Record<string, string>>;
  /** Event time starts anew; it goes on where it stood otherwise (rule 24). */
  readonly resetWatermarks?: boolean;
}

/** A checkpoint as the new version of the job wants to see it. */
export function adjustRestored(checkpoint: CompletedCheckpoint, { mapUid = {}, resetWatermarks = false }: RestoreAdjustments): CompletedCheckpoint {
  const uidOf = (uid: string): string => mapUid[uid] ?? uid;
  const watermarkOf = (watermark: number): number => (resetWatermarks ? Number.NEGATIVE_INFINITY : watermark);
  return {
    ...checkpoint,
    operators: new Map(
      [...checkpoint.operators].map(([uid, snapshots]) => [
        uidOf(uid),
        // The uid inside stays the one that the bytes were written under: they are checked against it.
        snapshots.map((snapshot) => ({ ...snapshot, watermark: watermarkOf(snapshot.watermark) })),
      ]),
    ),
    sources: new Map([...checkpoint.sources].map(([uid, source]) => [uidOf(uid), resetWatermarks ? withoutWatermarks(source) : source])),
  };
}

/** Splits carry the watermark of their generator beside their position. */
function withoutWatermarks(source: SourceCheckpoint): SourceCheckpoint {
  return {
    ...source,
    splits: source.splits.map((split) => (typeof split === 'object' && split !== null && 'watermark' in split ? { ...split, watermark: Number.NEGATIVE_INFINITY } : split)),
  };
}
