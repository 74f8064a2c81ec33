/**
 * The contract between an operator and the chain that runs it.
 *
 * An operator is a plain synchronous object of one subtask. It never knows who runs it: it sees its
 * {@link OperatorContext}. The chain calls one method at a time, always in one thread, in this order:
 * `open`, then any of the others, `finish` when all inputs have ended, `close` always.
 *
 * Records come one by one through {@link Operator.input}; their timestamp is in `context.record.timestamp`. An operator
 * emits with `context.output.process(value)`, having set the timestamp if it is to be another one, and puts the old one
 * back before it returns. Everything that may emit without bound (timers, windows, iterables) works in steps: it asks
 * `context.flow.mayEmit()` after each result and, when told no, keeps its place and answers `'more'` (or calls
 * `context.flow.backlog()` where there is no answer to give); the chain then calls `resume` when there is room again and
 * gives it nothing else before `resume` has said `'done'`.
 */
import type { OperatorContext } from './operator-context.js';
import type { PreReduction } from './windows/pre-reduction.js';

/** Whether a step is finished or wants to be resumed. */
export type Progress = 'done' | 'more';

/**
 * At its end an operator may also be `'waiting'`: it has nothing to emit now, and something that comes as mail is still to
 * come (the result of a call). Other inputs of its chain, barriers and other operators go on meanwhile; those behind it are
 * told nothing. When the mail has come it calls `context.flow.backlog()`, and `resume` is asked again.
 */
export type EndProgress = Progress | 'waiting';

/** Takes records: an operator's input, a fan-out, or an edge. The record's timestamp is in the shared context. */
export interface Receiver {
  process(value: unknown): void;
}

/** Takes accumulators that senders have made of so many records of a key. A time in their slice is in the shared context. */
export interface PartialReceiver {
  take(key: unknown, accumulator: unknown, records: number): void;
}

/** One operator of one subtask. Optional methods are for those that need them; the chain looks once, at the start. */
export interface Operator {
  /** Records taken in so far: a plain counter that the operator increments in `process`. Read by metrics. */
  recordsIn: number;

  /** Takes its context and prepares. State is restored inside, through the context. Called once, sinks first. */
  open(context: OperatorContext): void | Promise<void>;

  /** The receiver of an input, from 0. Asked once, after `open`. An operator with one input is its own receiver. */
  input(index: number): Receiver;

  /** The receiver of partial accumulators, for operators whose factory offers a {@link PreReduction}. Asked once, after `open`. */
  partials?(): PartialReceiver;

  /**
   * Event time has advanced to `watermark` (the minimum over the active inputs). Fires what is due; the chain forwards
   * the watermark when the answer is (or becomes, by `resume`) `'done'`. Operators without it just pass it on. `'waiting'`
   * only at the final watermark.
   */
  advance?(watermark: number): EndProgress;

  /** True for operators that emit watermarks of their own and swallow those of their input, but for the final one. */
  readonly ownsWatermarks?: boolean;

  /**
   * True for operators that take their output into the text they write (`fusion/stage-code.ts`): it is given to them as it
   * is and not behind a generated function of its own.
   */
  readonly fusesOutput?: boolean;

  /** All inputs have become idle, or active again. Called before the status is forwarded. */
  statusChanged?(idle: boolean): void;

  /** Goes on with what was left: a pulled iterable, due timers, a fired window. */
  resume?(): EndProgress;

  /** The processing time has reached a time that was asked for by `context.time.wakeAt`. */
  processingTime?(now: number): Progress;

  /** A source batch was processed, or the watermark interval has passed: a chance to emit a watermark. */
  watermarkChance?(): void;

  /**
   * One input has ended: whatever feeds it has given all and is finished. The others may go on. Without `drained` the job
   * is being stopped, and what the input would still have brought comes when it goes on.
   */
  inputEnded?(index: number, drained: boolean): Progress;

  /** All inputs have ended and the final watermark has been worked off: emit what is left. */
  finish?(): EndProgress;

  /**
   * True for operators that are finished also when the job is stopped where it is, without the final watermark: sinks, and
   * whoever holds records that it has accepted and that no later input will bring out.
   */
  readonly finishesOnStop?: boolean;

  /**
   * True for operators that are called for their time also while their own work, or that of an operator behind them, is unfinished: since
   * it waits for that time (a call that may take no longer, or that is repeated), or since they only count time. They give a record then
   * only when `flow.mayEmit` says so. Others are called when all of that is done, before the chain is given more.
   */
  readonly takesTimeUnfinished?: boolean;

  /**
   * A barrier has come: put what lives outside the state into it (a sink prepares its commit). No emitting. `stopping`: the
   * job stops with this savepoint, so a sink hands out also what it would have kept open.
   */
  beforeSnapshot?(checkpointId: number, stopping: boolean): void;

  /** Checkpoint `checkpointId` is complete. May be skipped for some, and may come twice. */
  checkpointComplete?(checkpointId: number): void;

  /**
   * What must settle before a barrier's snapshot counts as complete (a sink's flush); undefined when nothing is under
   * way. Its rejection reaches the subtask as mail, not through here.
   */
  readonly pendingFlush?: Promise<void> | undefined;

  /** False while something is in flight that the end of the job waits for (a commit). Asked after `finish`. */
  isSettled?(): boolean;

  /** Called once at the end, whatever happened; 30 seconds at most, and must not throw. */
  close?(): void | Promise<void>;
}

/** Makes one operator per subtask. A job program holds one factory per node. */
export interface OperatorFactory {
  create(): Operator;
  /** What senders may do with records on their way to the operator, where they have several instances to send to. */
  readonly preReduction?: PreReduction;
}
