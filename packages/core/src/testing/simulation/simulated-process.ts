import type { EventOwner, VirtualTime } from './virtual-time.js';

/** One process or thread of a simulated machine. Killed, it does nothing any more: its timers and messages are dropped. */
export class SimulatedProcess implements EventOwner {
  readonly pid: number;
  readonly name: string;
  readonly time: VirtualTime;
  killed: boolean;
  readonly #killListeners: (() => void)[];

  constructor(pid: number, name: string, time: VirtualTime) {
    this.pid = pid;
    this.name = name;
    this.time = time;
    this.killed = false;
    this.#killListeners = [];
  }

  /** Runs when the process is killed: for what others notice of it. */
  onKill(listener: () => void): void {
    this.#killListeners.push(listener);
  }

  /** Ends the process between two events, without a last word. */
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    for (const listener of this.#killListeners) listener();
  }
}
