/** At first a snapshot gets a slice so seldom when there is other work. */
const PATIENCE_MS = 10;
/** In this time its patience goes down to nothing, so that it comes to an end whatever else there is to do. */
const PATIENT_FOR_MS = 500;

/**
 * Says when a running snapshot takes time from records and results that wait. Whenever nothing waits it goes on anyway, so that a subtask which keeps up with its
 * input mostly writes its snapshots in time that nobody else wants. One that does not keep up gives it little at first and then a slice in every step.
 *
 * All times are of the monotonic clock, in milliseconds.
 */
export class SnapshotPace {
  #begun: number;
  #last: number;
  /** It has had no slice so far. Most snapshots need no second one. */
  #isFirst: boolean;

  constructor() {
    // Fractions, so that the fields stay doubles.
    this.#begun = 0.5;
    this.#last = 0.5;
    this.#isFirst = false;
  }

  /** A snapshot begins. */
  begins(now: number): void {
    this.#begun = now;
    this.#last = now;
    this.#isFirst = true;
  }

  /** It has had a slice, which ended now. */
  tookSlice(now: number): void {
    this.#last = now;
    this.#isFirst = false;
  }

  /** Whether it gets its next slice though there may be something else to do: records, or results that are due (`isEmitting`). */
  isDue(now: number, isEmitting: boolean): boolean {
    if (this.#isFirst && !isEmitting) return true;
    return now - this.#last >= PATIENCE_MS * (1 - (now - this.#begun) / PATIENT_FOR_MS);
  }
}
