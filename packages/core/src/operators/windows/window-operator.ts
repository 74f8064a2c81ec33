import type { AggregateFunction } from '../../functions/aggregate-function.js';
import { CountTrigger, eventTimeTrigger, processingTimeTrigger, PurgingTrigger } from '../../functions/triggers.js';
import { windowStart } from '../../functions/time-window.js';
import type { FunctionSource } from '../../functions/user-function.js';
import { describeAssigner, isMerging } from '../../functions/window-assigners.js';
import type { WindowAssigner } from '../../functions/window.js';
import type { Operator, OperatorFactory } from '../operator.js';
import { bareSpec } from './accumulation.js';
import { CountWindowOperator } from './count-window-operator.js';
import { AggregateCannotMerge, TriggerCannotMerge, WindowSettingInvalid } from './errors.js';
import { GenericWindowOperator } from './generic-window-operator.js';
import type { PreReduction, SliceBounds } from './pre-reduction.js';
import { SessionWindowOperator } from './session-operator.js';
import { SlicedWindowOperator } from './sliced-operator.js';
import { slicingOf } from './slicing.js';
import { TumblingWindowOperator } from './tumbling-operator.js';
import { theSingleKey, windowStateError } from './window-parts.js';
import type { AnyProcessWindowFunction, WindowFunctionSpec, WindowResultSpec, WindowSpec } from './window-spec.js';

type Aggregate = AggregateFunction<unknown, unknown, unknown>;

/** Which operator runs a window. */
export type WindowOperatorKind = 'count' | 'generic' | 'session' | 'sliced' | 'tumbling';

/**
 * The operator of a window: a specialised one where assigner, trigger and function allow it, else the generic one. The
 * results are the same. Throws a coded error for parts that do not go together.
 */
export function windowOperator(spec: WindowSpec): OperatorFactory {
  check(spec);
  const kind = windowOperatorKind(spec);
  const preReduction = preReductionOf(kind, spec);
  return { create: () => create(kind, spec), ...(preReduction === undefined ? {} : { preReduction }) };
}

/** The generic operator, whatever the window: the reference for the others. */
export function genericWindowOperator(spec: WindowSpec): OperatorFactory {
  check(spec);
  return { create: () => new GenericWindowOperator(spec) };
}

/** Which operator {@link windowOperator} takes, for plans and tests. */
export function windowOperatorKind(spec: WindowSpec): WindowOperatorKind {
  const { assigner } = spec;
  if (spec.evictor !== undefined || hasWindowLife(spec.result)) return 'generic';
  if (assigner.kind === 'global') return countOf(spec) === undefined ? 'generic' : 'count';
  if (assigner.kind === 'custom' || !isDefaultTrigger(spec, assigner)) return 'generic';
  switch (assigner.kind) {
    case 'tumbling':
      return 'tumbling';
    case 'sliding':
      if (assigner.slideMs >= assigner.sizeMs) return 'tumbling';
      return isSliceable(spec.function) && assigner.domain === 'event' ? 'sliced' : 'generic';
    case 'cumulative':
      return isSliceable(spec.function) && assigner.domain === 'event' ? 'sliced' : 'generic';
    case 'session':
    case 'dynamicSession':
      return spec.allowedLatenessMs === 0 || assigner.domain === 'processing' ? 'session' : 'generic';
  }
}

/**
 * What senders may do with the records of a window; undefined where the results could be others. Not with a late output or
 * allowed lateness, where each late element counts for itself, and only with an aggregate that says it is exact and has
 * no life cycle.
 */
function preReductionOf(kind: WindowOperatorKind, spec: WindowSpec): PreReduction | undefined {
  const { assigner } = spec;
  const fn = bareSpec(spec).function;
  if (spec.lateOutput !== undefined || spec.allowedLatenessMs !== 0 || fn.kind !== 'aggregate') return undefined;
  const slices = slicesOf(kind, assigner);
  const aggregate = literalOf<Aggregate>(fn.aggregate);
  if (slices === undefined || aggregate?.merge === undefined || aggregate.exact !== true) return undefined;
  return aggregate.open === undefined && aggregate.close === undefined ? { keyOf: spec.keyOf ?? theSingleKey, slices, aggregate } : undefined;
}

function slicesOf(kind: WindowOperatorKind, assigner: WindowAssigner<unknown>): SliceBounds | undefined {
  if (kind === 'sliced' && (assigner.kind === 'sliding' || assigner.kind === 'cumulative')) return slicingOf(assigner);
  if (kind !== 'tumbling' || assigner.kind !== 'tumbling' || assigner.domain !== 'event') return undefined;
  const { sizeMs, offsetMs } = assigner;
  const sliceStart = (time: number): number => windowStart(time, offsetMs, sizeMs);
  return { sliceStart, sliceEnd: (start) => start + sizeMs, firstEnd: (time) => sliceStart(time) + sizeMs };
}

