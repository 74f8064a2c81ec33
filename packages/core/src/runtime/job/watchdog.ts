import type { Logger } from '../../base/logger.js';
import type { Platform, TimerHandle } from '../../base/platform.js';
import type { ExecutionGraph } from '../../graph/execution-graph.js';
import { WorkerStuck } from '../errors.js';
import type { Pulse } from '../task-manager/heartbeat.js';
import type { TaskManagerLink } from './task-manager-link.js';

/** How long a worker may be silent, and what then. */
export interface WatchdogOptions {
  /** After so long a warning names the operator. */
  readonly warnAfterMs: number;
  /** After so long the job fails; undefined: never. */
  readonly failAfterMs: number | undefined;
}

/** What the watchdog looks at. */
export interface WatchdogSurroundings {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly graph: ExecutionGraph;
  readonly links: readonly TaskManagerLink[];
  readonly options: WatchdogOptions;
  fail(error: unknown, manager: number): void;
}

/** What was last seen of one worker. */
interface Watched {
  readonly manager: number;
  readonly link: TaskManagerLink;
  beats: number;
  since: number;
  warned: boolean;
}

/** It looks so often within the time that it allows. */
const LOOKS = 4;

/**
 * Looks whether every worker still beats. One that is stuck in a function cannot say so itself; what it was at stands in
 * the memory it shares.
 */
export class Watchdog {
  readonly #surroundings: WatchdogSurroundings;
  readonly #watched: readonly Watched[];
  #timer: TimerHandle | undefined;
  #stopped: boolean;

  constructor(surroundings: WatchdogSurroundings) {
    this.#surroundings = surroundings;
    const now = surroundings.platform.clock.monotonicMs();
    this.#watched = surroundings.links.flatMap((link, manager) => (link.pulse() === undefined ? [] : [{ manager, link, beats: 0, since: now, warned: false }]));
    this.#timer = undefined;
    this.#stopped = false;
  }

  start(): void {
    if (this.#watched.length > 0) this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #next(): void {
    if (this.#stopped) return;
    const { warnAfterMs, failAfterMs } = this.#surroundings.options;
    const everyMs = Math.min(warnAfterMs, failAfterMs ?? Infinity) / LOOKS;
    this.#timer = this.#surroundings.platform.timers.setTimer(everyMs, () => this.#look(), { keepsAlive: false });
  }

  #look(): void {
    const now = this.#surroundings.platform.clock.monotonicMs();
    for (const watched of this.#watched) {
      const pulse = watched.link.pulse();
      if (pulse !== undefined) this.#check(watched, pulse, now);
    }
    this.#next();
  }

  #check(watched: Watched, pulse: Pulse, now: number): void {
    const { warnAfterMs, failAfterMs } = this.#surroundings.options;
    // One that has not begun yet is still loading the engine.
    if (pulse.beats !== watched.beats || pulse.beats === 0) {
      if (watched.warned) this.#surroundings.logger.info('a worker answers again', { worker: watched.link.name });
      watched.beats = pulse.beats;
      watched.since = now;
      watched.warned = false;
      return;
    }
    const silentMs = now - watched.since;
    if (silentMs >= warnAfterMs && !watched.warned) {
      watched.warned = true;
      const place = this.#placeOf(pulse);
      this.#surroundings.logger.warn(`${watched.link.name} has not answered for ${Math.round(silentMs / 1000)} s: ${place}`, { recordsRead: pulse.recordsIn });
    }
    if (failAfterMs === undefined || silentMs < failAfterMs) return;
    const subtask = pulse.subtask === undefined ? undefined : this.#surroundings.graph.subtasks[pulse.subtask];
    const { job } = this.#surroundings.graph.jobGraph;
    // It will not close by itself, so nobody waits for that.
    void watched.link.terminate();
    this.stop();
    this.#surroundings.fail(
      WorkerStuck.error({
        what: `${watched.link.name} has not answered for ${Math.round(silentMs / 1000)} s: ${this.#placeOf(pulse)}`,
        where: { job, ...(subtask === undefined ? {} : { operator: subtask.vertex.name, subtask: subtask.index }) },
      }),
      watched.manager,
    );
  }

  #placeOf(pulse: Pulse): string {
    const subtask = pulse.subtask === undefined ? undefined : this.#surroundings.graph.subtasks[pulse.subtask];
    if (subtask === undefined) return 'it is busy outside of its operators, in a connector or an asynchronous function';
    return `it is inside of ${subtask.vertex.name} [${subtask.index}]`;
  }
}
