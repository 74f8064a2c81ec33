import type { Operator, Progress, Receiver } from '../operators/operator.js';
import type { OperatorContext, RecordContext } from '../operators/operator-context.js';
import { deepFreeze } from '../record/check-mode.js';

/** A result as the harness saw it. */
export interface OutputRecord {
  readonly kind: 'record';
  /** `main`, or the tag of a side output. */
  readonly output: string;
  readonly value: unknown;
  /** Event timestamp in epoch milliseconds, or undefined when there is none. */
  readonly timestamp: number | undefined;
}

/** Everything that leaves an operator, in its order. */
export type OutputEvent =
  | OutputRecord
  | { readonly kind: 'watermark'; readonly watermark: number }
  | { readonly kind: 'status'; readonly idle: boolean };

/** What an operator under test has emitted. Records are frozen, so that an operator that changes one later is found. */
export class HarnessLog {
  readonly events: OutputEvent[];
  readonly #freeze: boolean;

  constructor(freeze: boolean) {
    this.events = [];
    this.#freeze = freeze;
  }

  record(output: string, value: unknown, timestamp: number): void {
    if (this.#freeze) deepFreeze(value);
    this.events.push({ kind: 'record', output, value, timestamp: Number.isNaN(timestamp) ? undefined : timestamp });
  }
}

/** Takes the records of one output of the operators under test. */
export class OutputTap implements Receiver {
  readonly #log: HarnessLog;
  readonly #output: string;
  readonly #record: RecordContext;

  constructor(log: HarnessLog, output: string, record: RecordContext) {
    this.#log = log;
    this.#output = output;
    this.#record = record;
  }

  process(value: unknown): void {
    this.#log.record(this.#output, value, this.#record.timestamp);
  }
}

/** The last operator of the harness's chain: writes down records, watermarks and status in the order in which they come. */
export class LogOperator implements Operator, Receiver {
  recordsIn: number;
  readonly #log: HarnessLog;
  #record: RecordContext | undefined;

  constructor(log: HarnessLog) {
    this.recordsIn = 0;
    this.#log = log;
    this.#record = undefined;
  }

  open(context: OperatorContext): void {
    this.#record = context.record;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    this.#log.record('main', value, this.#record?.timestamp ?? Number.NaN);
  }

  advance(watermark: number): Progress {
    this.#log.events.push({ kind: 'watermark', watermark });
    return 'done';
  }

  statusChanged(idle: boolean): void {
    this.#log.events.push({ kind: 'status', idle });
  }
}
