import type { Platform, TimerHandle } from '../../base/platform.js';
import type { Subtask } from '../../task/subtask.js';
import type { Heartbeat } from './heartbeat.js';

/** How long one turn of the loop may take before others in this thread get theirs. */
export const TURN_MS = 4;

/** How long one subtask may run while others wait. */
const SLICE_MS = 2;

/** What the loop tells its owner. */
export interface TaskLoopListener {
  /** A step threw. The loop has stopped. */
  failed(error: unknown): void;
  /** All subtasks have ended and nothing is under way. May come again after further work (a last checkpoint). */
  allEnded(): void;
}

/**
 * Steps the subtasks of one thread in turn, those that have something to do. When its turn is over it yields to the
 * platform, so that files, sockets and timers are served; when nobody has anything to do it sleeps until somebody is
 * woken or a processing-time timer is due.
 */
export class TaskLoop {
  readonly #platform: Platform;
  readonly #listener: TaskLoopListener;
  readonly #heartbeat: Heartbeat;
  readonly #subtasks: Subtask[];
  /** The number each subtask has in the job. */
  readonly #ids: number[];
  readonly #runnable: boolean[];
  #scheduled: boolean;
  #stopped: boolean;
  #started: boolean;
  #timer: TimerHandle | undefined;
  #timerAt: number;
  /** The subtask that the last round began with. */
  #first: number;

  constructor(platform: Platform, listener: TaskLoopListener, heartbeat: Heartbeat) {
    this.#platform = platform;
    this.#listener = listener;
    this.#heartbeat = heartbeat;
    this.#subtasks = [];
    this.#ids = [];
    this.#runnable = [];
    this.#scheduled = false;
    this.#stopped = false;
    this.#started = false;
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#first = 0;
  }

  /** Adds the subtask that has the number `id` in the job. All are added before `start`. */
  add(id: number, subtask: Subtask): void {
    this.#subtasks.push(subtask);
    this.#ids.push(id);
    this.#runnable.push(true);
  }

  start(): void {
    this.#started = true;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The subtask with this number has something to do. */
  wake(id: number): void {
    const index = this.#ids.indexOf(id);
    if (index >= 0) this.#runnable[index] = true;
    this.#schedule();
  }

  /** Looks again whether all have ended, and says so again. */
  look(): void {
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped || !this.#started) return;
    this.#scheduled = true;
    this.#platform.timers.immediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    const end = this.#platform.clock.monotonicMs() + TURN_MS;
    try {
      while (this.#runAll(end)) {
        if (this.#stopped) return;
        if (this.#platform.clock.monotonicMs() >= end) {
          this.#schedule();
          return;
        }
      }
    } catch (error) {
      this.#heartbeat.leave();
      this.stop();
      this.#listener.failed(error);
      return;
    }
    this.#sleep();
    if (this.#subtasks.every((subtask) => subtask.hasEnded && subtask.isSettled)) this.#listener.allEnded();
  }

  /** Steps everyone that is runnable once; true when somebody has more to do. */
  #runAll(end: number): boolean {
    const clock = this.#platform.clock;
    const now = clock.now();
    let more = false;
    const count = this.#subtasks.length;
    // Each turn begins with another subtask: what is left of a turn's time is not always the same one's.
    this.#first = this.#first + 1 >= count ? 0 : this.#first + 1;
    for (let tried = 0; tried < count; tried++) {
      const index = (this.#first + tried) % count;
      const subtask = this.#subtasks[index] as Subtask;
      if (this.#runnable[index] !== true && subtask.nextWake > now) continue;
      this.#runnable[index] = false;
      const slice = count === 1 ? end : Math.min(end, clock.monotonicMs() + SLICE_MS);
      this.#heartbeat.enter(this.#ids[index] as number, subtask.recordsIn);
      if (subtask.step(slice, now) === 'more') this.#runnable[index] = true;
      this.#heartbeat.leave();
      if (this.#stopped) return false;
    }
    for (const runnable of this.#runnable) if (runnable) more = true;
    return more;
  }

  /** One timer for the earliest processing time that anybody waits for. */
  #sleep(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const subtask of this.#subtasks) if (subtask.nextWake < earliest) earliest = subtask.nextWake;
    if (earliest === this.#timerAt && this.#timer !== undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = earliest;
    if (earliest === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#platform.timers.setTimer(earliest - this.#platform.clock.now(), () => {
      this.#timer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#schedule();
    });
  }
}
