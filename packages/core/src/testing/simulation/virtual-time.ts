import { assert } from '../../base/assert.js';
import { BinaryHeap } from '../../base/binary-heap.js';
import type { Clock, TimerHandle, Timers } from '../../base/platform.js';
import type { SeededRandom } from './seeded-random.js';

/** Whoever owns events: when it is killed, none of its events happens any more. */
export interface EventOwner {
  readonly killed: boolean;
  /** Stopped for now (SIGSTOP): its events wait until it goes on. */
  readonly suspended?: boolean;
}

interface SimulatedEvent extends TimerHandle {
  readonly dueMs: number;
  readonly tieBreaker: number;
  readonly sequence: number;
}

/** A first-in, first-out way for messages. Between different lanes the order is chosen by the seed. */
export interface Lane {
  lastDueMs: number;
}

/** How virtual time behaves. */
export interface VirtualTimeOptions {
  /** Wall clock at the start, epoch milliseconds. */
  readonly startMs: number;
  /** How far each reading of `monotonicMs` moves time on, so that time budgets run out; 0 for none. */
  readonly clockTickMs: number;
  /** Messages take between 0 and so many milliseconds. */
  readonly maxLatencyMs: number;
  /** Whether the seed chooses the order of timers that are due together; otherwise it is the order they were set in. */
  readonly shuffle: boolean;
}

/**
 * Time that moves only when the simulation moves it: to the next event. Shared by all processes of a simulated machine.
 */
export class VirtualTime {
  readonly #options: VirtualTimeOptions;
  readonly #random: SeededRandom;
  readonly #events: BinaryHeap<SimulatedEvent & { run: (() => void) | undefined; readonly owner: EventOwner }>;
  #elapsedMs: number;
  #wallOffsetMs: number;
  #sequence: number;
  /** Events of suspended owners whose time has come. */
  #held: (SimulatedEvent & { run: (() => void) | undefined; readonly owner: EventOwner })[];

  constructor(options: VirtualTimeOptions, random: SeededRandom) {
    this.#options = options;
    this.#random = random;
    this.#events = new BinaryHeap((a, b) => a.dueMs - b.dueMs || a.tieBreaker - b.tieBreaker || a.sequence - b.sequence);
    this.#elapsedMs = 0;
    this.#wallOffsetMs = options.startMs;
    this.#sequence = 0;
    this.#held = [];
  }

  /** Milliseconds since the start of the simulation. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** When the next event is due, or undefined when there is none. */
  get nextDueMs(): number | undefined {
    this.#dropDead();
    return this.#events.peek()?.dueMs;
  }

  /** The clock as a process reads it. */
  clock(): Clock {
    return {
      now: () => Math.floor(this.#wallOffsetMs + this.#elapsedMs),
      monotonicMs: () => {
        this.#elapsedMs += this.#options.clockTickMs;
        return this.#elapsedMs;
      },
    };
  }

  /** The timers of one owner. */
  timers(owner: EventOwner): Timers {
    return {
      setTimer: (delayMs, callback) => {
        assert(!Number.isNaN(delayMs), 'the delay of a timer is a number');
        return this.at(this.#elapsedMs + Math.max(0, delayMs), owner, callback, this.#options.shuffle);
      },
      immediate: (callback) => {
        this.at(this.#elapsedMs, owner, callback, false);
      },
    };
  }

  /** Makes the wall clock jump, forwards or back; timers do not notice, as on a real machine. */
  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Lets time pass without anything happening: a disk that blocks, a process that sleeps. */
  block(forMs: number): void {
    this.#elapsedMs += forMs;
  }

  /** Registers an event. */
  at(dueMs: number, owner: EventOwner, run: () => void, shuffled: boolean): TimerHandle {
    const event = {
      dueMs,
      tieBreaker: shuffled ? this.#random.nextUint32() : 2 ** 31,
      sequence: this.#sequence++,
      owner,
      run: run as (() => void) | undefined,
      cancel(): void {
        event.run = undefined;
      },
    };
    if (dueMs !== Infinity) this.#events.push(event);
    return event;
  }

  /** Registers the arrival of a message after some latency, after all earlier ones of its lane. */
  arrive(lane: Lane, owner: EventOwner, run: () => void): void {
    const latencyMs = this.#options.maxLatencyMs === 0 ? 0 : this.#random.below(this.#options.maxLatencyMs * 1000 + 1) / 1000;
    lane.lastDueMs = Math.max(lane.lastDueMs, this.#elapsedMs + latencyMs);
    this.at(lane.lastDueMs, owner, run, false);
  }

  /** Runs the next event, moving time to it; false when there is none, or none due by then. */
  runNext(untilMs: number = Infinity): boolean {
    this.#dropDead(untilMs);
    const next = this.#events.peek();
    if (next === undefined || next.dueMs > untilMs) return false;
    this.#events.pop();
    this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
    const run = next.run!;
    next.run = undefined;
    run();
    return true;
  }

  /** Moves time forward to a moment that nothing is due before. */
  moveTo(elapsedMs: number): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, elapsedMs);
  }

  /** A suspended owner goes on: what it has missed happens now, in its order. */
  resumed(owner: EventOwner): void {
    const missed = this.#held.filter((event) => event.owner === owner);
    this.#held = this.#held.filter((event) => event.owner !== owner);
    for (const event of missed) this.#events.push(event);
  }

  #dropDead(untilMs: number = Infinity): void {
    for (let next = this.#events.peek(); next !== undefined; next = this.#events.peek()) {
      const isDead = next.run === undefined || next.owner.killed;
      if (!isDead && (next.owner.suspended !== true || next.dueMs > untilMs)) return;
      this.#events.pop();
      if (!isDead) this.#held.push(next);
    }
  }
}
