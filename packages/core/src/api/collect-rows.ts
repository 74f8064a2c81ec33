import type { JobHandle } from '../operators/executor.js';
import { addCollect } from './sink-operations.js';
import type { StreamHandle } from './stream-handle.js';

/** Starts a job whose rows go to the given function. */
export type StartJob = (onRow: (channel: string, row: unknown) => void) => JobHandle;

/**
 * The rows of a stream as an async iterator: the first `next` starts the job, leaving early cancels it, and the job's
 * failure is thrown where the rows are read. Rows that nobody has asked for yet wait in memory.
 */
export function collectRows(stream: StreamHandle, alsoTo: ((channel: string, row: unknown) => void) | undefined, start: StartJob): AsyncIterableIterator<unknown> {
  const channel = addCollect(stream);
  return new RowIterator(channel, alsoTo, start);
}

type Waiting = { readonly resolve: (result: IteratorResult<unknown>) => void; readonly reject: (error: unknown) => void };

class RowIterator implements AsyncIterableIterator<unknown> {
  readonly #channel: string;
  readonly #alsoTo: ((channel: string, row: unknown) => void) | undefined;
  readonly #start: StartJob;
  #job: JobHandle | undefined;
  #rows: unknown[];
  #next: number;
  #waiting: Waiting[];
  #ended: boolean;
  #failure: { readonly error: unknown } | undefined;

  constructor(channel: string, alsoTo: ((channel: string, row: unknown) => void) | undefined, start: StartJob) {
    this.#channel = channel;
    this.#alsoTo = alsoTo;
    this.#start = start;
    this.#job = undefined;
    this.#rows = [];
    this.#next = 0;
    this.#waiting = [];
    this.#ended = false;
    this.#failure = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#job === undefined && !this.#ended) this.#begin();
    if (this.#next < this.#rows.length) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<unknown>> {
    const running = !this.#ended;
    this.#ended = true;
    this.#rows = [];
    this.#next = 0;
    if (running) await this.#job?.cancel();
    return { done: true, value: undefined };
  }

  #begin(): void {
    try {
      this.#job = this.#start((channel, row) => this.#row(channel, row));
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#job.done.then(
      () => this.#end(),
      (error: unknown) => this.#fail(error),
    );
  }

  #row(channel: string, row: unknown): void {
    if (channel !== this.#channel) {
      this.#alsoTo?.(channel, row);
      return;
    }
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#rows.push(row);
    else waiting.resolve({ done: false, value: row });
  }

  #take(): unknown {
    const row = this.#rows[this.#next++];
    // Taken rows are let go in blocks: a shift per row would cost the length of the queue.
    if (this.#next === this.#rows.length || this.#next === 4096) {
      this.#rows = this.#rows.slice(this.#next);
      this.#next = 0;
    }
    return row;
  }

  #end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting) waiting.resolve({ done: true, value: undefined });
    this.#waiting = [];
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const first = this.#waiting.shift();
    if (first === undefined) this.#failure = { error };
    else first.reject(error);
    this.#end();
  }
}
