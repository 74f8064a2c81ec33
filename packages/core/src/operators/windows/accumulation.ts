/** What windows keep of their elements: reduced, aggregated, or all of them. One shape for the three, so that every operator is written once. */
import type { AggregateFunction, ReduceFunction, RichReduceFunction } from '../../functions/aggregate-function.js';
import type { Buffered } from '../../functions/window.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { StoredForm } from '../../state/backend.js';
import type { StageCode } from '../fusion/stage-code.js';
import type { OperatorContext, OperatorInfo, RecordContext } from '../operator-context.js';
import { closeFunction, functionOf, openFunction, type Waited } from '../user-function-life.js';
import { PromiseCheck } from '../user-failure.js';
import { copyValue } from './copy-value.js';
import { ValueCopier } from './value-copier.js';
import type { WindowFunctionSpec, WindowSpec } from './window-spec.js';

/**
 * How a window takes elements in. An accumulator handed in first place belongs to the caller and may be changed and
 * returned; one in second place, and one given to `result`, is left as it is.
 */
export interface Accumulation {
  /** False when two accumulators cannot be made one. */
  readonly canMerge: boolean;
  /** True when `result` makes a new value, so that one accumulator can give any number of results. */
  readonly makesResults: boolean;
  /** The accumulator of one element. */
  first(value: unknown): unknown;
  /** Takes an element in. */
  add(accumulator: unknown, value: unknown): unknown;
  /** `add` as text: statements that declare `after`; where it is missing, `add` is called. */
  fuseAdd?(code: StageCode, accumulator: string, value: string): string;
  /** The expression for an accumulator of no element, to which `add` makes what `first` gives; where it is missing, `first` is called. */
  fuseCreate?(code: StageCode): string;
  /** Takes `other` into `accumulator`. */
  merge(accumulator: unknown, other: unknown): unknown;
  /** An accumulator of its own with the same contents. */
  copy(accumulator: unknown): unknown;
  /** The value to emit, independent of the accumulator; when that `isGivenAway`, dropped afterwards, it may be the accumulator itself. */
  result(accumulator: unknown, isGivenAway: boolean): unknown;
  close(): Waited;
}

/** The accumulation of a window and what its opening gives. */
export interface OpenedAccumulation {
  readonly accumulation: Accumulation;
  readonly opening: Waited;
}

/** Makes the accumulation of a window operator; `buffered` when an evictor wants the elements with their timestamps. */
export function openAccumulation(spec: WindowSpec, buffered: boolean, context: OperatorContext): OpenedAccumulation {
  if (buffered) return { accumulation: new BufferAccumulation(context.record), opening: undefined };
  const fn = spec.function;
  if (fn.kind === 'process') return { accumulation: new ListAccumulation(), opening: undefined };
  return openIncremental(fn, context);
}

/** The accumulation of a reduce or aggregate function, without regard to evictors. */
export function openIncremental(fn: Exclude<WindowFunctionSpec, { kind: 'process' }>, context: OperatorContext): OpenedAccumulation {
  if (fn.kind === 'reduce') {
    const reduce = functionOf<ReduceFunction<unknown> | RichReduceFunction<unknown>>(fn.reduce, context);
    return { accumulation: new ReduceAccumulation(reduce, new PromiseCheck(context.info, 'the reduce function')), opening: openFunction(reduce, context) };
  }
  const aggregate = functionOf<AggregateFunction<unknown, unknown, unknown>>(fn.aggregate, context);
  return { accumulation: new AggregateAccumulation(aggregate, new PromiseCheck(context.info, 'the aggregate function')), opening: openFunction(aggregate, context) };
}

/** The accumulation of an aggregate function without a life cycle, for who is not its operator. */
export function accumulationOf(aggregate: AggregateFunction<unknown, unknown, unknown>, info: OperatorInfo): Accumulation {
  return new AggregateAccumulation(aggregate, new PromiseCheck(info, 'the aggregate function'));
}

/** The type of what a window keeps in state. */
export function storedType(spec: WindowSpec): TypeInfo {
  if (spec.evictor !== undefined) return t.list(t.struct({ value: spec.elementType, timestamp: t.optional(t.number) }));
  return spec.function.kind === 'process' ? t.list(spec.elementType) : spec.accumulatorType;
}

/** The spec for an operator that keeps nothing but accumulators in its tables, and tells them the {@link storedForm}. */
export function bareSpec(spec: WindowSpec): WindowSpec {
  const fn = spec.function;
  return fn.kind === 'aggregate' && fn.bare !== undefined ? { ...spec, function: { kind: 'aggregate', aggregate: fn.bare.aggregate } } : spec;
}

/** How snapshots hold the accumulators of a {@link bareSpec}; undefined: as they are. */
export function storedForm(spec: WindowSpec): StoredForm | undefined {
  return spec.function.kind === 'aggregate' ? spec.function.bare?.form : undefined;
}

class AggregateAccumulation implements Accumulation {
  readonly canMerge: boolean;
  readonly makesResults: boolean;
  readonly #aggregate: AggregateFunction<unknown, unknown, unknown>;
  readonly #copier: ValueCopier = new ValueCopier();
  #promises: PromiseCheck | undefined;

