import { mapKey } from '../../record/map-key.js';
import { KeyIndex } from '../backends/heap/key-index.js';
import type { Namespace } from '../backend.js';
import { Timer } from './timer.js';

/** A key with more timers gets an index of its own by time. */
const CHAIN_LIMIT = 8;

/** The timers of a key that has many: by time, those of one time chained by `next`. */
type TimersByTime = Map<number, Timer>;

/** Finds a timer by key, namespace and time: what makes the timers of a key group a set. */
export class TimerIndex {
  /** A key's timers: a chain by `next` while they are few. */
  readonly #byKey: KeyIndex<Timer | TimersByTime>;

  constructor() {
    this.#byKey = new KeyIndex();
  }

  find(key: unknown, time: number, namespace: Namespace | null): Timer | undefined {
    const entry = this.#byKey.get(mapKey(key));
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
    const mapped = mapKey(timer.key);
    const entry = this.#byKey.get(mapped);
    if (entry === undefined) this.#byKey.add(mapped, timer);
    else if (!(entry instanceof Timer)) chain(entry, timer);
    else if (lengthOf(entry) < CHAIN_LIMIT) {
      timer.next = entry.next;
      entry.next = timer;
    } else {
      const byTime: TimersByTime = new Map();
      for (const known of chainOf(entry)) chain(byTime, known);
      chain(byTime, timer);
      this.#byKey.replace(mapped, byTime);
    }
  }

  /** Removes a timer that is in it. */
  remove(timer: Timer): void {
    const mapped = mapKey(timer.key);
    const entry = this.#byKey.get(mapped);
    if (entry === timer) {
      if (timer.next === null) this.#byKey.delete(mapped);
      else this.#byKey.replace(mapped, timer.next);
    } else if (entry instanceof Timer) {
      unlink(entry, timer);
    } else if (entry !== undefined) {
      unchain(entry, timer);
      if (entry.size === 0) this.#byKey.delete(mapped);
    }
  }

  /** All timers, for a walk that lasts while timers come and go: none that stays is missed. */
  *walk(): Generator<Timer> {
    // A chain may be linked anew while the walk rests, so it is copied before anything of it is handed out.
    for (const entry of this.#byKey.walk()) {
      if (entry instanceof Timer) yield* chainOf(entry);
      else for (const head of entry.values()) yield* chainOf(head);
    }
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
