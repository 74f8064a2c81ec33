import { type MapKey, mapKey } from '../../../record/map-key.js';
import type { Epochs } from './epochs.js';

/** What changed in a map during one version. */
export interface MapChanges {
  readonly version: number;
  /** Slots touched, each once, unless it was freed and taken again. Empty in maps that are small. */
  readonly slots: number[];
  /** Keys removed that an earlier snapshot may hold. */
  removed: Map<MapKey, unknown> | null;
}

/** Parts of a map that most maps do without. */
export class RareParts {
  /** Slots to take again. */
  readonly free: number[];
  /** When each entry was last renewed; null without time to live. */
  times: number[] | null;
  /** The version from which on `changes` tells of all slots that were touched. */
  listedFrom: number;
  #changes: MapChanges[] | null;

  constructor() {
    this.free = [];
    this.times = null;
    this.listedFrom = 0;
    this.#changes = null;
  }

  /** What changed at or after `since` and before `before`, oldest first. */
  changes(since: number, before: number): readonly MapChanges[] {
    return this.#changes?.filter((changes) => changes.version >= since && changes.version < before) ?? [];
  }

  /** The keys removed at or after `since` and before `before` that an earlier snapshot may hold. */
  *removals(since: number, before: number): Generator<unknown> {
    for (const { removed } of this.changes(since, before)) if (removed !== null) yield* removed.values();
  }

  /** A key was removed that an earlier snapshot may hold. */
  noteRemoved(key: unknown, epochs: Epochs): void {
    (this.changed(epochs).removed ??= new Map()).set(mapKey(key), key);
  }

  /** What has changed in this version. */
  changed(epochs: Epochs): MapChanges {
    const known = (this.#changes ??= []);
    const last = known.at(-1);
    if (last !== undefined && last.version === epochs.version) return last;
    if (known.length > 0 && known[0]!.version < epochs.floor) this.#changes = known.filter((changes) => changes.version >= epochs.floor);
    const changes: MapChanges = { version: epochs.version, slots: [], removed: null };
    this.#changes.push(changes);
    return changes;
  }
}
