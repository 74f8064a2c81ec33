import type { Duration } from '../base/duration.js';
import type { AggregateFunction } from '../functions/aggregate-function.js';
import type { SideDeclarations } from '../functions/process-function.js';
import type { Evictor, Trigger } from '../functions/window.js';
import type { FunctionSource } from '../functions/user-function.js';
import type { RollingKind } from '../operators/rolling.js';
import { windowOperator } from '../operators/windows/window-operator.js';
import type { AnyProcessWindowFunction, WindowFunctionSpec, WindowResultSpec } from '../operators/windows/window-spec.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { aggregateAll, bareAggregate, isShorthand } from './aggregate-all.js';
import { fieldAggregate } from './field-aggregates.js';
import { checkFunction, checkPlainFunction, declarationsOf } from './function-check.js';
import { checkedField } from './key-choice.js';
import type { OperatorOptions, OutputOptions } from './operator-options.js';
import type { WindowFunction } from './process-objects.js';
import { addOperator, DYNAMIC, type StreamHandle } from './stream-handle.js';
import type { WindowedStream } from './streams.js';
import { checkedLateOutput, lateness, windowDetails, type WindowDraft } from './window-draft.js';

type Methods = { readonly [Name in keyof WindowedStream<unknown, unknown>]: unknown };

/** What `windowOperator` is to do with the elements, and what the results are. */
interface WindowWork {
  readonly operation: string;
  readonly fn: WindowFunctionSpec;
  readonly result?: WindowResultSpec;
  readonly accumulatorType?: TypeInfo;
  readonly output: TypeInfo | undefined;
  readonly sides?: SideDeclarations;
  readonly options: OperatorOptions | undefined;
}

/** The object behind {@link WindowedStream}. */
export class WindowedStreamObject implements Methods {
  readonly #stream: StreamHandle;
  readonly #window: WindowDraft;

  constructor(stream: StreamHandle, window: WindowDraft) {
    this.#stream = stream;
    this.#window = window;
  }

