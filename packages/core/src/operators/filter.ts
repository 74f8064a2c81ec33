import type { FilterFunction, RichFilterFunction } from '../functions/element-functions.js';
import type { FunctionSource } from '../functions/user-function.js';
import type { Operator, OperatorFactory, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo } from './operator-context.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';
import { PromiseCheck, userFailure } from './user-failure.js';

/** Any filter function. */
export type AnyFilter = FilterFunction<never> | RichFilterFunction<never>;
type Called = FilterFunction<unknown> | RichFilterFunction<unknown>;

/** Lets those records through for which a function says true. */
export function filterOperator(fn: FunctionSource<AnyFilter>): OperatorFactory {
  return { create: () => new FilterOperator(fn) };
}

class FilterOperator implements Operator, Receiver {
  recordsIn: number;
  readonly #source: FunctionSource<AnyFilter>;
  #function: Called | undefined;
  #keeps!: FilterFunction<unknown>;
  #output!: Receiver;
  #promises: PromiseCheck | undefined;
  #info!: OperatorInfo;

  constructor(source: FunctionSource<AnyFilter>) {
    this.recordsIn = 0;
    this.#source = source;
  }

  open(context: OperatorContext): Waited {
    const fn = functionOf<Called>(this.#source, context);
    this.#function = fn;
    this.#keeps = typeof fn === 'function' ? fn : (value) => fn.filter(value);
    this.#output = context.output;
    this.#promises = new PromiseCheck(context.info, 'the filter function');
    this.#info = context.info;
    return openFunction(fn, context);
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    let keep: boolean;
    try {
      keep = this.#keeps(value);
    } catch (error) {
      throw userFailure(this.#info, 'the filter function', error, value);
    }
    // A promise is truthy: without the look, a filter that returns one would keep everything.
    if (this.#promises !== undefined) this.#promises = this.#promises.next(keep);
    if (keep) this.#output.process(value);
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}
