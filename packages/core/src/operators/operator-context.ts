import type { ErrorLocation } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { MetricGroup } from '../base/metrics.js';
import type { StateBackend } from '../state/backend.js';
import type { TypeInfo } from '../record/types/type-info.js';

/** Where an operator puts its results: the receiver of the next operator, a fan-out, or an edge. */
export interface Output {
  /** Takes one result. Its timestamp is in the shared record context. */
  process(value: unknown): void;
}

/** The one cell that carries the timestamp of the record under way through a chain. */
export interface RecordContext {
  /**
   * Event timestamp in epoch milliseconds, NaN when there is none. It starts as NaN, so that the engine keeps the field
   * a double. Who sets it restores it.
   */
  timestamp: number;
}

/** Who and where an operator is. */
export interface OperatorInfo {
  readonly job: string;
  readonly name: string;
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly attempt: number;
  /** The user's file and line of the API call. */
  readonly definedAt: string | undefined;
  /** Check mode: values are verified and frozen. */
  readonly check: boolean;
  /** Source, split and offset of the record under way, as far as they are known: up to the first exchange. */
  currentPlace?(): ErrorLocation;
}

/** Tells an operator whether it may go on emitting. */
export interface Flow {
  /**
   * True while every output downstream takes more and the turn's time lasts. Asked after each result in loops that may
   * emit without bound; cheap (the clock is read at every 64th call).
   */
  mayEmit(): boolean;
  /** Says that this operator holds unfinished output of a record it has accepted: `resume` will be called. */
  backlog(): void;
  /**
   * Stops the subtask's whole input (a full sink, async capacity), or one input of the operator when `input` is given
   * (a lookup join that still loads its table), until the matching `release`. Mail goes on. Calls count. While an input
   * is held, barriers do not stop the operator's others: what these bring meanwhile may be in a snapshot and come again after a restore.
   * An operator that holds an input says which in its graph (`holdsInput`), and holds it from `open` on; one that has not
   * said so is refused by a coded error.
   */
  hold(input?: number): void;
  release(input?: number): void;
}

/** Time as an operator sees and makes it. */
export interface TimeControl {
  /** The current watermark of the operator; -Infinity before the first. Inside timers already the new one. */
  watermark(): number;
  /** Processing time in epoch milliseconds, read now. */
  now(): number;
  /** Processing time as read at the start of the batch: for use per record. */
  batchNow(): number;
  /** Asks for `processingTime` once `time` has come. Only the earliest request counts; Infinity cancels. */
  wakeAt(time: number): void;
  /** Emits a watermark downstream: only for operators that own their watermarks. One that does not advance is swallowed. */
  emitWatermark(watermark: number): void;
  /** Emits the status of the stream downstream: only for operators that own their watermarks. */
  emitIdle(idle: boolean): void;
}

/** The way back into the subtask's thread for whatever finishes later. */
export interface Mailbox {
  /** Runs `mail` between two records, before any more input. An error thrown there fails the subtask. */
  post(mail: () => void): void;
}

/** Everything an operator may use. At most 12 members, on purpose. */
export interface OperatorContext {
  readonly info: OperatorInfo;
  readonly record: RecordContext;
  /** The main output. */
  readonly output: Output;
  /** A side output by its tag; a receiver that drops, when nothing is connected. Resolve it once, in `open`. */
  sideOutput(tag: string): Output;
  /** True when something is connected to the side output. */
  hasSideOutput(tag: string): boolean;
  /** The operator's state; made at the first call, which is in `open`. `keyType` undefined: no keyed state. */
  state(keyType?: TypeInfo): StateBackend;
  readonly flow: Flow;
  readonly time: TimeControl;
  readonly mailbox: Mailbox;
  readonly metrics: MetricGroup;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}
