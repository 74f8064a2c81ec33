import type { KeyGroupRange, Namespace } from '../backend.js';
import type { Epochs } from '../backends/heap/epochs.js';
import type { KeyDirectory } from '../backends/heap/key-slots.js';
import { TimerGroup } from './timer-group.js';
import { LATER, TimerQueue } from './timer-queue.js';
import { NO_TIMER, TimerRows } from './timer-rows.js';

/** The place of a key that nothing is kept for any more. */
const NO_PLACE = -1;

/** Takes a timer that fires; `place` is that of its key in the directory, negative when it was the last thing kept for it. */
export type FiredTimer = (key: unknown, place: number, time: number, namespace: Namespace | null) => void;

/**
 * The timers of one time domain: the sets of all key groups, as snapshots want them, and one queue for all, in which they
 * fire in order of (time, key group, registration).
 */
export class TimerDomain {
  /** The state's number in snapshots. */
  readonly owner: number;
  size: number;
  readonly #epochs: Epochs;
  readonly #directory: KeyDirectory;
  readonly #first: number;
  readonly #groups: (TimerGroup | undefined)[];
  #rows: TimerRows;
  #queue: TimerQueue;

  constructor(owner: number, range: KeyGroupRange, epochs: Epochs, directory: KeyDirectory) {
    this.owner = owner;
    this.size = 0;
    this.#epochs = epochs;
    this.#directory = directory;
    this.#first = range.first;
    this.#groups = [];
    this.#rows = new TimerRows();
    this.#queue = new TimerQueue(this.#rows, directory.groupMask);
  }

  /** Registers a timer for the key with a place in the directory. */
  register(place: number, time: number, namespace: Namespace | null): void {
    const row = this.group(this.#directory.keyGroupOf(place)).register(place, time, namespace);
    if (row === NO_TIMER) return;
    this.#queue.add(row, time);
    this.size++;
  }

  /** Deletes a timer of the key with a place, if it is there. */
  delete(place: number, time: number, namespace: Namespace | null): void {
    const group = this.#groups[this.#directory.keyGroupOf(place) - this.#first];
    if (group === undefined) return;
    const row = group.find(place, time, namespace);
    if (row === NO_TIMER) return;
    group.remove(row, place);
    this.#queue.forget(time);
    this.size--;
  }

  /** Takes over the timers of a key group from a snapshot. */
  restore(keyGroup: number, timers: readonly { readonly key: unknown; readonly time: number; readonly namespace: Namespace | null; readonly sequence: number }[]): void {
    const group = this.group(keyGroup);
    for (const timer of timers.toSorted((left, right) => left.sequence - right.sequence)) {
      this.#queue.add(group.restore(timer.key, timer.time, timer.namespace, timer.sequence), timer.time);
      this.size++;
    }
  }

  /** The earliest time of any timer; Infinity when there is none. */
  get earliest(): number {
    return this.#queue.earliest();
  }

  /** Fires the timers up to `limit`, one after the other, as long as `mayContinue` says so. */
  fire(limit: number, mayContinue: () => boolean, handle: FiredTimer): 'done' | 'more' {
    if (this.size === 0) return 'done';
    const rows = this.#rows;
    const { groupMask } = this.#directory;
    for (;;) {
      const row = this.#queue.due(limit, mayContinue);
      if (row === NO_TIMER) return 'done';
      if (row === LATER || !mayContinue()) return 'more';
      const place = rows.placeOf(row);
      const key = this.#directory.keyAt(place);
      const stays = this.#groups[place & groupMask]!.remove(row, place);
      this.size--;
      handle(key, stays ? place : NO_PLACE, rows.timeOf(row), rows.namespaceOf(row));
    }
  }

  /** Lets go of all timers. */
  clear(): void {
    this.#groups.length = 0;
    this.#rows = new TimerRows();
    this.#queue = new TimerQueue(this.#rows, this.#directory.groupMask);
    this.size = 0;
  }

  /** All key groups that have or had timers. */
  *groups(): Generator<TimerGroup> {
    for (const group of this.#groups) if (group !== undefined) yield group;
  }

  group(keyGroup: number): TimerGroup {
    const index = keyGroup - this.#first;
    let group = this.#groups[index];
    if (group === undefined) {
      while (this.#groups.length <= index) this.#groups.push(undefined);
      group = new TimerGroup(this.owner, keyGroup, { rows: this.#rows, epochs: this.#epochs, keys: this.#directory.group(keyGroup) });
      this.#groups[index] = group;
    }
    return group;
  }
}
