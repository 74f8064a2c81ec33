import type { Namespace } from '../backend.js';
import { enlarged, type KeySlots } from '../backends/heap/key-slots.js';
import { Timer } from './timer.js';

/** A key with more timers gets an index of its own by time. */
const CHAIN_LIMIT = 8;

/** The timers of a key that has many: by time, those of one time chained by `next`. */
type TimersByTime = Map<number, Timer>;

/**
 * Finds a timer by key, namespace and time: what makes the timers of a key group a set. The timers of a key are in the
 * slot that its states have, too, so that nothing is looked up for them.
 */
export class TimerIndex {
  readonly #keys: KeySlots;
  /** A key's timers: a chain by `next` while they are few. */
  readonly #bySlot: (Timer | TimersByTime | undefined)[];

  constructor(keys: KeySlots) {
    this.#keys = keys;
    this.#bySlot = [];
  }

  /** The timer of the key with a place. */
  find(place: number, time: number, namespace: Namespace | null): Timer | undefined {
    const slot = place >> this.#keys.shift;
    if (slot >= this.#bySlot.length) return undefined;
    const entry = this.#bySlot[slot];
    if (entry === undefined) return undefined;
    let timer: Timer | null = entry instanceof Timer ? entry : (entry.get(time) ?? null);
    while (timer !== null) {
      if (timer.is(time, namespace)) return timer;
      timer = timer.next;
    }
    return undefined;
  }

  /** Adds a timer that is not in it. */
  add(timer: Timer): void {
    const slot = timer.place >> this.#keys.shift;
    // Left to itself the array would take half as much again.
    if (slot >= this.#bySlot.length) this.#bySlot.length = enlarged(this.#bySlot.length, slot + 1);
    const entry = this.#bySlot[slot];
    if (entry === undefined) {
      this.#bySlot[slot] = timer;
      this.#keys.use(slot);
    } else if (!(entry instanceof Timer)) {
      chain(entry, timer);
    } else if (lengthOf(entry) < CHAIN_LIMIT) {
      timer.next = entry.next;
      entry.next = timer;
    } else {
      const byTime: TimersByTime = new Map();
      for (const known of chainOf(entry)) chain(byTime, known);
      chain(byTime, timer);
      this.#bySlot[slot] = byTime;
    }
  }

  /** Removes a timer that is in it. The place of its key goes with the last of what was there; says whether it stays. */
  remove(timer: Timer): boolean {
    const slot = timer.place >> this.#keys.shift;
    const entry = this.#bySlot[slot];
    if (entry === timer) {
      if (timer.next === null) return this.#clear(slot);
      this.#bySlot[slot] = timer.next;
    } else if (entry instanceof Timer) {
      unlink(entry, timer);
    } else if (entry !== undefined) {
      unchain(entry, timer);
      if (entry.size === 0) return this.#clear(slot);
    }
    return true;
  }

  /** All timers, for a walk that lasts while timers come and go: none that stays is missed. */
  *walk(): Generator<Timer> {
    for (let slot = 0; slot < this.#bySlot.length; slot++) {
      const entry = this.#bySlot[slot];
      if (entry === undefined) continue;
      // A chain may be linked anew while the walk rests, so it is copied before anything of it is handed out.
      if (entry instanceof Timer) yield* chainOf(entry);
      else for (const head of entry.values()) yield* chainOf(head);
    }
  }

  #clear(slot: number): boolean {
    this.#bySlot[slot] = undefined;
    return this.#keys.release(slot);
  }
}

function lengthOf(head: Timer): number {
  let length = 0;
  for (let timer: Timer | null = head; timer !== null; timer = timer.next) length++;
  return length;
}

function chainOf(head: Timer): Timer[] {
  const timers: Timer[] = [];
  for (let timer: Timer | null = head; timer !== null; timer = timer.next) timers.push(timer);
  return timers;
}

function chain(byTime: TimersByTime, timer: Timer): void {
  timer.next = byTime.get(timer.time) ?? null;
  byTime.set(timer.time, timer);
}

function unchain(byTime: TimersByTime, timer: Timer): void {
  const head = byTime.get(timer.time);
  if (head !== timer) {
    if (head !== undefined) unlink(head, timer);
  } else if (timer.next === null) {
    byTime.delete(timer.time);
  } else {
    byTime.set(timer.time, timer.next);
  }
}

/** Takes a timer out of the chain behind its head. */
function unlink(head: Timer, timer: Timer): void {
  for (let before = head; before.next !== null; before = before.next) {
    if (before.next !== timer) continue;
    before.next = timer.next;
    return;
  }
}
