import type { IntervalJoinContext, IntervalJoinFunction } from '../../functions/join-functions.js';
import type { Collector, SideCollectors } from '../../functions/collector.js';
import type { FunctionSource, RichFunction } from '../../functions/user-function.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { StateBackend, WindowTable } from '../../state/backend.js';
import type { Counter } from '../../base/metrics.js';
import { RecordWithoutTimestamp } from '../errors.js';
import { excerpt } from '../../record/excerpt.js';
import type { Operator, OperatorFactory, Progress, Receiver } from '../operator.js';
import type { Flow, OperatorContext, OperatorInfo, RecordContext } from '../operator-context.js';
import { OutputCollector, sideCollectors } from '../output-collector.js';
import { closeFunction, functionOf, openFunction, type Waited } from '../user-function-life.js';
import { placeOf, PromiseCheck, userFailure } from '../user-failure.js';
import { IntervalInvalid } from './errors.js';
import { IntervalBuffer, type Waiting } from './interval-buffer.js';

/** An object with a `join` method, for a join function with a life cycle. */
export interface RichIntervalJoinFunction extends RichFunction {
  join(left: unknown, right: unknown, context: IntervalJoinContext<Record<string, unknown>>, out: Collector<unknown>): unknown;
}

type AnyIntervalJoin = IntervalJoinFunction<unknown, unknown, unknown, Record<string, unknown>> | RichIntervalJoinFunction;

/** Everything an interval join is made from. */
export interface IntervalJoinSpec {
  readonly keyOf1: (value: unknown) => unknown;
  readonly keyOf2: (value: unknown) => unknown;
  /** The type of the keys; dynamic when not given. */
  readonly keyType?: TypeInfo;
  /** A left element is joined with the right ones from `lowerMs` to `upperMs` after it; both may be negative. */
  readonly lowerMs: number;
  readonly upperMs: number;
  /** Whether the bounds belong to the interval; true unless said otherwise. */
  readonly lowerInclusive?: boolean;
  readonly upperInclusive?: boolean;
  readonly join: FunctionSource<AnyIntervalJoin>;
  /** The types of the elements; dynamic when not given. */
  readonly type1?: TypeInfo;
  readonly type2?: TypeInfo;
  /** Side outputs for late elements; without one they are counted and dropped. */
  readonly lateLeft?: string;
  readonly lateRight?: string;
  /** The side outputs that the function may use. */
  readonly sideOutputs?: readonly string[];
}

/**
 * Joins each left element with the right ones of its key whose timestamps lie in an interval around its own (rule 29).
 * Throws a coded error when the interval is empty.
 */
export function intervalJoinOperator(spec: IntervalJoinSpec): OperatorFactory {
  for (const bound of [spec.lowerMs, spec.upperMs]) {
    if (!Number.isSafeInteger(bound)) throw IntervalInvalid.error({ what: `a bound of the interval join is ${String(bound)} ms` });
  }
  const lower = spec.lowerMs + (spec.lowerInclusive === false ? 1 : 0);
  const upper = spec.upperMs - (spec.upperInclusive === false ? 1 : 0);
  if (lower > upper) {
    throw IntervalInvalid.error({ what: `no millisecond lies between the lower bound of ${spec.lowerMs} ms and the upper bound of ${spec.upperMs} ms` });
  }
  return { create: () => new IntervalJoinOperator(spec, lower, upper) };
}

/** The state of each side, by bucket of time and key. */
const LEFT_STATE = 'join-left';
const RIGHT_STATE = 'join-right';

class IntervalJoinOperator implements Operator {
  recordsIn: number;
  readonly #spec: IntervalJoinSpec;
  readonly #lower: number;
  readonly #upper: number;
  #fn: AnyIntervalJoin | undefined;
  #join!: IntervalJoinFunction<unknown, unknown, unknown, Record<string, unknown>>;
  #left!: IntervalBuffer;
  #right!: IntervalBuffer;
  #watermark: number;
  /** Pairs of the last element that are still to be emitted: the partners found for it, and the next of them. */
  #found: Waiting[];
  #next: number;
  #value: unknown;
  #timestamp: number;
  #fromLeft: boolean;
  /** Elements that came while pairs were left. */
  #queued: { readonly value: unknown; readonly timestamp: number; readonly isLeft: boolean }[];
  #pair!: Pair;
  #output!: Receiver;
  #collector!: OutputCollector;
  #promises!: PromiseCheck;
  #lateDropped!: Counter;
  #lateLeft: Receiver | undefined;
  #lateRight: Receiver | undefined;
  #record!: RecordContext;
  #flow!: Flow;
  #info!: OperatorInfo;

  constructor(spec: IntervalJoinSpec, lower: number, upper: number) {
    this.recordsIn = 0;
    this.#spec = spec;
    this.#lower = lower;
    this.#upper = upper;
    this.#watermark = -Infinity;
    this.#found = [];
    this.#next = 0;
    this.#value = undefined;
    this.#timestamp = Number.NaN;
    this.#fromLeft = true;
    this.#queued = [];
  }

