import type { Namespace } from '../backend.js';
import type { Epochs } from '../backends/heap/epochs.js';
import type { KeySlots } from '../backends/heap/key-slots.js';
import { Timer } from './timer.js';
import { TimerIndex } from './timer-index.js';
import { TimerQueue } from './timer-queue.js';

/** Timers registered and removed during one version: the raw material of a delta. */
export interface TimerChanges {
  readonly version: number;
  readonly added: Timer[];
  readonly removed: Timer[];
}

/** The timers of one key group and time domain: the set, the order of firing, and what changed since which snapshot. */
export class TimerGroup {
  readonly keyGroup: number;
  readonly queue: TimerQueue;
  readonly index: TimerIndex;
  size: number;
  /** The state's number in snapshots. */
  readonly #owner: number;
  readonly #epochs: Epochs;
  readonly #keys: KeySlots;
  #sequence: number;
  #changes: TimerChanges[];

  constructor(owner: number, keyGroup: number, epochs: Epochs, keys: KeySlots) {
    this.keyGroup = keyGroup;
    this.queue = new TimerQueue(keyGroup);
    this.index = new TimerIndex(keys);
    this.size = 0;
    this.#owner = owner;
    this.#epochs = epochs;
    this.#keys = keys;
    this.#sequence = 0;
    this.#changes = [];
  }

  /** Adds a timer unless it is there already; says whether it was added. */
  register(key: unknown, place: number, time: number, namespace: Namespace | null): boolean {
    if (this.index.find(place, time, namespace) !== undefined) return false;
    const timer = new Timer(key, place, time, this.#sequence++, namespace, this.#epochs.version);
    this.index.add(timer);
    this.queue.add(timer);
    this.size++;
    if (this.#epochs.tracking) this.#segment().added.push(timer);
    return true;
  }

  /** Adds a timer that comes from a snapshot. Called in order of sequence. */
  restore(key: unknown, time: number, namespace: Namespace | null, sequence: number): void {
    const timer = new Timer(key, this.#keys.placeFor(key), time, sequence, namespace, 0);
    this.index.add(timer);
    this.queue.add(timer);
    this.size++;
    this.#sequence = Math.max(this.#sequence, sequence + 1);
  }

  /** Deletes a timer if it is there; says whether it was. */
  delete(place: number, time: number, namespace: Namespace | null): boolean {
    const timer = this.index.find(place, time, namespace);
    if (timer === undefined) return false;
    this.remove(timer);
    this.queue.forget(timer);
    return true;
  }

  /** Takes a timer out of the set, because it fires or is deleted. */
  remove(timer: Timer): void {
    const { run, tracking, version } = this.#epochs;
    if (run !== null && timer.written < run.version && timer.madeIn < run.version) run.writeTimer(this.#owner, this.keyGroup, timer);
    if (tracking && timer.madeIn !== version) this.#segment().removed.push(timer);
    timer.gone = true;
    this.index.remove(timer);
    this.size--;
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
