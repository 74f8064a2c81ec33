/** I5: watermarks. */
import { defineInvariant, type Invariant } from './invariant.js';

/** A watermark as one place of a run saw it. Places are lanes of one attempt: a subtask behind one operator. */
export interface WatermarkSeen {
  readonly place: string;
  readonly watermark: number;
  /** The lowest watermark of the active inputs that feed the place, at that moment. */
  readonly lowestInput: number;
}

/** I5: the watermark of each channel never goes back and is never ahead of the lowest of its active inputs. */
export const watermarksAreMonotone: Invariant<readonly WatermarkSeen[]> = defineInvariant('I5', 'watermarks never go back, nor ahead of their active inputs', (seen) => {
  const last = new Map<string, number>();
  for (const { place, watermark, lowestInput } of seen) {
    const before = last.get(place) ?? Number.NEGATIVE_INFINITY;
    if (watermark < before) return `${place} had watermark ${before}, and then ${watermark}`;
    if (watermark > lowestInput) return `${place} had watermark ${watermark}, though an active input had ${lowestInput}`;
    last.set(place, watermark);
  }
  return undefined;
});
