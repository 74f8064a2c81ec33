import type { Heartbeat } from './heartbeat.js';

/** Bytes of output that may be on their way before a worker waits for whoever reads it. */
export const OUTPUT_LIMIT: number = 4 * 1024 * 1024;

/** A worker that waits shows that it lives this often. */
const LOOK_MS = 500;

/** The memory of a flow, shared by both sides. */
export const OUTPUT_FLOW_BYTES = 4;

/**
 * Holds a worker back that prints faster than its output is read: it would fill the memory of the thread that coordinates
 * the job. Printing is synchronous, so the whole thread waits.
 */
export class OutputFlow {
  readonly #pending: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#pending = new Int32Array(shared);
  }

  /** The worker has sent so many bytes; returns when there is room for more. */
  sent(bytes: number, heartbeat: Heartbeat): void {
    Atomics.add(this.#pending, 0, bytes);
    for (;;) {
      const pending = Atomics.load(this.#pending, 0);
      if (pending <= OUTPUT_LIMIT) return;
      Atomics.wait(this.#pending, 0, pending, LOOK_MS);
      heartbeat.beat();
    }
  }

  /** The other side has handed so many bytes on. */
  taken(bytes: number): void {
    Atomics.sub(this.#pending, 0, bytes);
    Atomics.notify(this.#pending, 0);
  }
}
