import type { TimerHandle, Timers } from '../../base/platform.js';

/** Between two looks at whether records flow. The first look is so long after the start that a job that is soon over pays for no spare. */
const LOOK_MS = 1000;

/** After so many looks without a record the job counts as idle. */
const IDLE_LOOKS = 60;

/** What a {@link SpareKeeper} looks at and acts on. */
export interface SpareParts {
  readonly timers: Timers;
  /** Records that the sources have read so far. */
  recordsIn(): number;
  /** Whether there may be a next attempt. */
  readonly mayBeOfUse: boolean;
  /** Has so many task managers wait for a next attempt, and ends others that have no work. */
  keepReady(count: number): void;
}

/**
 * Has one task manager wait for a next attempt, beside those that the job needs, while records flow: a worker that is lost is then
 * replaced at once. To load the engine takes a thread a few tenths of a second, for which records would pile up; a spare takes
 * 10 to 15 MB, a tenth of the memory of an idle job, for which nobody waits. So it comes with the first records and goes after a minute without.
 */
export class SpareKeeper {
  readonly #parts: SpareParts;
  #timer: TimerHandle | undefined;
  #recordsIn: number;
  #idleLooks: number;
  #kept: number | undefined;

  constructor(parts: SpareParts) {
    this.#parts = parts;
    this.#timer = undefined;
    this.#recordsIn = 0;
    this.#idleLooks = 0;
    this.#kept = undefined;
  }

  /** An attempt or a part of one begins: what was kept may be in use now, and others may have been given back. */
  begin(): void {
    this.end();
    this.#recordsIn = this.#parts.recordsIn();
    this.#idleLooks = IDLE_LOOKS;
    this.#kept = undefined;
    this.#waitForLook();
  }

  /** The job is over; nothing is kept from now on. */
  end(): void {
    this.#timer?.cancel();
  }

  #waitForLook(): void {
    this.#timer = this.#parts.timers.setTimer(LOOK_MS, () => this.#look(), { keepsAlive: false });
  }

  #look(): void {
    const recordsIn = this.#parts.recordsIn();
    this.#idleLooks = recordsIn === this.#recordsIn ? this.#idleLooks + 1 : 0;
    this.#recordsIn = recordsIn;
    const count = this.#parts.mayBeOfUse && this.#idleLooks < IDLE_LOOKS ? 1 : 0;
    if (count !== this.#kept) this.#parts.keepReady(count);
    this.#kept = count;
    this.#waitForLook();
  }
}
