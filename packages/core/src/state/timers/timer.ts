import type { Namespace } from '../backend.js';

/** One registered timer. */
export class Timer {
  readonly key: unknown;
  /** Where the key is in the directory, which keeps it as long as there is the timer; when the timer is gone, all bits of that are turned. */
  place: number;
  readonly time: number;
  readonly sequence: number;
  readonly namespace: Namespace | null;
  /** The version in which it was registered (see `Epochs`). */
  readonly madeIn: number;
  /** The version of the last snapshot that holds it. */
  written: number;
  /** The next timer of the same key; in the index of a key with many, of the same time, too. */
  next: Timer | null;

  constructor(key: unknown, place: number, time: number, sequence: number, namespace: Namespace | null, madeIn: number) {
    this.key = key;
    this.place = place;
    this.time = time;
    this.sequence = sequence;
    this.namespace = namespace;
    this.madeIn = madeIn;
    this.written = 0;
    this.next = null;
  }

  /** It has fired or was deleted; queues forget it when they come across it. */
  get gone(): boolean {
    return this.place < 0;
  }

  /** It fires or is deleted. */
  leave(): void {
    this.place = ~this.place;
  }

  /** The bits of its place that tell the key group, also when it is gone: its order in a heap does not change. */
  groupIn(mask: number): number {
    return (this.place ^ (this.place >> 31)) & mask;
  }

  /** Whether it is the timer of this time and namespace. */
  is(time: number, namespace: Namespace | null): boolean {
    if (this.time !== time) return false;
    const own = this.namespace;
    if (own === null || namespace === null) return own === namespace;
    return own.start === namespace.start && own.end === namespace.end;
  }
}
