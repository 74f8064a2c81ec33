import { mapKey } from '../../record/map-key.js';
import { KeyIndex } from '../backends/heap/key-index.js';
import type { Namespace } from '../backend.js';
import { Timer } from './timer.js';

/** The timers of a key that has several: by time, those of one time chained by `next`. */
type TimersByTime = Map<number, Timer>;

/** Finds a timer by key, namespace and time: what makes the timers of a key group a set. */
export class TimerIndex {
  readonly #byKey: KeyIndex<Timer | TimersByTime>;

  constructor() {
    this.#byKey = new KeyIndex();
  }

  find(key: unknown, time: number, namespace: Namespace | null): Timer | undefined {
    const entry = this.#byKey.get(mapKey(key));
    if (entry === undefined) return undefined;
    let timer = entry instanceof Timer ? entry : entry.get(time);
    while (timer !== undefined && timer !== null) {
      if (timer.is(time, namespace)) return timer;
      if (timer.next === null) return undefined;
      timer = timer.next;
    }
    return undefined;
  }

  /** Adds a timer that is not in it. */
  add(timer: Timer): void {
    const mapped = mapKey(timer.key);
    const entry = this.#byKey.get(mapped);
    if (entry === undefined) {
      this.#byKey.add(mapped, timer);
    } else if (entry instanceof Timer) {
      const byTime: TimersByTime = new Map([[entry.time, entry]]);
      this.#byKey.replace(mapped, byTime);
      chain(byTime, timer);
    } else {
      chain(entry, timer);
    }
  }

  /** Removes a timer that is in it. */
  remove(timer: Timer): void {
    const mapped = mapKey(timer.key);
    const entry = this.#byKey.get(mapped);
    if (entry === timer) {
      this.#byKey.delete(mapped);
    } else if (entry !== undefined && !(entry instanceof Timer)) {
      unchain(entry, timer);
      if (entry.size === 0) this.#byKey.delete(mapped);
    }
  }

  /** All timers, for a walk that lasts while timers come and go: none that stays is missed. */
  *walk(): Generator<Timer> {
    for (const entry of this.#byKey.walk()) {
      if (entry instanceof Timer) yield entry;
      else for (const head of entry.values()) for (let timer: Timer | null = head; timer !== null; timer = timer.next) yield timer;
    }
  }
}

/** Adds at the head, so that a walk which stands on an older timer still sees the rest. */
function chain(byTime: TimersByTime, timer: Timer): void {
  timer.next = byTime.get(timer.time) ?? null;
  byTime.set(timer.time, timer);
}

function unchain(byTime: TimersByTime, timer: Timer): void {
  const head = byTime.get(timer.time);
  if (head === timer) {
    // The removed timer keeps its `next`: a walk may stand on it.
    if (timer.next === null) byTime.delete(timer.time);
    else byTime.set(timer.time, timer.next);
    return;
  }
  for (let before = head; before !== undefined && before.next !== null; before = before.next) {
    if (before.next !== timer) continue;
    before.next = timer.next;
    return;
  }
}
