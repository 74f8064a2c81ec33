import type { Sink, SinkWriter, WriteContext } from '../../connector/sink.js';
import { MillraceError, RECORD_UNKNOWN } from '../../base/errors.js';
import { excerpt } from '../../record/excerpt.js';
import { ConnectorFunctionFailed, ConnectorOptionInvalid } from '../errors.js';

/** What the function of a sink is told about a record. */
export interface FunctionSinkContext {
  /** Event timestamp in epoch milliseconds, NaN when there is none. */
  readonly timestamp: number;
  readonly subtask: number;
  /** Aborted when the job ends before its input: an asynchronous call should give up then. */
  readonly signal: AbortSignal;
}

/** Takes a record; a promise is waited for before a checkpoint is complete. */
export type SinkFunction<T> = (value: T, context: FunctionSinkContext) => void | Promise<void>;

/** How calls are made. */
export interface FunctionSinkOptions {
  /** Most calls under way at once, of one subtask; 16 unless given. Matters for functions that return a promise. */
  readonly maxInFlight?: number;
}

/**
 * Calls a function for every record, in order. When it returns promises, several are under way at once and the input waits
 * when there are too many. Before a checkpoint all of them have settled, so that after a restart records may come again
 * but none is lost. A rejected promise fails the job.
 */
export function functionSink<T>(write: SinkFunction<T>, options: FunctionSinkOptions = {}): Sink<T, never, never> {
  const { maxInFlight = 16 } = options;
  if (typeof write !== 'function') throw ConnectorOptionInvalid.error({ what: 'functionSink: the first argument is no function' });
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) throw ConnectorOptionInvalid.error({ what: `functionSink: maxInFlight is ${String(maxInFlight)}, and must be a whole number above 0` });
  return {
    kind: 'function',
    guarantee: 'at-least-once',
    restartsAlone: true,
    createWriter: ({ subtask, signal }) => new FunctionWriter(write, maxInFlight, subtask, signal),
  };
}

class FunctionWriter<T> implements SinkWriter<T, never, never> {
  readonly #write: SinkFunction<T>;
  readonly #maxInFlight: number;
  readonly #subtask: number;
  readonly #signal: AbortSignal;
  #inFlight: number;
  #failure: { readonly error: unknown } | undefined;
  #waiters: { readonly atMost: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[];

  constructor(write: SinkFunction<T>, maxInFlight: number, subtask: number, signal: AbortSignal) {
    this.#write = write;
    this.#maxInFlight = maxInFlight;
    this.#subtask = subtask;
    this.#signal = signal;
    this.#inFlight = 0;
    this.#failure = undefined;
    this.#waiters = [];
  }

  write(value: T, context: WriteContext): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    let outcome: void | Promise<void>;
    try {
      outcome = this.#write(value, { timestamp: context.timestamp, subtask: this.#subtask, signal: this.#signal });
    } catch (error) {
      throw failed(error, value);
    }
    if (outcome === undefined || outcome === null || typeof outcome.then !== 'function') return;
    this.#inFlight++;
    outcome.then(
      () => this.#settled(),
      (error: unknown) => {
        this.#failure ??= { error: failed(error, value).located(RECORD_UNKNOWN) };
        this.#settled();
      },
    );
  }

  isFull(): boolean {
    return this.#inFlight >= this.#maxInFlight;
  }

  drained(): Promise<void> {
    return this.#atMost(this.#maxInFlight - 1);
  }

  flush(): Promise<void> {
    return this.#atMost(0);
  }

  close(): void {}

  #atMost(atMost: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error as Error);
    if (this.#inFlight <= atMost) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ atMost, resolve, reject }));
  }

  #settled(): void {
    this.#inFlight--;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (this.#failure !== undefined) waiter.reject(this.#failure.error);
      else if (this.#inFlight <= waiter.atMost) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }
}

function failed(error: unknown, value: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  return ConnectorFunctionFailed.error({ what: `${error instanceof Error ? `${error.name}: ${error.message}` : String(error)} at the record ${excerpt(value)}`, cause: error });
}