  constructor(aggregate: AggregateFunction<unknown, unknown, unknown>, promises: PromiseCheck) {
    this.#promises = promises;
    this.canMerge = aggregate.merge !== undefined;
    this.makesResults = aggregate.result !== undefined;
    this.#aggregate = aggregate;
  }

  first(value: unknown): unknown {
    return this.add(this.#aggregate.create(), value);
  }

  add(accumulator: unknown, value: unknown): unknown {
    const next = this.#aggregate.add(accumulator, value);
    if (this.#promises !== undefined) this.#promises = this.#promises.next(next);
    return next === undefined ? accumulator : next;
  }

  fuseCreate(code: StageCode): string {
    return `${code.part(this.#aggregate)}.create()`;
  }

  fuseAdd(code: StageCode, accumulator: string, value: string): string {
    return `
let after = ${code.part(this.#aggregate)}.add(${accumulator}, ${value});
${code.look(this.#promises, 'after')}
if (after === undefined) after = ${accumulator};`;
  }

  merge(accumulator: unknown, other: unknown): unknown {
    const next = this.#aggregate.merge!(accumulator, other);
    if (next === undefined) return accumulator;
    // A merge may well return the better of the two; were that the other one itself, adding to the result would change it.
    return next === other ? copyValue(next) : next;
  }

  copy(accumulator: unknown): unknown {
    return typeof accumulator === 'object' ? this.merge(this.#aggregate.create(), accumulator) : accumulator;
  }

  result(accumulator: unknown, isGivenAway: boolean): unknown {
    if (this.makesResults) return this.#aggregate.result!(accumulator);
    return isGivenAway ? accumulator : this.#copier.copy(accumulator);
  }

  close(): Waited {
    return closeFunction(this.#aggregate);
  }
}

class ReduceAccumulation implements Accumulation {
  readonly canMerge = true;
  readonly makesResults = false;
  readonly #function: ReduceFunction<unknown> | RichReduceFunction<unknown>;
  readonly #reduce: ReduceFunction<unknown>;
  readonly #copier: ValueCopier = new ValueCopier();
  #promises: PromiseCheck | undefined;

  constructor(fn: ReduceFunction<unknown> | RichReduceFunction<unknown>, promises: PromiseCheck) {
    this.#promises = promises;
    this.#function = fn;
    this.#reduce = typeof fn === 'function' ? fn : (accumulated, value) => fn.reduce(accumulated, value);
  }

  first(value: unknown): unknown {
    return value;
  }

  add(accumulator: unknown, value: unknown): unknown {
    const next = this.#reduce(accumulator, value);
    if (this.#promises !== undefined) this.#promises = this.#promises.next(next);
    return next;
  }

  fuseAdd(code: StageCode, accumulator: string, value: string): string {
    const fn = code.part(this.#function);
    return `
const after = ${typeof this.#function === 'function' ? fn : `${fn}.reduce`}(${accumulator}, ${value});
${code.look(this.#promises, 'after')}`;
  }

  merge(accumulator: unknown, other: unknown): unknown {
    const reduce = this.#reduce;
    const next = reduce(accumulator, other);
    return next === other ? copyValue(next) : next;
  }

  copy(accumulator: unknown): unknown {
    return this.#copier.copy(accumulator);
  }

  result(accumulator: unknown, isGivenAway: boolean): unknown {
    return isGivenAway ? accumulator : this.#copier.copy(accumulator);
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}

/** Keeps the elements in the order of their coming. */
class ListAccumulation implements Accumulation {
  readonly canMerge = true;
  readonly makesResults = true;

  first(value: unknown): unknown {
    return [value];
  }

  add(accumulator: unknown, value: unknown): unknown {
    (accumulator as unknown[]).push(value);
    return accumulator;
  }

  merge(accumulator: unknown, other: unknown): unknown {
    const list = accumulator as unknown[];
    for (const value of other as readonly unknown[]) list.push(value);
    return list;
  }

  copy(accumulator: unknown): unknown {
    return (accumulator as readonly unknown[]).slice();
  }

  // A function that keeps what it was given must not see it grow, so an early firing gives a list of its own.
  result(accumulator: unknown, isGivenAway: boolean): unknown {
    return isGivenAway ? accumulator : (accumulator as readonly unknown[]).slice();
  }

  close(): Waited {
    return undefined;
  }
}

/** Keeps the elements with their timestamps, for an evictor. */
class BufferAccumulation extends ListAccumulation {
  readonly #record: RecordContext;

  constructor(record: RecordContext) {
    super();
    this.#record = record;
  }

  override first(value: unknown): unknown {
    return [this.#buffered(value)];
  }

  override add(accumulator: unknown, value: unknown): unknown {
    (accumulator as Buffered<unknown>[]).push(this.#buffered(value));
    return accumulator;
  }

  #buffered(value: unknown): Buffered<unknown> {
    const { timestamp } = this.#record;
    return { value, timestamp: Number.isNaN(timestamp) ? undefined : timestamp };
  }
}
