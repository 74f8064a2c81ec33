import { BinaryHeap } from '../base/binary-heap.js';
import { RECORD_UNKNOWN } from '../base/errors.js';
import type { FunctionSource } from '../functions/user-function.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { OperatorListState } from '../state/handles.js';
import { type AsyncEntry, AsyncQueue } from './async-queue.js';
import { type AsyncLimits, type AsyncMapFunction, checkAsyncLimits, retryDelay, type RichAsyncMapFunction } from './async-settings.js';
import { AsyncCallTimedOut } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { EndProgress, Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo, RecordContext } from './operator-context.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';
import { laterUserFailure, placeOf } from './user-failure.js';

/** What an asynchronous map needs. */
export interface AsyncMapSettings extends AsyncLimits {
  readonly fn: FunctionSource<AsyncMapFunction<never, unknown> | RichAsyncMapFunction<never, unknown>>;
  /** Gives the result of a record that ran out of time; without it the job fails. */
  readonly onTimeout?: (value: never) => unknown;
  /** Type of the records, for those in flight at a snapshot; dynamic unless given. */
  readonly inputType?: TypeInfo;
}

/**
 * One result per record, given later by a promise (rule 33).
 *
 * Up to `capacity` calls are under way; the input stops while there are so many. Records that have not left are state:
 * after a restore their calls are made again. The first completion of a record counts: an answer that comes after its
 * timeout, or from an attempt that was given up, is ignored.
 */
export function asyncMapOperator(settings: AsyncMapSettings): OperatorFactory {
  checkAsyncLimits(settings);
  return { create: () => new AsyncMapOperator(settings) };
}

/** A record as the state keeps it. */
interface Stored {
  readonly value: unknown;
  readonly timestamp: number;
}

/** A time at which something is due for an entry: its deadline, or its next attempt. */
interface Alarm {
  readonly time: number;
  readonly entry: AsyncEntry;
  readonly kind: 'deadline' | 'retry';
}

type Called = AsyncMapFunction<unknown, unknown> | RichAsyncMapFunction<unknown, unknown>;

class AsyncMapOperator implements Operator, Receiver {
  recordsIn: number;
  readonly ownsWatermarks = true;
  readonly finishesOnStop = true;
  /** What has no room to leave does not keep calls from ending by their deadline or from being repeated. */
  readonly takesTimeUnfinished = true;
  readonly #settings: AsyncMapSettings;
  readonly #queue: AsyncQueue;
  readonly #alarms: BinaryHeap<Alarm>;
  /** Records beyond the capacity: one step upstream may give several before it stops. */
  #unstarted: AsyncEntry[];
  #running: number;
  /** Input is held: all calls are taken. */
  #held: boolean;
  /** The final watermark or the end has come and may not pass the calls under way. */
  #ending: boolean;
  #function: Called | undefined;
  #call!: AsyncMapFunction<unknown, unknown>;
  #stored!: OperatorListState<Stored>;
  #context!: OperatorContext;
  #info!: OperatorInfo;
  #record!: RecordContext;
  #closed: boolean;

  constructor(settings: AsyncMapSettings) {
    this.recordsIn = 0;
    this.#settings = settings;
    this.#queue = new AsyncQueue(settings.ordered);
    this.#alarms = new BinaryHeap<Alarm>((left, right) => left.time - right.time);
    this.#unstarted = [];
    this.#running = 0;
    this.#held = false;
    this.#ending = false;
    this.#closed = false;
  }

