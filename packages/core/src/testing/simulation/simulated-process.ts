import type { EventOwner, VirtualTime } from './virtual-time.js';

/** One process or thread of a simulated machine. Killed, it does nothing any more: its timers and messages are dropped. */
export class SimulatedProcess implements EventOwner {
  readonly pid: number;
  readonly name: string;
  readonly time: VirtualTime;
  killed: boolean;
  suspended: boolean;
  /** The process that this one is a thread of; itself when it is none. */
  readonly root: SimulatedProcess;
  readonly #threads: SimulatedProcess[];
  readonly #killListeners: (() => void)[];

  constructor(pid: number, name: string, time: VirtualTime, parent?: SimulatedProcess) {
    this.pid = pid;
    this.name = name;
    this.time = time;
    this.killed = false;
    this.suspended = false;
    this.root = parent?.root ?? this;
    this.#threads = [];
    if (parent !== undefined) this.root.#threads.push(this);
    this.#killListeners = [];
  }

  /** Runs when the process is killed: for what others notice of it. */
  onKill(listener: () => void): void {
    this.#killListeners.push(listener);
  }

  /** Stops the process with all its threads (SIGSTOP): nothing of it happens until `wake`. Messages to it wait. */
  suspend(): void {
    for (const one of [this, ...this.#threads]) one.suspended = true;
  }

  /** Ends one of its threads, chosen by a number, or the whole process when it has none. */
  killOneThread(choice: number): void {
    const alive = this.#threads.filter(({ killed }) => !killed);
    if (alive.length === 0) this.kill();
    else (alive[choice % alive.length] as SimulatedProcess).kill();
  }

  /** Lets a stopped process go on (SIGCONT); it does not know that time has passed. */
  wake(): void {
    for (const one of [this, ...this.#threads]) {
      one.suspended = false;
      one.time.resumed(one);
    }
  }

  /** Ends the process between two events, without a last word. */
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    for (const listener of this.#killListeners) listener();
  }
}
