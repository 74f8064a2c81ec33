import type { Collector } from '../functions/collector.js';
import type { SideDeclarations } from '../functions/process-function.js';
import type { FunctionSource, RichFunction } from '../functions/user-function.js';
import type { Operator, OperatorFactory, Receiver } from './operator.js';
import type { OperatorContext } from './operator-context.js';
import { outputCollector, sideCollectors, sideOutputNames } from './output-collector.js';
import { FunctionContext } from './process-contexts.js';
import { ProcessInput } from './process-input.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';

/** Any process function. Parameters are `never`, so that every user's types fit: what they are is known at the API only. */
export interface AnyProcess extends RichFunction {
  processElement(value: never, context: never, out: never): void;
}

/** Any process function over two streams. */
export interface AnyCoProcess extends RichFunction {
  processElement1(value: never, context: never, out: never): void;
  processElement2(value: never, context: never, out: never): void;
}

/** A process function over single elements of a stream without keys. */
export function processOperator(fn: FunctionSource<AnyProcess>, sideOutputs?: SideDeclarations): OperatorFactory {
  return { create: () => new ProcessOperator(fn, sideOutputs, 1) };
}

/** What a function over two connected streams without keys needs. */
export interface CoProcessSettings {
  readonly fn: FunctionSource<AnyCoProcess>;
  readonly sideOutputs?: SideDeclarations;
}

/** A process function over two connected streams without keys; no order is promised between the two. */
export function coProcessOperator(settings: CoProcessSettings): OperatorFactory {
  return { create: () => new ProcessOperator(settings.fn, settings.sideOutputs, 2) };
}

type Callback = (value: unknown, context: FunctionContext, out: Collector<unknown>) => unknown;
type ProcessObject = Record<'processElement' | 'processElement1' | 'processElement2', Callback>;

class ProcessOperator implements Operator {
  recordsIn: number;
  readonly #source: FunctionSource<AnyCoProcess> | FunctionSource<AnyProcess>;
  readonly #sideOutputs: SideDeclarations | undefined;
  readonly #inputs: 1 | 2;
  #function: unknown;
  #receivers: readonly Receiver[];

  constructor(source: FunctionSource<AnyCoProcess> | FunctionSource<AnyProcess>, sideOutputs: SideDeclarations | undefined, inputs: 1 | 2) {
    this.recordsIn = 0;
    this.#source = source;
    this.#sideOutputs = sideOutputs;
    this.#inputs = inputs;
    this.#function = undefined;
    this.#receivers = [];
  }

  open(context: OperatorContext): Waited {
    const fn = functionOf<ProcessObject>(this.#source, context);
    this.#function = fn;
    const functionContext = new FunctionContext(context, sideCollectors(sideOutputNames(this.#sideOutputs, fn), context));
    const out = outputCollector(context);
    const methods = this.#inputs === 1 ? ['processElement'] : ['processElement1', 'processElement2'];
    this.#receivers = methods.map((method) => new ProcessInput({ operator: this, info: context.info, object: fn, method, context: functionContext, out }));
    return openFunction(fn, context);
  }

  input(index: number): Receiver {
    return this.#receivers[index]!;
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}
