/**
 * The sign of life of a task manager, in memory that it shares with the JobManager: a thread that is stuck in a function
 * cannot send messages, but what it last wrote here can still be read.
 */
export class Heartbeat {
  readonly #cells: Int32Array;

  /** On shared memory for another thread; on its own otherwise. */
  constructor(shared: SharedArrayBuffer | ArrayBuffer = new ArrayBuffer(HEARTBEAT_BYTES)) {
    this.#cells = new Int32Array(shared);
  }

  /** A subtask is stepped now, which had read so many records before. */
  enter(subtask: number, recordsIn: number): void {
    this.#cells[BEAT] = ((this.#cells[BEAT] as number) + 1) | 0;
    this.#cells[RECORDS] = recordsIn | 0;
    this.#cells[SUBTASK] = subtask + 1;
  }

  /** The step is over. */
  leave(): void {
    this.#cells[SUBTASK] = 0;
  }

  /** The thread is awake, whether it has work or not. */
  beat(): void {
    this.#cells[BEAT] = ((this.#cells[BEAT] as number) + 1) | 0;
  }

  /** What stands there: a count that moves while the thread lives, and what it is at. */
  read(): Pulse {
    const subtask = Atomics.load(this.#cells, SUBTASK) - 1;
    return { beats: Atomics.load(this.#cells, BEAT), subtask: subtask < 0 ? undefined : subtask, recordsIn: Atomics.load(this.#cells, RECORDS) };
  }
}

/** What a heartbeat says at one moment. */
export interface Pulse {
  readonly beats: number;
  /** The subtask that is being stepped; undefined between steps. */
  readonly subtask: number | undefined;
  /** Records that subtask had read when its step began, modulo 2^32. */
  readonly recordsIn: number;
}

/** The memory a heartbeat takes. */
export const HEARTBEAT_BYTES = 12;

const BEAT = 0;
const SUBTASK = 1;
const RECORDS = 2;
