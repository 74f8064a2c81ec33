/** At first a snapshot gets a slice so seldom when there is other work. */
const PATIENCE_MS = 10;
/** In this time its patience goes down to nothing, so that it comes to an end whatever else there is to do. */
const PATIENT_FOR_MS = 500;

/** The longest rest after a slice. */
const LONGEST_REST_MS = 2;

/**
 * Says when a running snapshot takes time from records and results that wait. Whenever nothing waits it goes on anyway, so that a subtask which keeps up with its
 * input mostly writes its snapshots in time that nobody else wants. One that does not keep up gives it little at first and then a slice in every step.
 *
 * In time that nobody wants it rests after each slice for as long as that took, while it is patient. A thread that never waits gets no core at once when its records come, where there are more
 * threads than cores: the system lets those go first that have used less. And the threads that compile for it, and those of other subtasks, need the time.
 *
 * All times are of the monotonic clock, in milliseconds.
 */
export class SnapshotPace {
  #begun: number;
  #last: number;
  /** It has had no slice so far. Most snapshots need no second one. */
  #isFirst: boolean;
  #restsUntil: number;

  constructor() {
    // Fractions, so that the fields stay doubles.
    this.#begun = 0.5;
    this.#last = 0.5;
    this.#isFirst = false;
    this.#restsUntil = 0.5;
  }

  /** When it takes the next slice in time that nobody else wants. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** A snapshot begins. */
  begins(now: number): void {
    this.#begun = now;
    this.#last = now;
    this.#isFirst = true;
    this.#restsUntil = now;
  }

  /** It has had a slice, which took so long and ended now. */
  tookSlice(now: number, tookMs: number): void {
    this.#last = now;
    this.#isFirst = false;
    this.#restsUntil = now - this.#begun < PATIENT_FOR_MS ? now + Math.min(tookMs, LONGEST_REST_MS) : now;
  }

  /** Whether it gets its next slice though there may be something else to do: records, or results that are due (`isEmitting`). */
  isDue(now: number, isEmitting: boolean): boolean {
    if (this.#isFirst && !isEmitting) return true;
    return now - this.#last >= PATIENCE_MS * (1 - (now - this.#begun) / PATIENT_FOR_MS);
  }
}
