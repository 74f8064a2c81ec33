import type { Namespace } from '../backend.js';
import type { Epochs } from '../backends/heap/epochs.js';
import type { KeySlots } from '../backends/heap/key-slots.js';
import { Timer } from './timer.js';
import { TimerIndex } from './timer-index.js';

/** Timers registered and removed during one version: the raw material of a delta. */
export interface TimerChanges {
  readonly version: number;
  readonly added: Timer[];
  readonly removed: Timer[];
}

/** The timers of one key group and time domain: the set, and what changed since which snapshot. */
export class TimerGroup {
  readonly keyGroup: number;
  readonly index: TimerIndex;
  /** The state's number in snapshots. */
  readonly #owner: number;
  readonly #epochs: Epochs;
  readonly #keys: KeySlots;
  #sequence: number;
  #changes: TimerChanges[];

  constructor(owner: number, keyGroup: number, epochs: Epochs, keys: KeySlots) {
    this.keyGroup = keyGroup;
    this.index = new TimerIndex(keys);
    this.#owner = owner;
    this.#epochs = epochs;
    this.#keys = keys;
    this.#sequence = 0;
    this.#changes = [];
  }

  /** Adds a timer; undefined when it is there already. */
  register(key: unknown, place: number, time: number, namespace: Namespace | null): Timer | undefined {
    if (this.index.find(place, time, namespace) !== undefined) return undefined;
    const timer = new Timer(key, place, time, this.#sequence++, namespace, this.#epochs.version);
    this.index.add(timer);
    if (this.#epochs.tracking) this.#segment().added.push(timer);
    return timer;
  }

  /** Adds a timer that comes from a snapshot. Called in order of sequence. */
  restore(key: unknown, time: number, namespace: Namespace | null, sequence: number): Timer {
    const timer = new Timer(key, this.#keys.placeFor(key), time, sequence, namespace, 0);
    this.index.add(timer);
    this.#sequence = Math.max(this.#sequence, sequence + 1);
    return timer;
  }

  /** The timer of a key with a place, if it is there. */
  find(place: number, time: number, namespace: Namespace | null): Timer | undefined {
    return this.index.find(place, time, namespace);
  }

  /** Takes a timer out of the set, because it fires or is deleted. Says whether its key keeps its place for something else. */
  remove(timer: Timer): boolean {
    const { run, tracking, version } = this.#epochs;
    if (run !== null && timer.written < run.version && timer.madeIn < run.version) run.writeTimer(this.#owner, this.keyGroup, timer);
    if (tracking && timer.madeIn !== version) this.#segment().removed.push(timer);
    const stays = this.index.remove(timer);
    timer.leave();
    return stays;
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
