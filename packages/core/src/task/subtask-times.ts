/** What a subtask does with its time: it works, waits for input, or waits for those behind it. */
export type TimeUse = 'backPressured' | 'busy' | 'idle';

/** Milliseconds of each kind since the subtask was opened; together they are all of its time. */
export interface TimesRead {
  readonly busyMs: number;
  readonly idleMs: number;
  readonly backPressuredMs: number;
}

/**
 * Adds up what a subtask does with its time. The clock is read only when that changes, so a subtask under full load never
 * reads it, and an idle one twice per batch.
 *
 * Busy is also one that could go on and waits for its thread, and one whose operator holds the input until something
 * outside answers (a full sink, asynchronous calls at capacity): it is that operator that everybody else waits for.
 */
export class SubtaskTimes {
  #busyMs: number;
  #idleMs: number;
  #backPressuredMs: number;
  #use: TimeUse;
  #since: number;

  /** Idle from `now` on, in the time of the monotonic clock. */
  constructor(now: number) {
    // Fractions from the start, so that the fields stay doubles.
    this.#busyMs = 0.5;
    this.#idleMs = 0.5;
    this.#backPressuredMs = 0.5;
    this.#use = 'idle';
    this.#since = now;
  }

  get use(): TimeUse {
    return this.#use;
  }

  /** From `now` on the subtask does this. */
  change(use: TimeUse, now: number): void {
    this.#add(now);
    this.#use = use;
  }

  /** All that has passed until `now`. */
  read(now: number): TimesRead {
    this.#add(now);
    return { busyMs: this.#busyMs - 0.5, idleMs: this.#idleMs - 0.5, backPressuredMs: this.#backPressuredMs - 0.5 };
  }

  #add(now: number): void {
    const passed = Math.max(0, now - this.#since);
    this.#since = now;
    if (this.#use === 'busy') this.#busyMs += passed;
    else if (this.#use === 'idle') this.#idleMs += passed;
    else this.#backPressuredMs += passed;
  }
}
