import type { MapFunction, RichMapFunction } from '../functions/element-functions.js';
import type { FunctionSource } from '../functions/user-function.js';
import { literalFields } from './fusion/function-text.js';
import type { Fusible, StageCode } from './fusion/stage-code.js';
import { LetterBox } from './letter-box.js';
import type { Operator, OperatorFactory, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo } from './operator-context.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';
import { PromiseCheck, userFailure } from './user-failure.js';

/** Any map function: its values are known to the user's types only. */
export type AnyMap = MapFunction<never, unknown> | RichMapFunction<never, unknown>;
type Called = MapFunction<unknown, unknown> | RichMapFunction<unknown, unknown>;

/** One result for each record, made by a function. */
export function mapOperator(fn: FunctionSource<AnyMap>): OperatorFactory {
  return { create: () => new MapOperator(fn) };
}

class MapOperator implements Operator, Fusible {
  recordsIn: number;
  readonly fusesOutput = true;
  readonly #source: FunctionSource<AnyMap>;
  #function: Called | undefined;
  #map!: MapFunction<unknown, unknown>;
  #output!: Receiver;
  #promises: PromiseCheck | undefined;
  #info!: OperatorInfo;
  #letters: LetterBox | undefined;

  constructor(source: FunctionSource<AnyMap>) {
    this.recordsIn = 0;
    this.#source = source;
  }

  open(context: OperatorContext): Waited {
    const fn = functionOf<Called>(this.#source, context);
    this.#function = fn;
    this.#map = typeof fn === 'function' ? fn : (value) => fn.map(value);
    this.#output = context.output;
    this.#promises = new PromiseCheck(context.info, 'the map function');
    this.#info = context.info;
    this.#letters = LetterBox.of(context);
    return openFunction(fn, context);
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    let result: unknown;
    try {
      result = this.#map(value);
    } catch (error) {
      if (this.#letters === undefined) throw userFailure(this.#info, 'the map function', error, value);
      this.#letters.take('the map function', error, value);
      return;
    }
    if (this.#promises !== undefined) this.#promises = this.#promises.next(result);
    this.#output.process(result);
  }

  fuse(code: StageCode, value: string): string {
    code.site(this.#info);
    const info = this.#info;
    const fn = code.part(this.#function);
    const call = typeof this.#function === 'function' ? fn : `${fn}.map`;
    const letters = this.#letters;
    const result = code.variable();
    return `
${code.count(this)}
${code.attempt(`${result} = ${call}(${value});`, value, (error, record) => userFailure(info, 'the map function', error, record), letters && ((error, record) => letters.take('the map function', error, record)), () => `
${code.look(this.#promises, result)}
${code.next(this.#output, result, literalFields(this.#function))}`)}`;
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}
