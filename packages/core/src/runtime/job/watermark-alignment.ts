/** A source subtask that takes part in the alignment of its group. */
export interface AlignedSource {
  readonly group: string;
  readonly maxDriftMs: number;
  /** Pauses splits whose watermark is above this, resumes the others. */
  alignTo(maxAllowedWatermark: number): void;
}

/**
 * Keeps the sources of a group within their drift of each other (rule 23): gathers the watermark of each and tells all
 * how far they may go, the group's minimum plus the drift, whenever that minimum has moved.
 */
export class WatermarkAlignmentCoordinator {
  readonly #groups: Map<string, Group>;

  constructor() {
    this.#groups = new Map();
  }

  /** Adds a source; gives the function by which it reports its watermark. All are added before the first report. */
  add(source: AlignedSource): (watermark: number) => void {
    let group = this.#groups.get(source.group);
    if (group === undefined) {
      group = { members: [], watermarks: [], lowest: Number.NEGATIVE_INFINITY };
      this.#groups.set(source.group, group);
    }
    const index = group.members.push(source) - 1;
    group.watermarks.push(Number.NEGATIVE_INFINITY);
    const own = group;
    return (watermark) => report(own, index, watermark);
  }
}

interface Group {
  readonly members: AlignedSource[];
  readonly watermarks: number[];
  lowest: number;
}

function report(group: Group, index: number, watermark: number): void {
  if (group.watermarks[index] === watermark) return;
  group.watermarks[index] = watermark;
  const lowest = Math.min(...group.watermarks);
  // The one that reports may have run ahead of a minimum that has not moved, so it is told in any case.
  if (lowest === group.lowest) {
    const member = group.members[index] as AlignedSource;
    member.alignTo(lowest + member.maxDriftMs);
    return;
  }
  group.lowest = lowest;
  for (const member of group.members) member.alignTo(lowest + member.maxDriftMs);
}