function create(kind: WindowOperatorKind, spec: WindowSpec): Operator {
  const { assigner } = spec;
  if (kind === 'count') return new CountWindowOperator(spec, countOf(spec)!);
  if (kind === 'generic' || assigner.kind === 'global' || assigner.kind === 'custom') return new GenericWindowOperator(spec);
  const byEventTime = assigner.domain === 'event';
  switch (assigner.kind) {
    case 'tumbling':
      return new TumblingWindowOperator(spec, { byEventTime, sizeMs: assigner.sizeMs, strideMs: assigner.sizeMs, offsetMs: assigner.offsetMs });
    case 'sliding':
      if (kind === 'sliced') return new SlicedWindowOperator(spec, slicingOf(assigner));
      return new TumblingWindowOperator(spec, { byEventTime, sizeMs: assigner.sizeMs, strideMs: assigner.slideMs, offsetMs: assigner.offsetMs });
    case 'cumulative':
      return new SlicedWindowOperator(spec, slicingOf(assigner));
    case 'session':
      return new SessionWindowOperator(spec, assigner.gapMs, byEventTime);
    case 'dynamicSession':
      return new SessionWindowOperator(spec, assigner.gapOf, byEventTime);
  }
}

function check(spec: WindowSpec): void {
  const { allowedLatenessMs: lateness, assigner } = spec;
  // Infinity keeps windows for ever.
  if (lateness !== Infinity && (!Number.isSafeInteger(lateness) || lateness < 0)) throw WindowSettingInvalid.error({ what: `the allowed lateness is ${String(lateness)} ms` });
  if (spec.function.kind === 'process' && spec.result === undefined) {
    throw WindowSettingInvalid.error({ what: 'a window that keeps its elements was given no function that takes them' });
  }
  if (isMerging(assigner)) checkMerging(spec, assigner);
}

function checkMerging(spec: WindowSpec, assigner: WindowAssigner<unknown>): void {
  const name = describeAssigner(assigner);
  if (spec.trigger !== undefined && spec.trigger.onMerge === undefined) {
    throw TriggerCannotMerge.error({ what: `the trigger "${spec.trigger.name}" was given to ${name} windows, which merge` });
  }
  const aggregate = spec.function.kind === 'aggregate' ? methodsOf<Aggregate>(spec.function.aggregate) : undefined;
  if (spec.evictor === undefined && aggregate !== undefined && aggregate.merge === undefined) {
    throw AggregateCannotMerge.error({ what: `an aggregate without merge was given to ${name} windows, which merge` });
  }
  if (spec.result?.kind !== 'process') return;
  const fn = literalOf<AnyProcessWindowFunction>(spec.result.fn);
  if (fn?.windowState !== undefined && Object.keys(fn.windowState).length > 0) throw windowStateError(fn.windowState);
}

/** True when accumulators of the function can be merged. */
function isSliceable(fn: WindowFunctionSpec): boolean {
  if (fn.kind === 'process') return false;
  return fn.kind === 'reduce' || methodsOf<Aggregate>(fn.aggregate)?.merge !== undefined;
}

function isDefaultTrigger(spec: WindowSpec, assigner: Exclude<WindowAssigner<unknown>, { kind: 'custom' | 'global' }>): boolean {
  return spec.trigger === undefined || spec.trigger === (assigner.domain === 'event' ? eventTimeTrigger() : processingTimeTrigger());
}

function countOf(spec: WindowSpec): number | undefined {
  const { trigger } = spec;
  return trigger instanceof PurgingTrigger && trigger.inner instanceof CountTrigger ? trigger.inner.size : undefined;
}

/** A process window function that is told when a window is over, or keeps state in it. */
function hasWindowLife(result: WindowResultSpec | undefined): boolean {
  if (result?.kind !== 'process') return false;
  const fn = literalOf<AnyProcessWindowFunction>(result.fn);
  // What a class or factory will make cannot be seen yet; the generic operator serves every function.
  return fn === undefined || fn.clear !== undefined || fn.windowState !== undefined;
}

/** The function object itself, when it was given as one; a class or factory makes it later. */
function literalOf<F extends object>(source: FunctionSource<F>): F | undefined {
  return typeof source === 'object' && !isFactory(source) ? (source as F) : undefined;
}

/** Where the methods of a function object can be seen before it is made; a factory shows nothing. */
function methodsOf<F extends object>(source: FunctionSource<F>): Partial<F> | undefined {
  return typeof source === 'function' ? (source.prototype as Partial<F>) : literalOf(source);
}

function isFactory(source: object): boolean {
  return Object.getOwnPropertySymbols(source).includes(Symbol.for('millrace.function-factory/1'));
}
