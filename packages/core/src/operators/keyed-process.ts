import type { Collector } from '../functions/collector.js';
import type { KeySelector } from '../functions/element-functions.js';
import type { SideDeclarations } from '../functions/process-function.js';
import type { FunctionSource, RichFunction } from '../functions/user-function.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { KeyedStateDeclarations } from '../state/declarations.js';
import { keyedStates } from './declared-states.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo, RecordContext } from './operator-context.js';
import { outputCollector, sideCollectors, sideOutputNames } from './output-collector.js';
import { KeyedContext } from './process-contexts.js';
import { ProcessInput } from './process-input.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';
import { userFailure } from './user-failure.js';
import { UserTimers } from './user-timers.js';

/** Any keyed process function. Parameters are `never`, so that every user's types fit: what they are is known at the API only. */
export interface AnyKeyedProcess extends RichFunction {
  readonly state?: KeyedStateDeclarations;
  processElement(value: never, context: never, out: never): void;
  onTimer?(timestamp: number, context: never, out: never): void;
}

/** Any keyed process function over two streams. */
export interface AnyKeyedCoProcess extends RichFunction {
  readonly state?: KeyedStateDeclarations;
  processElement1(value: never, context: never, out: never): void;
  processElement2(value: never, context: never, out: never): void;
  onTimer?(timestamp: number, context: never, out: never): void;
}

/** What a keyed process function over one stream needs. */
export interface KeyedProcessSettings {
  readonly keyOf: KeySelector<never, unknown>;
  readonly keyType: TypeInfo;
  readonly fn: FunctionSource<AnyKeyedProcess>;
  readonly sideOutputs?: SideDeclarations;
  /** Fire the processing-time timers that are pending at the end of the input, instead of dropping them with a warning. */
  readonly firePendingTimers?: boolean;
}

/** What a keyed process function over two streams needs. */
export interface KeyedCoProcessSettings {
  readonly keyOf1: KeySelector<never, unknown>;
  readonly keyOf2: KeySelector<never, unknown>;
  readonly keyType: TypeInfo;
  readonly fn: FunctionSource<AnyKeyedCoProcess>;
  readonly sideOutputs?: SideDeclarations;
  readonly firePendingTimers?: boolean;
}

/** A process function over the elements of each key, with state and timers. */
export function keyedProcessOperator(settings: KeyedProcessSettings): OperatorFactory {
  return { create: () => new KeyedProcessOperator(settings, [{ keyOf: settings.keyOf, method: 'processElement' }]) };
}

/** A process function over two keyed streams that share state and timers by key. */
export function keyedCoProcessOperator(settings: KeyedCoProcessSettings): OperatorFactory {
  return {
    create: () =>
      new KeyedProcessOperator(settings, [
        { keyOf: settings.keyOf1, method: 'processElement1' },
        { keyOf: settings.keyOf2, method: 'processElement2' },
      ]),
  };
}

type Method = 'processElement' | 'processElement1' | 'processElement2';
type Callback = (value: unknown, context: KeyedContext, out: Collector<unknown>) => unknown;
type KeyedObject = Record<Method, Callback> & {
  readonly state?: object;
  onTimer?(timestamp: number, context: KeyedContext, out: Collector<unknown>): unknown;
};

interface KeyedInput {
  readonly keyOf: KeySelector<never, unknown>;
  readonly method: Method;
}

class KeyedProcessOperator implements Operator {
  recordsIn: number;
  readonly #settings: KeyedCoProcessSettings | KeyedProcessSettings;
  readonly #inputs: readonly KeyedInput[];
  #function: unknown;
  #receivers: readonly Receiver[];
  #timers!: UserTimers;

  constructor(settings: KeyedCoProcessSettings | KeyedProcessSettings, inputs: readonly KeyedInput[]) {
    this.recordsIn = 0;
    this.#settings = settings;
    this.#inputs = inputs;
    this.#function = undefined;
    this.#receivers = [];
  }

  open(context: OperatorContext): Waited {
    const settings = this.#settings;
    const fn = functionOf<KeyedObject>(settings.fn, context);
    this.#function = fn;
    const backend = context.state(settings.keyType);
    const out = outputCollector(context);
    const timers = new UserTimers(context, backend, (domain, time) => callOnTimer(fn, keyedContext, out, context, domain, time));
    this.#timers = timers;
    const side = sideCollectors(sideOutputNames(settings.sideOutputs, fn), context);
    const state = keyedStates(fn.state, backend, context.info);
    const keyedContext = new KeyedContext(context, { side, backend, state, timers, broadcast: NO_BROADCAST });
    this.#receivers = this.#inputs.map(({ keyOf, method }) => {
      const keyed = { keyOf: keyOf as KeySelector<unknown, unknown>, backend };
      return new ProcessInput({ operator: this, info: context.info, object: fn, method, context: keyedContext, out, keyed });
    });
    timers.start();
    return openFunction(fn, context);
  }

  input(index: number): Receiver {
    return this.#receivers[index]!;
  }

  advance(watermark: number): Progress {
    return this.#timers.advance(watermark);
  }

  processingTime(now: number): Progress {
    return this.#timers.processingTime(now);
  }

  resume(): Progress {
    return this.#timers.resume();
  }

  finish(): Progress {
    return this.#timers.finish(this.#settings.firePendingTimers === true);
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}

const NO_BROADCAST: Readonly<Record<string, unknown>> = Object.freeze({});

/**
 * Calls `onTimer` for a timer whose key is current. Results of an event-time timer carry its time; those of a
 * processing-time timer have no timestamp, as in Flink.
 */
export function callOnTimer(
  fn: { onTimer?(timestamp: number, context: KeyedContext, out: Collector<unknown>): unknown },
  keyedContext: KeyedContext,
  out: Collector<unknown>,
  context: { readonly info: OperatorInfo; readonly record: RecordContext },
  domain: 'event' | 'processing',
  time: number,
): void {
  if (fn.onTimer === undefined) return;
  const { record } = context;
  const before = record.timestamp;
  record.timestamp = domain === 'event' ? time : Number.NaN;
  keyedContext.domain = domain;
  keyedContext.timerTime = time;
  try {
    fn.onTimer(time, keyedContext, out);
  } catch (error) {
    throw userFailure(context.info, 'onTimer', error);
  }
  keyedContext.timerTime = Number.NaN;
  record.timestamp = before;
}
