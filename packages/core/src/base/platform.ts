import type { Digests } from './platform-digests.js';
import type { Files } from './platform-files.js';
import type { MachineInfo, ProcessInfo } from './platform-host.js';
import type { Sockets } from './platform-sockets.js';
import type { Threads } from './platform-threads.js';
import type { ReachPoints } from './reach-points.js';

/**
 * The port to everything outside the program: time, chance, files, threads, sockets, streams and the machine.
 *
 * Below `platform/node/` nothing in Millrace touches the outside in another way, so a whole job can run on a simulated
 * platform with virtual time and one seed. A platform is made once, where the program starts, and handed down; nobody
 * keeps one in a global. A thread has its own: a platform is never sent in a message.
 *
 * Implementations: `platform/node/node-platform.ts` and `testing/simulation/simulated-platform.ts`. Both pass the same
 * conformance suite.
 */
export interface Platform {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly files: Files;
  readonly threads: Threads;
  readonly sockets: Sockets;
  readonly streams: StandardStreams;
  readonly digests: Digests;
  readonly process: ProcessInfo;
  readonly machine: MachineInfo;
  /** Told at the moments of a run at which tests let it crash; a product run has nobody there. */
  readonly points: ReachPoints;
  /**
   * Imports the ES module at an absolute URL (`file:`, or `data:` where the platform has it) and gives its name space.
   * Rejects with what the module threw, or with the loader's error; the caller puts a coded error around it.
   */
  importModule(url: string): Promise<unknown>;
}

/**
 * The two clocks. Neither is called per record: a `now()` costs about 45 ns, so the loop reads them once per batch.
 */
export interface Clock {
  /** Wall clock in whole milliseconds since the epoch. May jump, also backwards; never measure a duration with it. */
  now(): number;
  /** Fractional milliseconds from an arbitrary start; never goes back. For durations and time budgets. */
  monotonicMs(): number;
}

/** A pending timer. */
export interface TimerHandle {
  /** The callback will not run any more. Calling it again, or after the timer ran, does nothing. */
  cancel(): void;
}

/** How a timer behaves beyond its delay. */
export interface TimerOptions {
  /** Whether a pending timer keeps the process alive; true unless said otherwise. Heartbeats say false. */
  readonly keepsAlive?: boolean;
}

/**
 * The platform's own timers: few and coarse. A task has one of them; timers of user functions live in its own queues.
 * Callbacks run one at a time, never inside the call that registers them, with all microtasks drained in between. A
 * callback that throws is a bug of the caller and ends the process (the simulator throws it out of `run`).
 */
export interface Timers {
  /**
   * Runs the callback once, after at least `delayMs` milliseconds. Any finite delay is legal: a negative one counts as
   * 0, and one above the native limit of 2^31-1 ms (25 days) is waited for in pieces by the implementation, because a
   * bare native timer would fire at once. `Infinity` is never due. NaN is a broken invariant.
   */
  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): TimerHandle;
  /**
   * Runs the callback as soon as the loop had a chance to handle input and output. In order of calls. This is how a
   * task yields after its time budget.
   */
  immediate(callback: () => void): void;
}

/** Chance. Good enough for nonces and tokens on a real platform; a function of the seed on the simulated one. */
export interface Random {
  /** A uniform integer in 0 … 2^32-1. */
  nextUint32(): number;
  /** A random (version 4) UUID in lower case. */
  uuid(): string;
  /** Fills the whole array with random bytes. */
  fill(bytes: Uint8Array): void;
}

/** The standard streams of the process. */
export interface StandardStreams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/**
 * A stream for text or bytes that others read: a terminal, a pipe or a file. Writes keep their order. A closed reader
 * (EPIPE) is told to the callback and to `flush`; it never ends the process by itself.
 */
export interface OutputStream {
  /**
   * Hands the text over and returns at once; true while the stream takes more without piling up. The callback runs when
   * the write left the process, or with a coded error when it never will.
   */
  write(data: string | Uint8Array, callback?: (error?: Error) => void): boolean;
  /** Settles when everything written so far left the process; rejects if some of it could not. */
  flush(): Promise<void>;
  /** Whether a person looks at it. No prompts, colours or progress bars otherwise. */
  readonly isTerminal: boolean;
  /** Width in characters; 80 where unknown. May change while the process runs. */
  readonly columns: number;
}
