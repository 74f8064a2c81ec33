import type { Platform, TimerHandle } from '../../base/platform.js';
import type { Subtask } from '../../task/subtask.js';
import type { Heartbeat } from './heartbeat.js';

/** How long one turn of the loop may take before others in this thread get theirs. */
export const TURN_MS = 4;

/** How long one subtask may run while others wait. */
const SLICE_MS = 2;

/** What a subtask has left to do, the most urgent highest. */
type Left = typeof NOTHING | typeof SPARE | typeof MORE;
const NOTHING = 0;
/** Bytes of a snapshot, which wait for everything else. */
const SPARE = 1;
const MORE = 2;

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
  readonly #left: Left[];
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
    this.#left = [];
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
    this.#left.push(MORE);
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
    if (index >= 0) this.#left[index] = MORE;
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
      for (let left = this.#runAll(end); left !== NOTHING; left = this.#runAll(end)) {
        if (this.#stopped) return;
        // What is spare waits for all else, also for what other threads have sent: that is taken in between turns.
        if (left === SPARE || this.#platform.clock.monotonicMs() >= end) {
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

  /** Steps everyone that has something to do once, and says what is left. */
  #runAll(end: number): Left {
    const clock = this.#platform.clock;
    const now = clock.now();
    const count = this.#subtasks.length;
    // Each turn begins with another subtask: what is left of a turn's time is not always the same one's.
    this.#first = this.#first + 1 >= count ? 0 : this.#first + 1;
    for (let tried = 0; tried < count; tried++) {
      const index = (this.#first + tried) % count;
      const subtask = this.#subtasks[index] as Subtask;
      if (this.#left[index] === NOTHING && subtask.nextWake > now) continue;
      const othersWait = this.#othersWait(index);
      this.#left[index] = NOTHING;
      const slice = count === 1 ? end : Math.min(end, clock.monotonicMs() + SLICE_MS);
      this.#heartbeat.enter(this.#ids[index] as number, subtask.recordsIn);
      const result = subtask.step(slice, now, othersWait);
      // It may have been woken meanwhile.
      if (result === 'more') this.#left[index] = MORE;
      else if (result === 'spare' && this.#left[index] === NOTHING) this.#left[index] = SPARE;
      this.#heartbeat.leave();
      if (this.#stopped) return NOTHING;
    }
    let most: Left = NOTHING;
    for (const left of this.#left) if (left > most) most = left;
    return most;
  }

  /** Whether something else comes before this subtask: before the rest of a snapshot all, before a source that others share the work of what waits in channels. */
  #othersWait(index: number): boolean {
    if (this.#left[index] === SPARE) return this.#left.includes(MORE);
    return (this.#subtasks[index] as Subtask).isShared && this.#subtasks.some((subtask, other) => this.#left[other] === MORE && subtask.readsChannels);
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