  reduce(reduce: FunctionSource<(accumulated: unknown, value: unknown) => unknown>, ...more: readonly unknown[]): unknown {
    checkFunction(reduce, 'reduce', ['reduce'], true);
    const fn: WindowFunctionSpec = { kind: 'reduce', reduce };
    const { type } = this.#stream;
    const [result, options] = resultAndOptions('reduce', more);
    return this.#add({
      operation: 'reduce', fn, accumulatorType: type, options, output: result === undefined ? type : options?.output,
      ...(result === undefined ? {} : { result: { kind: 'map', fn: result } }),
    });
  }

  aggregate(given: unknown, ...more: readonly unknown[]): unknown {
    const aggregate: unknown = isShorthand(given) ? aggregateAll(given) : given;
    const bare = isShorthand(given) ? bareAggregate(given) : undefined;
    checkFunction(aggregate, 'aggregate', ['create', 'add'], false);
    const fn: WindowFunctionSpec = { kind: 'aggregate', aggregate: aggregate as FunctionSource<AggregateFunction<unknown, unknown, unknown>>, ...(bare === undefined ? {} : { bare }) };
    const [second] = more;
    if (isProcessFunction(second)) {
      const { output, sideOutputs } = declarationsOf(second);
      const options = more[1] as OutputOptions<unknown> | undefined;
      return this.#add({
        operation: 'aggregate', fn, sides: sideOutputs, options, output: options?.output ?? output,
        result: { kind: 'process', fn: second },
      });
    }
    const [result, options] = resultAndOptions('aggregate', more);
    return this.#add({ operation: 'aggregate', fn, options, output: options?.output, ...(result === undefined ? {} : { result: { kind: 'map', fn: result } }) });
  }

  process(fn: FunctionSource<AnyProcessWindowFunction>, options?: OutputOptions<unknown>): unknown {
    checkFunction(fn, 'process', ['process'], false);
    const { output, sideOutputs } = declarationsOf(fn);
    return this.#add({
      operation: 'process', fn: { kind: 'process' }, result: { kind: 'process', fn }, sides: sideOutputs, options, output: options?.output ?? output,
    });
  }

  apply(fn: WindowFunction<unknown, unknown, unknown>, options?: OutputOptions<unknown>): unknown {
    checkPlainFunction(fn, 'apply');
    const process: AnyProcessWindowFunction = {
      process: (elements, context, out) => {
        const results = fn(elements, context, out);
        if (results !== undefined && results !== null) for (const result of results) out.collect(result);
      },
    };
    return this.#add({ operation: 'apply', fn: { kind: 'process' }, result: { kind: 'process', fn: process }, options, output: options?.output });
  }

  sum(field: unknown, options?: OperatorOptions): unknown {
    return this.#aggregateField('sum', field, options);
  }

  min(field: unknown, options?: OperatorOptions): unknown {
    return this.#aggregateField('min', field, options);
  }

  max(field: unknown, options?: OperatorOptions): unknown {
    return this.#aggregateField('max', field, options);
  }

  minBy(field: unknown, options?: OperatorOptions): unknown {
    return this.#aggregateField('minBy', field, options);
  }

  maxBy(field: unknown, options?: OperatorOptions): unknown {
    return this.#aggregateField('maxBy', field, options);
  }

  trigger(trigger: Trigger<never>): unknown {
    return this.#with({ trigger: trigger as Trigger<unknown> });
  }

  evictor(evictor: Evictor<never>): unknown {
    return this.#with({ evictor: evictor as Evictor<unknown> });
  }

  allowedLateness(duration: Duration): unknown {
    return this.#with({ allowedLatenessMs: lateness(duration) });
  }

  sideOutputLateData(name: string): unknown {
    return this.#with({ lateOutput: checkedLateOutput(name, 'sideOutputLateData') });
  }

  #with(change: Partial<WindowDraft>): unknown {
    return this.#stream.environment.maker.windowed(this.#stream, { ...this.#window, ...change });
  }

  #aggregateField(kind: RollingKind, given: unknown, options: OperatorOptions | undefined): unknown {
    const { type } = this.#stream;
    const field = checkedField(given, type, kind);
    return this.#add({
      operation: kind, fn: { kind: 'aggregate', aggregate: fieldAggregate(kind, field) as AggregateFunction<unknown, unknown, unknown> }, options, output: type,
    });
  }

  #add(work: WindowWork): unknown {
    const stream = this.#stream;
    const window = this.#window;
    const sides: SideDeclarations = { ...work.sides, ...(window.lateOutput === undefined ? {} : { [window.lateOutput]: stream.type }) };
    const key = window.all ? undefined : stream.key;
    return stream.environment.maker.data(addOperator([stream], {
      operation: work.operation,
      type: windowType(window),
      name: `${window.assigner.kind} window`,
      factory: windowOperator({
        assigner: window.assigner,
        keyOf: key?.keyOf,
        ...(key === undefined ? {} : { keyType: key.type }),
        elementType: stream.type,
        accumulatorType: work.accumulatorType ?? DYNAMIC,
        ...(window.trigger === undefined ? {} : { trigger: window.trigger }),
        ...(window.evictor === undefined ? {} : { evictor: window.evictor }),
        allowedLatenessMs: window.allowedLatenessMs,
        lateOutput: window.lateOutput,
        function: work.fn,
        ...(work.result === undefined ? {} : { result: work.result }),
        sideOutputs: Object.keys(work.sides ?? {}),
      }),
      output: work.output,
      options: { ...window.options, ...work.options },
      sides,
      stateful: true,
      alone: window.all,
      details: { ...windowDetails(window), ...(key === undefined ? {} : { key: key.shown }) },
    }));
  }
}

/** The kind of a window operator in the graph's fingerprint. */
function windowType(window: WindowDraft): string {
  const kind = window.assigner.kind === 'dynamicSession' ? 'dynamic-session' : window.assigner.kind;
  return `${kind}-window${window.all ? '-all' : ''}`;
}

type ResultFunction = (result: unknown, info: { readonly key: unknown }) => unknown;

/** The arguments behind the first: `(options)`, `(result, options)` or none. */
function resultAndOptions(operation: string, more: readonly unknown[]): readonly [ResultFunction | undefined, OutputOptions<unknown> | undefined] {
  const [second, third] = more;
  if (typeof second === 'function') return [second as ResultFunction, third as OutputOptions<unknown> | undefined];
  if (second === undefined || (typeof second === 'object' && second !== null)) {
    return [undefined, (second ?? third) as OutputOptions<unknown> | undefined];
  }
  checkPlainFunction(second, operation);
  return [undefined, undefined];
}

/** A process window function rather than a plain result function or options. */
function isProcessFunction(given: unknown): given is FunctionSource<AnyProcessWindowFunction> {
  if (typeof given === 'function') return Object.getOwnPropertyDescriptor(given, 'prototype')?.writable === false;
  if (typeof given !== 'object' || given === null) return false;
  return 'process' in given || Object.getOwnPropertySymbols(given).length > 0;
}