  open(context: OperatorContext): Waited {
    const spec = this.#spec;
    this.#record = context.record;
    this.#flow = context.flow;
    this.#info = context.info;
    this.#output = context.output;
    this.#watermark = context.time.watermark();
    const state = context.state(spec.keyType ?? t.dynamic);
    const interval = this.#upper - this.#lower;
    this.#left = new IntervalBuffer(table(state, LEFT_STATE, spec.type1), interval, Math.max(0, this.#upper));
    this.#right = new IntervalBuffer(table(state, RIGHT_STATE, spec.type2), interval, Math.max(0, -this.#lower));
    this.#lateLeft = spec.lateLeft === undefined ? undefined : context.sideOutput(spec.lateLeft);
    this.#lateRight = spec.lateRight === undefined ? undefined : context.sideOutput(spec.lateRight);
    this.#lateDropped = context.metrics.counter('numLateRecordsDropped');
    this.#collector = new OutputCollector(context.output, context.record);
    this.#pair = new Pair(sideCollectors(spec.sideOutputs ?? [], context));
    this.#promises = new PromiseCheck(context.info, 'the join function');
    const fn = functionOf<AnyIntervalJoin>(spec.join, context);
    this.#fn = fn;
    this.#join = typeof fn === 'function' ? fn : (left, right, pair, out) => fn.join(left, right, pair, out);
    return openFunction(fn, context);
  }

  input(index: number): Receiver {
    const isLeft = index === 0;
    return { process: (value) => this.#element(value, isLeft) };
  }

  advance(watermark: number): Progress {
    this.#watermark = watermark;
    this.#left.advance(watermark);
    this.#right.advance(watermark);
    return 'done';
  }

  resume(): Progress {
    if (!this.#emit()) return 'more';
    const { timestamp: before } = this.#record;
    let isDone = true;
    while (isDone && this.#queued.length > 0) {
      const { value, timestamp, isLeft } = this.#queued.shift()!;
      this.#record.timestamp = timestamp;
      isDone = this.#take(value, isLeft);
    }
    this.#record.timestamp = before;
    return isDone ? 'done' : 'more';
  }

  close(): Waited {
    return closeFunction(this.#fn);
  }

  #element(value: unknown, isLeft: boolean): void {
    this.recordsIn++;
    const { timestamp } = this.#record;
    if (!Number.isFinite(timestamp)) throw this.#withoutTimestamp(value);
    // An operator before this one emitted several elements at once, and the pairs of the first are not out yet.
    if (this.#next < this.#found.length) this.#queued.push({ value, timestamp, isLeft });
    else if (!this.#take(value, isLeft)) this.#flow.backlog();
  }

  /** Buffers an element and emits its pairs; false when some are left. */
  #take(value: unknown, isLeft: boolean): boolean {
    const { timestamp } = this.#record;
    const watermark = this.#watermark;
    if (timestamp < watermark) {
      this.#late(value, isLeft);
      return true;
    }
    let key: unknown;
    try {
      key = isLeft ? this.#spec.keyOf1(value) : this.#spec.keyOf2(value);
      (isLeft ? this.#left : this.#right).add(key, value, timestamp, watermark);
    } catch (error) {
      throw userFailure(this.#info, 'the key function', error, value);
    }
    this.#found.length = 0;
    this.#next = 0;
    if (isLeft) this.#right.collect(key, timestamp + this.#lower, timestamp + this.#upper, watermark, this.#found);
    else this.#left.collect(key, timestamp - this.#upper, timestamp - this.#lower, watermark, this.#found);
    this.#value = value;
    this.#timestamp = timestamp;
    this.#fromLeft = isLeft;
    return this.#emit();
  }

  /** Emits the pairs of the last element while the outputs take more; false when some are left. */
  #emit(): boolean {
    const found = this.#found;
    while (this.#next < found.length) {
      this.#emitPair(found[this.#next++]!);
      if (!this.#flow.mayEmit()) break;
    }
    if (this.#next < found.length) return false;
    found.length = 0;
    this.#next = 0;
    this.#value = undefined;
    return true;
  }

  #emitPair(other: Waiting): void {
    const pair = this.#pair;
    const record = this.#record;
    const before = record.timestamp;
    pair.leftTimestamp = this.#fromLeft ? this.#timestamp : other.timestamp;
    pair.rightTimestamp = this.#fromLeft ? other.timestamp : this.#timestamp;
    record.timestamp = Math.max(this.#timestamp, other.timestamp);
    const left = this.#fromLeft ? this.#value : other.value;
    const right = this.#fromLeft ? other.value : this.#value;
    let returned: unknown;
    try {
      returned = this.#join(left, right, pair, this.#collector);
      if (this.#promises.active) this.#promises.look(returned);
    } catch (error) {
      throw userFailure(this.#info, 'the join function', error, left);
    }
    if (returned !== undefined) this.#output.process(returned);
    record.timestamp = before;
  }

  #late(value: unknown, isLeft: boolean): void {
    const output = isLeft ? this.#lateLeft : this.#lateRight;
    if (output !== undefined) output.process(value);
    else this.#lateDropped.value++;
  }

  #withoutTimestamp(value: unknown): Error {
    return RecordWithoutTimestamp.error({
      what: `the interval join "${this.#info.name}" got a record without a timestamp: ${excerpt(value)}`,
      where: placeOf(this.#info),
    });
  }
}

/** The pair under way, as the function sees it; one object whose timestamps change. */
class Pair implements IntervalJoinContext<Record<string, unknown>> {
  leftTimestamp: number;
  rightTimestamp: number;
  readonly side: SideCollectors<Record<string, unknown>>;

  constructor(side: SideCollectors<Record<string, unknown>>) {
    this.leftTimestamp = 0.5;
    this.rightTimestamp = 0.5;
    this.side = side;
  }

  get timestamp(): number {
    return Math.max(this.leftTimestamp, this.rightTimestamp);
  }
}

function table(state: StateBackend, name: string, type: TypeInfo = t.dynamic): WindowTable<Waiting[]> {
  const waiting = t.struct({ value: type, timestamp: t.number, until: t.number });
  return state.windowTable(name, t.list(waiting) as TypeInfo<Waiting[]>);
}
