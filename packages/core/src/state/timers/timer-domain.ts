import { BinaryHeap } from '../../base/binary-heap.js';
import type { KeyGroupRange, Namespace } from '../backend.js';
import type { Epochs } from '../backends/heap/epochs.js';
import type { KeyDirectory } from '../backends/heap/key-slots.js';
import { TimerGroup } from './timer-group.js';
import type { Timer } from './timer.js';

/** A key group whose timers may be due, with the earliest time they may have. */
interface DueGroup {
  readonly group: TimerGroup;
  bound: number;
}

/**
 * The timers of one time domain. They fire in order of (time, key group, registration): the key groups that may have
 * something due stand in a heap by their earliest time, and each of them sorts only when its turn comes.
 */
export class TimerDomain {
  /** The state's number in snapshots. */
  readonly owner: number;
  size: number;
  readonly #epochs: Epochs;
  readonly #directory: KeyDirectory;
  readonly #first: number;
  readonly #groups: (TimerGroup | undefined)[];
  /** The earliest time, NaN while unknown. */
  #earliest: number;
  /** A timer was registered in another key group while timers fire. */
  #stale: boolean;
  #firing: TimerGroup | null;

  constructor(owner: number, range: KeyGroupRange, epochs: Epochs, directory: KeyDirectory) {
    this.owner = owner;
    this.size = 0;
    this.#epochs = epochs;
    this.#directory = directory;
    this.#first = range.first;
    this.#groups = [];
    this.#earliest = Infinity;
    this.#stale = false;
    this.#firing = null;
  }

  /** Registers a timer for a key with a place in the directory. */
  register(key: unknown, place: number, time: number, namespace: Namespace | null): void {
    const group = this.group(this.#directory.keyGroupOf(place));
    if (!group.register(key, place, time, namespace)) return;
    this.size++;
    if (time < this.#earliest) this.#earliest = time;
    if (this.#firing !== null && this.#firing !== group) this.#stale = true;
  }

  /** Deletes a timer of the key with a place, if it is there. */
  delete(place: number, time: number, namespace: Namespace | null): void {
    const group = this.#groups[this.#directory.keyGroupOf(place) - this.#first];
    if (group === undefined || !group.delete(place, time, namespace)) return;
    this.size--;
    if (time === this.#earliest) this.#earliest = NaN;
  }

  /** Takes over the timers of a key group from a snapshot. */
  restore(keyGroup: number, timers: readonly { readonly key: unknown; readonly time: number; readonly namespace: Namespace | null; readonly sequence: number }[]): void {
    const group = this.group(keyGroup);
    for (const timer of timers.toSorted((left, right) => left.sequence - right.sequence)) {
      group.restore(timer.key, timer.time, timer.namespace, timer.sequence);
      this.size++;
      if (timer.time < this.#earliest) this.#earliest = timer.time;
    }
  }

  /** The earliest time of any timer; Infinity when there is none. */
  get earliest(): number {
    if (Number.isNaN(this.#earliest)) {
      this.#earliest = Infinity;
      for (const group of this.#groups) if (group !== undefined && group.size > 0) this.#earliest = Math.min(this.#earliest, group.queue.earliest());
    }
    return this.#earliest;
  }

  /** Fires the timers up to `limit`, one after the other, as long as `mayContinue` says so. */
  fire(limit: number, mayContinue: () => boolean, handle: (timer: Timer) => void): 'done' | 'more' {
    if (this.size === 0 || this.earliest > limit) return 'done';
    try {
      for (;;) {
        this.#stale = false;
        const due = this.#dueGroups(limit);
        const progress = this.#fireGroups(due, limit, mayContinue, handle);
        if (progress !== 'stale') return progress;
      }
    } finally {
      this.#firing = null;
      this.#earliest = NaN;
    }
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
      group = new TimerGroup(this.owner, keyGroup, this.#epochs, this.#directory.group(keyGroup));
      this.#groups[index] = group;
    }
    return group;
  }

  #dueGroups(limit: number): BinaryHeap<DueGroup> {
    const due = new BinaryHeap<DueGroup>((left, right) =>
      left.bound === right.bound ? left.group.keyGroup - right.group.keyGroup : left.bound < right.bound ? -1 : 1,
    );
    for (const group of this.#groups) {
      if (group === undefined || group.size === 0) continue;
      const bound = group.queue.bound;
      if (bound <= limit) due.push({ group, bound });
    }
    return due;
  }

  #fireGroups(due: BinaryHeap<DueGroup>, limit: number, mayContinue: () => boolean, handle: (timer: Timer) => void): 'done' | 'more' | 'stale' {
    for (let first = due.peek(); first !== undefined; first = due.peek()) {
      const { group } = first;
      if (!group.queue.prepare(limit, mayContinue)) return 'more';
      const head = group.queue.head();
      if (head === undefined || head.time > limit) {
        due.pop();
        continue;
      }
      if (head.time > first.bound) {
        // The bound was that of a deleted timer, or of a bucket not yet sorted: another group may be earlier.
        first.bound = head.time;
        due.replaceTop(first);
        continue;
      }
      this.#firing = group;
      const progress = this.#fireGroup(group, first.bound, mayContinue, handle);
      if (progress !== 'done') return progress;
      first.bound = group.size === 0 ? Infinity : group.queue.bound;
      if (group.size > 0 && first.bound <= limit) due.replaceTop(first);
      else due.pop();
    }
    return 'done';
  }

  /** Fires what the group has up to `time`, including what its handlers register meanwhile. */
  #fireGroup(group: TimerGroup, time: number, mayContinue: () => boolean, handle: (timer: Timer) => void): 'done' | 'more' | 'stale' {
    for (;;) {
      const timer = group.queue.head();
      if (timer === undefined || timer.time > time) return 'done';
      if (!mayContinue()) return 'more';
      group.remove(timer);
      this.size--;
      handle(timer);
      if (this.#stale) return 'stale';
    }
  }
}
