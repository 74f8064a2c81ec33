/** Characters that may be on their way to standard output before the job waits for whoever reads it. */
export const OUTPUT_LIMIT: number = 4 * 1024 * 1024;

const PENDING = 0;
const CLOSED = 1;

/** The memory that the two sides of a flow share. */
export function newOutputFlow(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * The worker's side of the output: a job that prints faster than its reader reads would otherwise fill the memory of
 * the command. Printing is synchronous, so the whole thread waits; the second signal ends it all the same.
 */
export class OutputSender {
  readonly #shared: Int32Array;
  readonly #post: (text: string) => void;

  constructor(shared: SharedArrayBuffer, post: (text: string) => void) {
    this.#shared = new Int32Array(shared);
    this.#post = post;
  }

  /** Hands a text to the command, and returns when there is room for more. Dropped when nobody reads any more. */
  send(text: string): void {
    if (Atomics.load(this.#shared, CLOSED) === 1) return;
    Atomics.add(this.#shared, PENDING, text.length);
    this.#post(text);
    for (;;) {
      const pending = Atomics.load(this.#shared, PENDING);
      if (pending <= OUTPUT_LIMIT || Atomics.load(this.#shared, CLOSED) === 1) return;
      Atomics.wait(this.#shared, PENDING, pending);
    }
  }
}

/** The command's side: tells the worker what has been written, and when nobody reads any more. */
export class OutputReceiver {
  readonly #shared: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#shared = new Int32Array(shared);
  }

  written(characters: number): void {
    Atomics.sub(this.#shared, PENDING, characters);
    Atomics.notify(this.#shared, PENDING);
  }

  close(): void {
    Atomics.store(this.#shared, CLOSED, 1);
    // The waiting side looks at the count; a change of it is what wakes it for certain.
    Atomics.store(this.#shared, PENDING, 0);
    Atomics.notify(this.#shared, PENDING);
  }
}
