import { assert } from '../../../base/assert.js';

/** What happened to an entry last, added to the version in which it happened (see `Epochs`). */
export const WRITTEN = 1;
/** See `Epochs`. */
export const MADE = 2;
/** See `Epochs`. */
export const CHANGED = 3;
/** The version before the first snapshot: restored entries carry 0, nothing carries less. */
const FIRST_VERSION = 4;
/** Snapshots whose completion is still awaited; the oldest is given up beyond that. */
const PENDING_LIMIT = 4;

/** A table as a running snapshot is told about it; the snapshot knows which one it is. */
export interface TrackedTable {
  /** The number of the state that the table belongs to. */
  readonly owner: number;
}

/** The snapshot being written, as tables and handles see it: they tell it about an entry before they change it. */
export interface RunningSnapshot {
  readonly version: number;
  /** Only what was touched at or after this version belongs to the snapshot; 0 means everything. */
  readonly since: number;
  /** Writes the entry of a slot as it was at the beginning, unless that is done. */
  writePreImage(table: TrackedTable, slot: number): void;
  /** Writes what is left of the list in a slot. */
  writeWholeList(table: TrackedTable, slot: number): void;
  /** Writes one entry of the map in a slot, unless that is done. */
  writeMapEntry(table: TrackedTable, slot: number, map: WrittenMap, entry: number): void;
  /** Takes over a whole cell (list or map) that is leaving its slot and is not written yet. */
  adoptCell(table: TrackedTable, slot: number): void;
  /** Writes a timer that is leaving its queue and is not written yet. */
  writeTimer(owner: number, keyGroup: number, timer: WrittenTimer): void;
}

/** The entries of a map, by slot, as far as a snapshot looks. */
export interface WrittenMap {
  keyAt(slot: number): unknown;
  valueAt(slot: number): unknown;
  timeAt(slot: number): number;
  /** Whether the snapshot of a version has not written the entry and it belongs to it. */
  awaits(slot: number, version: number): boolean;
  changedSince(slot: number, since: number): boolean;
  markWritten(slot: number, version: number): void;
}

/** A timer as far as a snapshot looks. */
export interface WrittenTimer {
  readonly key: unknown;
  readonly time: number;
  readonly sequence: number;
  readonly namespace: { readonly start: number; readonly end: number } | null;
  /** The version in which it was registered. */
  readonly madeIn: number;
}

/**
 * The versions that all tables of a backend share. A snapshot begins by raising the version, which makes every entry
 * "not yet touched" again at once, whatever their number.
 *
 * Versions are multiples of four, which leaves room for what happened to an entry last, in one number: the version + 1
 * when a snapshot of that version wrote it, + 2 when it was made, + 3 when it was changed since that snapshot began. So
 * one comparison tells whether this is the first touch, and another whether a running snapshot still waits for it.
 */
export class Epochs {
  /** The current version; also that of the running snapshot. */
  version: number;
  /** The running snapshot, null between snapshots. */
  run: RunningSnapshot | null;
  /** Whether changes are listed, so that a delta can be written. */
  tracking: boolean;
  /** The version of the last snapshot known to be complete, on which deltas build; 0 when there is none. */
  since: number;
  /** Lists of changes older than this are of no use any more. */
  floor: number;
  readonly #incremental: boolean;
  #pending: { readonly version: number; readonly checkpointId: number }[];
  #sinceCheckpoint: number | undefined;

  constructor(incremental: boolean) {
    this.version = FIRST_VERSION;
    this.run = null;
    this.tracking = false;
    this.since = 0;
    this.floor = 0;
    this.#incremental = incremental;
    this.#pending = [];
    this.#sinceCheckpoint = undefined;
  }

  /** The checkpoint that a delta would build on. */
  get sinceCheckpoint(): number | undefined {
    return this.#sinceCheckpoint;
  }

  /** Starts the next version and returns it. */
  begin(checkpointId: number): number {
    assert(this.run === null, 'one snapshot at a time');
    this.version += 4;
    if (this.#incremental) {
      this.tracking = true;
      this.#pending.push({ version: this.version, checkpointId });
      if (this.#pending.length > PENDING_LIMIT) this.#pending.shift();
      this.#lowerFloor();
    }
    return this.version;
  }

  /** A checkpoint is complete: deltas may build on it. Unknown and older ones change nothing. */
  confirm(checkpointId: number): boolean {
    const index = this.#pending.findIndex((pending) => pending.checkpointId === checkpointId);
    if (index < 0) return false;
    this.since = this.#pending[index]!.version;
    this.#sinceCheckpoint = checkpointId;
    this.#pending.splice(0, index + 1);
    this.#lowerFloor();
    return true;
  }

  /** A snapshot was given up: nothing will ever build on it. */
  abandon(version: number): void {
    this.#pending = this.#pending.filter((pending) => pending.version !== version);
    this.#lowerFloor();
  }

  #lowerFloor(): void {
    const floor = this.since !== 0 ? this.since : (this.#pending[0]?.version ?? this.version);
    // A running delta still reads the lists it began with, though a later checkpoint was confirmed meanwhile.
    this.floor = this.run !== null && this.run.since !== 0 ? Math.min(floor, this.run.since) : floor;
  }
}
