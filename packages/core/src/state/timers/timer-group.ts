import type { Namespace } from '../backend.js';
import type { Epochs, WrittenTimer } from '../backends/heap/epochs.js';
import type { KeySlots } from '../backends/heap/key-slots.js';
import { TimerIndex } from './timer-index.js';
import { NO_TIMER, type TimerRows } from './timer-rows.js';

/** Timers registered and removed during one version: the raw material of a delta. */
export interface TimerChanges {
  readonly version: number;
  /** Rows, which may be gone since, or those of other timers. */
  readonly added: number[];
  readonly removed: WrittenTimer[];
}

/** What a group shares with others. */
export interface TimerGroupParts {
  readonly rows: TimerRows;
  readonly epochs: Epochs;
  readonly keys: KeySlots;
}

/** The timers of one key group and time domain: the set, and what changed since which snapshot. */
export class TimerGroup {
  readonly keyGroup: number;
  readonly index: TimerIndex;
  /** The state's number in snapshots. */
  readonly #owner: number;
  readonly #rows: TimerRows;
  readonly #epochs: Epochs;
  readonly #keys: KeySlots;
  #sequence: number;
  #changes: TimerChanges[];

  constructor(owner: number, keyGroup: number, { rows, epochs, keys }: TimerGroupParts) {
    this.keyGroup = keyGroup;
    this.index = new TimerIndex(keys, rows);
    this.#owner = owner;
    this.#rows = rows;
    this.#epochs = epochs;
    this.#keys = keys;
    this.#sequence = 0;
    this.#changes = [];
  }

  /** Adds a timer of the key with a place; NO_TIMER when it is there already. */
  register(place: number, time: number, namespace: Namespace | null): number {
    if (this.index.find(place, time, namespace) !== NO_TIMER) return NO_TIMER;
    const row = this.#rows.take(place, time, this.#sequence++, namespace, this.#epochs.version);
    this.index.add(row, place);
    if (this.#epochs.tracking) this.#segment().added.push(row);
    return row;
  }

  /** Adds a timer that comes from a snapshot. Called in order of sequence. */
  restore(key: unknown, time: number, namespace: Namespace | null, sequence: number): number {
    const place = this.#keys.placeFor(key);
    const row = this.#rows.take(place, time, sequence, namespace, 0);
    this.index.add(row, place);
    this.#sequence = Math.max(this.#sequence, sequence + 1);
    return row;
  }

  /** The timer of the key with a place, or NO_TIMER. */
  find(place: number, time: number, namespace: Namespace | null): number {
    return this.index.find(place, time, namespace);
  }

  /** Takes a timer out of the set, because it fires or is deleted. Says whether its key keeps its place for something else. */
  remove(row: number, place: number): boolean {
    const { run, tracking, version } = this.#epochs;
    const rows = this.#rows;
    const madeIn = rows.madeIn(row);
    if (run !== null && rows.writtenIn(row) < run.version && madeIn < run.version) run.writeTimer(this.#owner, this.keyGroup, this.written(row));
    if (tracking && madeIn !== version) this.#segment().removed.push(this.written(row));
    const stays = this.index.remove(row, place);
    rows.leave(row);
    return stays;
  }

  /** Whether a snapshot of a version holds a timer that it has not written: one that is there, of this key group, from before. The row may have been given up. */
  awaits(row: number, version: number): boolean {
    const rows = this.#rows;
    return rows.holds(row) && this.#keys.isPlace(rows.placeOf(row)) && rows.writtenIn(row) < version && rows.madeIn(row) < version;
  }

  /** The snapshot of a version holds a timer. */
  markWritten(row: number, version: number): void {
    this.#rows.markWritten(row, version);
  }

  /** A timer as snapshots want it. */
  written(row: number): WrittenTimer {
    const rows = this.#rows;
    const key = this.#keys.keyAt(rows.placeOf(row) >> this.#keys.shift);
    return { key, time: rows.timeOf(row), sequence: rows.sequenceOf(row), namespace: rows.namespaceOf(row), madeIn: rows.madeIn(row) };
  }

  /** What changed at or after `since` and before `before`, oldest first. */
  changes(since: number, before: number): readonly TimerChanges[] {
    return this.#changes.filter((changes) => changes.version >= since && changes.version < before);
  }

  #segment(): TimerChanges {
    const { version, floor } = this.#epochs;
    const last = this.#changes.at(-1);
    if (last !== undefined && last.version === version) return last;
    this.#changes = this.#changes.filter((changes) => changes.version >= floor);
    const changes: TimerChanges = { version, added: [], removed: [] };
    this.#changes.push(changes);
    return changes;
  }
}
