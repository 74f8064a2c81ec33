import type { SideDeclarations } from '../functions/process-function.js';
import type { OperatorFactory } from '../operators/operator.js';
import type { OutputOptions } from './operator-options.js';
import { checkFactory } from './function-check.js';
import { addOperator, handleIn } from './stream-handle.js';
import type { DataStream } from './streams.js';

/** What an operator of one's own says of itself. */
export interface TransformOptions<Out, Side extends SideDeclarations = {}> extends OutputOptions<Out> {
  /** The kind of operator in the graph's fingerprint; `custom` by default. Two kinds of operators need two names. */
  readonly type?: string;
  /** True when the operator keeps state. */
  readonly stateful?: boolean;
  /** True when it must run in exactly one instance. */
  readonly alone?: boolean;
  /** The input that it may hold until another has ended (`context.flow.hold(input)`). Without this a hold is refused. */
  readonly holdsInput?: number;
  /** Its side outputs by name. */
  readonly sideOutputs?: Side;
  /** Settings worth showing in the plan. */
  readonly details?: { readonly [name: string]: string | number | boolean };
}

/** Any stream, as an input of an operator. */
export type AnyStream = Pick<DataStream<unknown>, 'type'>;

/**
 * Adds an operator of one's own behind one stream, or behind several with one input each: what SQL, CEP and other
 * libraries build on. A keyed stream deals its elements out by key; the factory is told the key by its maker, not here.
 *
 * @example
 * ```ts
 * import { StreamEnvironment } from 'millrace';
 * import { transform, type Operator, type OperatorContext, type Receiver } from 'millrace/spi';
 *
 * class Doubling implements Operator, Receiver {
 *   recordsIn = 0;
 *   #output!: Receiver;
 *   open(context: OperatorContext): void {
 *     this.#output = context.output;
 *   }
 *   input(): Receiver {
 *     return this;
 *   }
 *   process(value: unknown): void {
 *     this.recordsIn++;
 *     this.#output.process((value as number) * 2);
 *   }
 * }
 *
 * const env = StreamEnvironment.create();
 * transform<number>(env.fromElements(1, 2, 3), 'double', { create: () => new Doubling() }).print();
 * await env.execute('doubles');
 * ```
 */
export function transform<Out, Side extends SideDeclarations = {}>(
  input: AnyStream | readonly AnyStream[], name: string, factory: OperatorFactory, options: TransformOptions<Out, Side> = {},
): DataStream<Out, Side> {
  checkFactory(factory, 'transform');
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  const handles = inputs.map((stream) => handleIn(stream, 'transform'));
  const { type = 'custom', output, sideOutputs, stateful, alone, holdsInput, details } = options;
  return handles[0]!.environment.maker.data(addOperator(handles, {
    operation: 'transform', type, name, factory, output, options,
    ...(sideOutputs === undefined ? {} : { sides: sideOutputs }),
    ...(stateful === undefined ? {} : { stateful }),
    ...(alone === undefined ? {} : { alone }),
    ...(holdsInput === undefined ? {} : { holdsInput }),
    ...(details === undefined ? {} : { details }),
  })) as unknown as DataStream<Out, Side>;
}
