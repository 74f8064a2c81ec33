/** What every window operator has, whatever its windows: the function, the output, late elements. */
import type { Counter } from '../../base/metrics.js';
import { t } from '../../record/types/t.js';
import type { StateBackend } from '../../state/backend.js';
import { RecordWithoutTimestamp } from '../errors.js';
import { excerpt } from '../../record/excerpt.js';
import type { Receiver } from '../operator.js';
import type { OperatorContext, OperatorInfo, RecordContext } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { functionOf } from '../user-function-life.js';
import { placeOf, userFailure } from '../user-failure.js';
import { openAccumulation, openIncremental, type Accumulation } from './accumulation.js';
import { AggregateCannotMerge, WindowSettingInvalid, WindowStateCannotMerge } from './errors.js';
import { IterateEmitter } from './iterate-emitter.js';
import { ProcessEmitter } from './process-emitter.js';
import { MapEmitter, PlainEmitter, type WindowEmitter } from './window-emitter.js';
import { SINGLE_KEY, type AnyProcessWindowFunction, type WindowSpec } from './window-spec.js';

/** The opened parts of a window operator. */
export class WindowParts {
  readonly spec: WindowSpec;
  readonly info: OperatorInfo;
  readonly state: StateBackend;
  /** What is kept of the elements until the window fires. */
  readonly accumulation: Accumulation;
  /** With an evictor: the reduce or aggregate function, applied to what the evictor leaves. */
  readonly afterEviction: Accumulation | undefined;
  readonly keyOf: (value: unknown) => unknown;
  /** True for a window over all elements: users see no key. */
  readonly isWindowAll: boolean;
  readonly emitter: WindowEmitter;
  /** What the functions' opening gives, for the operator's own. */
  readonly opening: Waited;
  readonly #record: RecordContext;
  readonly #lateOutput: Receiver | undefined;
  readonly #lateDropped: Counter;

  constructor(spec: WindowSpec, merging: boolean, context: OperatorContext) {
    this.spec = spec;
    this.info = context.info;
    this.isWindowAll = spec.keyOf === undefined;
    this.state = context.state(this.isWindowAll ? t.number : (spec.keyType ?? t.dynamic));
    const fn = spec.function;
    const kept = openAccumulation(spec, spec.evictor !== undefined, context);
    this.accumulation = kept.accumulation;
    if (merging && !this.accumulation.canMerge) {
      throw AggregateCannotMerge.error({ what: `the aggregate function of "${context.info.name}" has no merge, and its windows merge`, where: placeOf(context.info) });
    }
    const after = spec.evictor !== undefined && fn.kind !== 'process' ? openIncremental(fn, context) : undefined;
    this.afterEviction = after?.accumulation;
    this.keyOf = spec.keyOf ?? theSingleKey;
    const { emitter, opening } = emitterOf(spec, merging, this.state, context);
    this.emitter = emitter;
    this.opening = bothOf(bothOf(kept.opening, after?.opening), opening);
    this.#record = context.record;
    this.#lateOutput = spec.lateOutput === undefined ? undefined : context.sideOutput(spec.lateOutput);
    this.#lateDropped = context.metrics.counter('numLateRecordsDropped');
  }

  /**
   * An element came too late for all its windows: to the late output, or else counted (rule 5). For `records` in one partial
   * accumulator, which are never made where there is a late output.
   */
  late(value: unknown, records: number = 1): void {
    if (this.#lateOutput !== undefined) this.#lateOutput.process(value);
    else this.#lateDropped.value += records;
  }

  /** The key as users see it. */
  userKey(key: unknown): unknown {
    return this.isWindowAll ? undefined : key;
  }

  /** The error for an element without a timestamp that event time can use (rule 12). */
  withoutTimestamp(value: unknown): Error {
    const { timestamp } = this.#record;
    return RecordWithoutTimestamp.error({
      what: `the window "${this.info.name}" works in event time and got a record ${Number.isNaN(timestamp) ? 'without a timestamp' : `with the timestamp ${timestamp}`}: ${excerpt(value)}`,
      where: placeOf(this.info),
    });
  }

  /** The error for what a user's function threw on an element. */
  failure(error: unknown, value: unknown): Error {
    return userFailure(this.info, 'the key, window or aggregate function', error, value);
  }

  close(): Waited {
    return bothOf(bothOf(this.accumulation.close(), this.afterEviction?.close()), this.emitter.close());
  }
}

/** The key of every element of a window over all elements. */
export function theSingleKey(): unknown {
  return SINGLE_KEY;
}

function emitterOf(spec: WindowSpec, merging: boolean, state: StateBackend, context: OperatorContext): { readonly emitter: WindowEmitter; readonly opening: Waited } {
  const { result } = spec;
  if (result === undefined) return { emitter: new PlainEmitter(context), opening: undefined };
  switch (result.kind) {
    case 'map':
      return { emitter: new MapEmitter(result.fn, context), opening: undefined };
    case 'iterate':
      return { emitter: new IterateEmitter(result.fn, context), opening: undefined };
    case 'process': {
      const fn = functionOf<AnyProcessWindowFunction>(result.fn, context);
      checkProcess(fn, merging, context);
      const emitter = new ProcessEmitter(fn, spec.function.kind !== 'process', spec.sideOutputs, state, context);
      return { emitter, opening: emitter.opening };
    }
  }
}

function checkProcess(fn: AnyProcessWindowFunction, merging: boolean, context: OperatorContext): void {
  if (typeof fn?.process !== 'function') {
    throw WindowSettingInvalid.error({ what: `the process window function of "${context.info.name}" has no process method`, where: placeOf(context.info) });
  }
  if (merging && fn.windowState !== undefined && Object.keys(fn.windowState).length > 0) throw windowStateError(fn.windowState, context.info);
}

/** The error for state of a window that may merge (rule 11). */
export function windowStateError(windowState: object, info?: OperatorInfo): Error {
  return WindowStateCannotMerge.error({
    what: `the process window function declares the window state ${Object.keys(windowState).join(', ')} on windows that merge`,
    ...(info === undefined ? {} : { where: placeOf(info) }),
  });
}

function bothOf(first: Waited, second: Waited): Waited {
  if (first === undefined) return second;
  return second === undefined ? first : first.then(() => second);
}
