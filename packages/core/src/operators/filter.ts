import type { FilterFunction, RichFilterFunction } from '../functions/element-functions.js';
import type { FunctionSource } from '../functions/user-function.js';
import type { Fusible, StageCode } from './fusion/stage-code.js';
import { LetterBox } from './letter-box.js';
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

class FilterOperator implements Operator, Fusible {
  recordsIn: number;
  readonly fusesOutput = true;
  readonly #source: FunctionSource<AnyFilter>;
  #function: Called | undefined;
  #keeps!: FilterFunction<unknown>;
  #output!: Receiver;
  #promises: PromiseCheck | undefined;
  #info!: OperatorInfo;
  #letters: LetterBox | undefined;

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
    this.#letters = LetterBox.of(context);
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
      if (this.#letters === undefined) throw userFailure(this.#info, 'the filter function', error, value);
      this.#letters.take('the filter function', error, value);
      return;
    }
    // A promise is truthy: without the look, a filter that returns one would keep everything.
    if (this.#promises !== undefined) this.#promises = this.#promises.next(keep);
    if (keep) this.#output.process(value);
  }

  fuse(code: StageCode, value: string): string {
    code.site(this.#info);
    const info = this.#info;
    const fn = code.part(this.#function);
    const call = typeof this.#function === 'function' ? fn : `${fn}.filter`;
    const letters = this.#letters;
    const keep = code.variable();
    return `
${code.count(this)}
${code.attempt(`${keep} = ${call}(${value});`, value, (error, record) => userFailure(info, 'the filter function', error, record), letters && ((error, record) => letters.take('the filter function', error, record)), () => `
${code.look(this.#promises, keep)}
if (${keep}) {
${code.next(this.#output, value)}
}`)}`;
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}