  open(context: OperatorContext): Waited {
    const fn = functionOf<Called>(this.#settings.fn, context);
    this.#function = fn;
    this.#call = typeof fn === 'function' ? fn : (value, call) => fn.asyncMap(value, call);
    this.#context = context;
    this.#info = context.info;
    this.#record = context.record;
    this.#stored = context.state().operatorList<Stored>('in-flight', storedType(this.#settings.inputType), 'list');
    const opening = openFunction(fn, context);
    if (opening instanceof Promise) return opening.then(() => this.#sendAgain());
    this.#sendAgain();
    return undefined;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    this.#accept(value, this.#record.timestamp);
  }

  /** A watermark waits behind the results before it. The final one is passed on by the chain, when nothing is left. */
  advance(watermark: number): EndProgress {
    if (watermark === Number.POSITIVE_INFINITY) return this.#awaitAll();
    this.#queue.addWatermark(watermark);
    return this.#emit() ? 'done' : 'more';
  }

  /** So does a status: downstream must not take an idle stream for one that is merely slow. */
  statusChanged(idle: boolean): void {
    this.#queue.addStatus(idle);
    this.#emitOrKeep();
  }

  resume(): EndProgress {
    if (this.#ending) return this.#awaitAll();
    return this.#emit() ? 'done' : 'more';
  }

  processingTime(now: number): Progress {
    for (let alarm = this.#alarms.peek(); alarm !== undefined && alarm.time <= now; alarm = this.#alarms.peek()) {
      this.#alarms.pop();
      if (alarm.entry.settled) continue;
      if (alarm.kind === 'deadline') this.#timeOut(alarm.entry);
      else this.#attempt(alarm.entry);
    }
    this.#wake();
    return this.#emit() && !this.#endReached ? 'done' : 'more';
  }

  finish(): EndProgress {
    return this.#awaitAll();
  }

  beforeSnapshot(): void {
    this.#stored.update(Array.from(this.#queue.calls(), ({ value, timestamp }) => ({ value, timestamp })));
  }

  close(): Waited {
    this.#closed = true;
    for (const entry of this.#queue.calls()) entry.controller?.abort();
    return closeFunction(this.#function);
  }

  #sendAgain(): void {
    const restored = this.#stored.get().slice();
    this.#stored.clear();
    for (const { value, timestamp } of restored) this.#accept(value, timestamp);
  }

  #accept(value: unknown, timestamp: number): void {
    const deadline = this.#context.time.now() + this.#settings.timeoutMs;
    const entry: AsyncEntry = { kind: 'call', value, timestamp, attempt: 0, settled: false, result: undefined, deadline, controller: undefined };
    this.#queue.add(entry);
    this.#alarms.push({ time: deadline, entry, kind: 'deadline' });
    if (this.#running < this.#settings.capacity) this.#start(entry);
    else this.#unstarted.push(entry);
    this.#wake();
    this.#updateHold();
  }

  #start(entry: AsyncEntry): void {
    this.#running++;
    this.#attempt(entry);
  }

  #attempt(entry: AsyncEntry): void {
    const attempt = ++entry.attempt;
    const controller = new AbortController();
    entry.controller?.abort();
    entry.controller = controller;
    const signal = AbortSignal.any([controller.signal, this.#context.signal]);
    let result: unknown;
    try {
      result = this.#call(entry.value, { signal });
    } catch (error) {
      result = Promise.reject(error as Error);
    }
    Promise.resolve(result).then(
      (value) => this.#context.mailbox.post(() => this.#succeeded(entry, value)),
      (error: unknown) => this.#context.mailbox.post(() => this.#failed(entry, attempt, error)),
    );
  }

  #succeeded(entry: AsyncEntry, result: unknown): void {
    if (entry.settled || this.#closed) return;
    this.#settle(entry, result);
    this.#emitOrKeep();
  }

  #failed(entry: AsyncEntry, attempt: number, error: unknown): void {
    // Of an attempt that was given up, or of a record that has its result, the failure means nothing any more.
    if (entry.settled || this.#closed || attempt !== entry.attempt) return;
    const { retry } = this.#settings;
    if (retry === undefined || attempt >= retry.attempts || retry.retryOn?.(error) === false) {
      throw laterUserFailure(this.#info, `the asyncMap function (attempt ${attempt})`, error, entry.value);
    }
    this.#alarms.push({ time: this.#context.time.now() + retryDelay(retry, attempt + 1), entry, kind: 'retry' });
    this.#wake();
  }

  #timeOut(entry: AsyncEntry): void {
    entry.controller?.abort();
    const { onTimeout, timeoutMs } = this.#settings;
    if (onTimeout === undefined) {
      throw AsyncCallTimedOut.error({
        what: `a call of "${this.#info.name}" was not done after ${timeoutMs} ms and ${entry.attempt} ${entry.attempt === 1 ? 'attempt' : 'attempts'}, at the record ${excerpt(entry.value)}`,
        where: { ...placeOf(this.#info), ...RECORD_UNKNOWN },
      });
    }
    let result: unknown;
    try {
      result = (onTimeout as (value: unknown) => unknown)(entry.value);
    } catch (error) {
      throw laterUserFailure(this.#info, 'onTimeout', error, entry.value);
    }
    this.#settle(entry, result);
  }

  /** The record has its result: its call is free for the next one. */
  #settle(entry: AsyncEntry, result: unknown): void {
    entry.settled = true;
    entry.result = result;
    this.#queue.settled(entry);
    if (entry.attempt === 0) this.#unstarted = this.#unstarted.filter((other) => other !== entry);
    else this.#running--;
    const next = this.#running < this.#settings.capacity ? this.#unstarted.shift() : undefined;
    if (next !== undefined) this.#start(next);
    this.#updateHold();
  }

  /**
   * Holding the input lets the subtask sleep until mail comes. Never while something may leave: that waits for credit or
   * time and not for mail, and a held subtask is not resumed when they come.
   */
  #updateHold(): void {
    const hold = !this.#queue.hasNext && this.#running >= this.#settings.capacity && !this.#ending;
    if (hold === this.#held) return;
    this.#held = hold;
    if (hold) this.#context.flow.hold();
    else this.#context.flow.release();
  }

  /** Emits what may leave; false when the outputs take no more. A hold stops all output, so our own is lifted meanwhile. */
  #emit(): boolean {
    const { flow } = this.#context;
    if (this.#held) flow.release();
    const done = this.#emitAll();
    if (this.#held) flow.hold();
    this.#updateHold();
    return done;
  }

  #emitAll(): boolean {
    const { output, flow, time } = this.#context;
    const record = this.#record;
    while (this.#queue.hasNext) {
      if (!flow.mayEmit()) return false;
      const next = this.#queue.next();
      if (next.kind === 'watermark') {
        time.emitWatermark(next.watermark);
        continue;
      }
      if (next.kind === 'status') {
        time.emitIdle(next.idle);
        continue;
      }
      const before = record.timestamp;
      record.timestamp = next.timestamp;
      output.process(next.result);
      record.timestamp = before;
    }
    return true;
  }

  /** Results came as mail: emits them, or leaves them to `resume`. */
  #emitOrKeep(): void {
    if (!this.#emit() || this.#endReached) this.#context.flow.backlog();
  }

  /** The last result that the end waited for has left: `resume` says so. */
  get #endReached(): boolean {
    return this.#ending && this.#queue.isEmpty;
  }

  /** Done when every record has left. Nothing more comes in here, but other inputs of the chain are not held for it. */
  #awaitAll(): EndProgress {
    this.#ending = true;
    if (!this.#emit()) return 'more';
    if (!this.#queue.isEmpty) return 'waiting';
    this.#ending = false;
    return 'done';
  }

  #wake(): void {
    for (let alarm = this.#alarms.peek(); alarm?.entry.settled === true; alarm = this.#alarms.peek()) this.#alarms.pop();
    this.#context.time.wakeAt(this.#alarms.peek()?.time ?? Number.POSITIVE_INFINITY);
  }
}

function storedType(inputType: TypeInfo | undefined): TypeInfo<Stored> {
  const value: TypeInfo = inputType ?? Object.freeze({ kind: 'dynamic' });
  return Object.freeze({
    kind: 'struct',
    fields: Object.freeze([
      Object.freeze({ name: 'value', type: value }),
      Object.freeze({ name: 'timestamp', type: Object.freeze({ kind: 'number' }) }),
    ]),
  } as const);
}
