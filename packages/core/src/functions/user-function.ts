import type { Logger } from '../base/logger.js';
import type { MetricGroup } from '../base/metrics.js';

/** What a function learns of the place it runs in, when it is opened. */
export interface RuntimeContext {
  readonly job: string;
  readonly operator: string;
  /** Index of this parallel instance, from 0. */
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** How often this subtask was started before: 0 at first, 1 after the first restart. */
  readonly attempt: number;
  readonly metrics: MetricGroup;
  readonly logger: Logger;
  /** Aborted when the job is cancelled or fails: hand it to whatever takes long. */
  readonly signal: AbortSignal;
}

/** The life cycle that any function given as an object or a class may have. */
export interface RichFunction {
  /** Called once per parallel instance before the first element, after state was restored. May take its time. */
  open?(context: RuntimeContext): void | Promise<void>;
  /** Called once at the end, also after a failure. It must not throw; it has 30 seconds at most. */
  close?(): void | Promise<void>;
}

const FACTORY: unique symbol = Symbol.for('millrace.function-factory/1');

/** A function made anew for each parallel instance, by {@link perSubtask}. */
export interface FunctionFactory<F> {
  readonly [FACTORY]: () => F;
}

/**
 * What an API method takes where a function is wanted: the plain function object, a class with a constructor without
 * arguments, or {@link perSubtask}. A plain object is frozen and shared by all parallel instances, so one with fields
 * of its own comes as a class or a factory, which is called once per parallel instance.
 */
export type FunctionSource<F> = F | (new () => F) | FunctionFactory<F>;

/**
 * Marks a factory: `stream.map(perSubtask(() => new Enricher(url)))` makes one `Enricher` per parallel instance.
 */
export function perSubtask<F>(create: () => F): FunctionFactory<F> {
  return Object.freeze({ [FACTORY]: create });
}

/** Makes the function of one parallel instance from what the user gave. */
export function instantiate<F>(source: FunctionSource<F>): F {
  if (isFactory(source)) return source[FACTORY]();
  if (isClass(source)) return new source();
  if (typeof source === 'object' && source !== null) Object.freeze(source);
  return source as F;
}

function isFactory<F>(source: FunctionSource<F>): source is FunctionFactory<F> {
  return typeof source === 'object' && source !== null && FACTORY in source;
}

// The prototype of a class is read-only, that of a `function` is not, and an arrow has none.
function isClass<F>(source: FunctionSource<F>): source is new () => F {
  return typeof source === 'function' && Object.getOwnPropertyDescriptor(source, 'prototype')?.writable === false;
}
