import { instantiate, type FunctionSource, type RichFunction, type RuntimeContext } from '../functions/user-function.js';
import type { Operator } from './operator.js';
import type { OperatorContext } from './operator-context.js';
import { userFailure } from './user-failure.js';

/** What opening and closing give: nothing, or something the chain waits for. */
export type Waited = ReturnType<Operator['open']>;

/** What a user's function is told when it is opened. */
export function runtimeContextOf(context: OperatorContext): RuntimeContext {
  const { info } = context;
  return Object.freeze({
    job: info.job,
    operator: info.name,
    subtask: info.subtask,
    parallelism: info.parallelism,
    maxParallelism: info.maxParallelism,
    attempt: info.attempt,
    metrics: context.metrics,
    logger: context.logger,
    signal: context.signal,
  });
}

/**
 * The function of this subtask: a plain function as it is, an object made as its source says. `F` is the shape in which
 * the operator calls it: what the values really are is known to the user's types only.
 */
export function functionOf<F>(source: unknown, context: OperatorContext): F {
  try {
    return instantiate(source as FunctionSource<F>);
  } catch (error) {
    throw userFailure(context.info, 'the constructor or factory of the function', error);
  }
}

/**
 * Opens a function that has a life cycle. What `open` gives may be waited for by the operator's own `open`, which the
 * chain waits for; its failure says whose `open` it was.
 */
export function openFunction(fn: unknown, context: OperatorContext): Waited {
  if (!hasMethod(fn, 'open')) return undefined;
  let opening: Waited;
  try {
    opening = fn.open(runtimeContextOf(context));
  } catch (error) {
    throw userFailure(context.info, 'open()', error);
  }
  if (opening === undefined || opening === null) return undefined;
  return opening.then(undefined, (error: unknown) => {
    throw userFailure(context.info, 'open()', error);
  });
}

/** Closes a function that has a life cycle. */
export function closeFunction(fn: unknown): Waited {
  return hasMethod(fn, 'close') ? (fn as Required<RichFunction>).close() : undefined;
}

function hasMethod(fn: unknown, name: 'close' | 'open'): fn is Required<RichFunction> {
  return typeof fn === 'object' && fn !== null && typeof (fn as Record<string, unknown>)[name] === 'function';
}
