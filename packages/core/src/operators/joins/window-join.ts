/** Window join and coGroup: both inputs united, tagged, in front of one window operator (rule 30). */
import type { CoGroupFunction, WindowJoinFunction } from '../../functions/join-functions.js';
import type { Evictor, Trigger, WindowAssigner, WindowInfo } from '../../functions/window.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { EndProgress, Operator, OperatorFactory, Progress, Receiver } from '../operator.js';
import type { OperatorContext } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { windowOperator } from '../windows/window-operator.js';
import type { WindowIteration } from '../windows/window-spec.js';

/** Everything that window join and coGroup share. */
export interface WindowPairSpec {
  readonly keyOf1: (value: unknown) => unknown;
  readonly keyOf2: (value: unknown) => unknown;
  /** The type of the keys; dynamic when not given. */
  readonly keyType?: TypeInfo;
  /** The types of the elements; dynamic when not given. */
  readonly type1?: TypeInfo;
  readonly type2?: TypeInfo;
  /** One that looks at elements sees them as {@link Tagged}. */
  readonly assigner: WindowAssigner<unknown>;
  readonly trigger?: Trigger<unknown>;
  readonly evictor?: Evictor<unknown>;
  readonly allowedLatenessMs?: number;
}

/** A join of two inputs by key and window. */
export interface WindowJoinSpec extends WindowPairSpec {
  /** Makes the result of a pair. */
  readonly fn: WindowJoinFunction<unknown, unknown, unknown>;
}

/** A grouping of two inputs by key and window. */
export interface CoGroupSpec extends WindowPairSpec {
  /** Makes the results of both groups; an iterable is pulled only while the outputs take more. */
  readonly fn: CoGroupFunction<unknown, unknown, unknown>;
}

/** An element of either input, as the window keeps it: one field is there, by its input. */
export interface Tagged {
  readonly left?: unknown;
  readonly right?: unknown;
}

/** The pairs of left and right elements with one key in one window, in order of their coming; elements without a partner give nothing. */
export function windowJoinOperator(spec: WindowJoinSpec): OperatorFactory {
  return pairOperator(spec, (elements, info) => pairs(elements as Iterable<Tagged>, info, spec.fn));
}

/** All left and all right elements with one key in one window, given to one function; one of the two may be empty. */
export function coGroupOperator(spec: CoGroupSpec): OperatorFactory {
  return pairOperator(spec, (elements, info) => {
    const { lefts, rights } = separate(elements as Iterable<Tagged>);
    return (spec.fn(lefts, rights, info) ?? [])[Symbol.iterator]();
  });
}

function pairOperator(spec: WindowPairSpec, iterate: WindowIteration): OperatorFactory {
  const { keyOf1, keyOf2 } = spec;
  const window = windowOperator({
    assigner: spec.assigner,
    keyOf: (tagged) => ('left' in (tagged as Tagged) ? keyOf1((tagged as Tagged).left) : keyOf2((tagged as Tagged).right)),
    ...(spec.keyType === undefined ? {} : { keyType: spec.keyType }),
    elementType: t.struct({ left: t.optional(spec.type1 ?? t.dynamic), right: t.optional(spec.type2 ?? t.dynamic) }),
    accumulatorType: t.dynamic,
    ...(spec.trigger === undefined ? {} : { trigger: spec.trigger }),
    ...(spec.evictor === undefined ? {} : { evictor: spec.evictor }),
    allowedLatenessMs: spec.allowedLatenessMs ?? 0,
    lateOutput: undefined,
    function: { kind: 'process' },
    result: { kind: 'iterate', fn: iterate },
    sideOutputs: [],
  });
  return { create: () => new WindowPairOperator(window.create()) };
}

/** Tags the elements of two inputs and hands everything to the window operator. */
class WindowPairOperator implements Operator {
  readonly #window: Operator;

  constructor(window: Operator) {
    this.#window = window;
  }

  get recordsIn(): number {
    return this.#window.recordsIn;
  }

  open(context: OperatorContext): Waited {
    return this.#window.open(context);
  }

  input(index: number): Receiver {
    const receiver = this.#window.input(0);
    if (index === 0) return { process: (value) => receiver.process({ left: value }) };
    return { process: (value) => receiver.process({ right: value }) };
  }

  advance(watermark: number): EndProgress {
    return this.#window.advance?.(watermark) ?? 'done';
  }

  resume(): EndProgress {
    return this.#window.resume?.() ?? 'done';
  }

  processingTime(now: number): Progress {
    return this.#window.processingTime?.(now) ?? 'done';
  }

  finish(): EndProgress {
    return this.#window.finish?.() ?? 'done';
  }

  close(): Waited {
    return this.#window.close?.();
  }
}

function separate(elements: Iterable<Tagged>): { readonly lefts: unknown[]; readonly rights: unknown[] } {
  const lefts: unknown[] = [];
  const rights: unknown[] = [];
  for (const element of elements) {
    if ('left' in element) lefts.push(element.left);
    else rights.push(element.right);
  }
  return { lefts, rights };
}

function* pairs(elements: Iterable<Tagged>, info: WindowInfo<unknown>, fn: WindowJoinFunction<unknown, unknown, unknown>): Generator<unknown> {
  const { lefts, rights } = separate(elements);
  for (const left of lefts) for (const right of rights) yield fn(left, right, info);
}
