import type { ReduceFunction, RichReduceFunction } from '../functions/aggregate-function.js';
import type { KeySelector } from '../functions/element-functions.js';
import type { FunctionSource, RichFunction } from '../functions/user-function.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { ValueState } from '../state/handles.js';
import type { StateBackend } from '../state/backend.js';
import type { ValueDeclaration } from '../state/declarations.js';
import type { Operator, OperatorFactory, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo } from './operator-context.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';
import { PromiseCheck, userFailure } from './user-failure.js';
import { copyValue } from './windows/copy-value.js';

/** Any reduce function. Parameters are `never`, so that every user's types fit: what they are is known at the API only. */
export type AnyReduce = ((accumulated: never, value: never) => unknown) | (RichFunction & { reduce(accumulated: never, value: never): unknown });

/** What a rolling reduce needs. */
export interface ReduceSettings {
  readonly keyOf: KeySelector<never, unknown>;
  readonly keyType: TypeInfo;
  /** Type of the elements, and so of the reduced value. */
  readonly type: TypeInfo;
  readonly reduce: FunctionSource<AnyReduce>;
}

/**
 * Combines the elements of each key into one and emits the new value after every element (rule 31).
 *
 * The function may change and return its first argument: it gets a copy of what was emitted before, so results that are
 * already on their way stay as they were.
 */
export function reduceOperator(settings: ReduceSettings): OperatorFactory {
  return { create: () => new ReduceOperator(settings) };
}

type Called = ReduceFunction<unknown> | RichReduceFunction<unknown>;

class ReduceOperator implements Operator, Receiver {
  recordsIn: number;
  readonly #settings: ReduceSettings;
  #function: Called | undefined;
  #reduce!: ReduceFunction<unknown>;
  #keyOf!: KeySelector<unknown, unknown>;
  #backend!: StateBackend;
  #reduced!: ValueState<unknown>;
  #output!: Receiver;
  #promises!: PromiseCheck;
  #info!: OperatorInfo;

  constructor(settings: ReduceSettings) {
    this.recordsIn = 0;
    this.#settings = settings;
  }

  open(context: OperatorContext): Waited {
    const fn = functionOf<Called>(this.#settings.reduce, context);
    this.#function = fn;
    this.#reduce = typeof fn === 'function' ? fn : (accumulated, value) => fn.reduce(accumulated, value);
    this.#keyOf = this.#settings.keyOf as KeySelector<unknown, unknown>;
    this.#backend = context.state(this.#settings.keyType);
    const declaration: ValueDeclaration<unknown> = { kind: 'value', type: this.#settings.type };
    this.#reduced = this.#backend.keyedState('reduced', declaration as ValueDeclaration<never>) as ValueState<unknown>;
    this.#output = context.output;
    this.#promises = new PromiseCheck(context.info, 'the reduce function');
    this.#info = context.info;
    return openFunction(fn, context);
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    const result = this.#combine(value);
    this.#reduced.update(result);
    this.#output.process(result);
  }

  close(): Waited {
    return closeFunction(this.#function);
  }

  #combine(value: unknown): unknown {
    let result: unknown;
    try {
      this.#backend.setCurrentKey(this.#keyOf(value));
      const before = this.#reduced.value();
      if (before === undefined) return value;
      result = this.#reduce(copyValue(before), value);
    } catch (error) {
      throw userFailure(this.#info, 'the reduce function', error, value);
    }
    if (this.#promises.active) this.#promises.look(result);
    return result;
  }
}
