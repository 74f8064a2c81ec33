import type { Namespace } from '../backend.js';

/** One registered timer. */
export class Timer {
  readonly key: unknown;
  /** Where the key is in the directory; it is kept as long as there is the timer. */
  readonly place: number;
  readonly time: number;
  readonly sequence: number;
  readonly namespace: Namespace | null;
  /** The version in which it was registered (see `Epochs`). */
  readonly madeIn: number;
  /** The version of the last snapshot that holds it. */
  written: number;
  /** It has fired or was deleted; queues forget it when they come across it. */
  gone: boolean;
  /** The next timer of the same key and time, in another namespace. */
  next: Timer | null;

  constructor(key: unknown, place: number, time: number, sequence: number, namespace: Namespace | null, madeIn: number) {
    this.key = key;
    this.place = place;
    this.time = time;
    this.sequence = sequence;
    this.namespace = namespace;
    this.madeIn = madeIn;
    this.written = 0;
    this.gone = false;
    this.next = null;
  }

  /** Whether it is the timer of this time and namespace. */
  is(time: number, namespace: Namespace | null): boolean {
    if (this.time !== time) return false;
    const own = this.namespace;
    if (own === null || namespace === null) return own === namespace;
    return own.start === namespace.start && own.end === namespace.end;
  }
}

/** The order in which timers of one key group fire. */
export function compareTimers(left: Timer, right: Timer): number {
  if (left.time !== right.time) return left.time < right.time ? -1 : 1;
  return left.sequence - right.sequence;
}
