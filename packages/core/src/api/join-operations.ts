import { parseDuration, type Duration } from '../base/duration.js';
import type { CoGroupFunction, WindowJoinFunction } from '../functions/join-functions.js';
import type { SideDeclarations } from '../functions/process-function.js';
import type { Evictor, Trigger, WindowAssigner } from '../functions/window.js';
import { intervalJoinOperator, type IntervalJoinSpec } from '../operators/joins/interval-join.js';
import { coGroupOperator, windowJoinOperator, type WindowPairSpec } from '../operators/joins/window-join.js';
import { lookupJoinOperator } from '../operators/lookup-join.js';
import { IntervalInvalid, KeyChoiceInvalid, SettingInvalid } from './errors.js';
import { calledAt, checkFunction, checkPlainFunction } from './function-check.js';
import { chooseKey, type ChosenKey } from './key-choice.js';
import type { OutputOptions } from './operator-options.js';
import { addOperator, repartition, type StreamHandle } from './stream-handle.js';
import { untaggedAssigner, untaggedEvictor, untaggedTrigger } from './untagged.js';
import { windowDetails, windowDraft, type WindowDraft } from './window-draft.js';

/** What joins by equal keys are given, whatever its types. */
export interface JoinSettings extends OutputOptions<unknown> {
  readonly where: unknown;
  readonly equalTo: unknown;
  readonly window?: WindowAssigner<never>;
  readonly trigger?: Trigger<never>;
  readonly evictor?: Evictor<never>;
  readonly allowedLateness?: Duration;
}

/** What an interval join is given, whatever its types. */
export interface IntervalJoinSettings extends OutputOptions<unknown> {
  readonly between: readonly [lower: Duration, upper: Duration];
  readonly lowerExclusive?: boolean;
  readonly upperExclusive?: boolean;
  readonly sideOutputs?: SideDeclarations;
  readonly lateLeft?: string;
  readonly lateRight?: string;
}

/** Adds a window join. */
export function addJoin(left: StreamHandle, right: StreamHandle, options: JoinSettings, fn: (...given: never) => unknown): unknown {
  checkPlainFunction(fn, 'join');
  return addPair('join', 'window-join', left, right, options, (spec) => windowJoinOperator({ ...spec, fn: fn as unknown as WindowJoinFunction<unknown, unknown, unknown> }));
}

/** Adds a coGroup. */
export function addCoGroup(left: StreamHandle, right: StreamHandle, options: JoinSettings, fn: (...given: never) => unknown): unknown {
  checkPlainFunction(fn, 'coGroup');
  return addPair('coGroup', 'co-group', left, right, options, (spec) => coGroupOperator({ ...spec, fn: fn as unknown as CoGroupFunction<unknown, unknown, unknown> }));
}

/** Adds a lookup join: every instance gets the whole table, the stream stays where it is. */
export function addLookupJoin(stream: StreamHandle, table: StreamHandle, options: JoinSettings, fn: (...given: never) => unknown): unknown {
  checkPlainFunction(fn, 'lookupJoin');
  const { left, right } = joinKeys('lookupJoin', stream, table, options);
  return stream.environment.maker.data(addOperator([stream, repartition(table, 'broadcast', 'lookupJoin')], {
    operation: 'lookupJoin', type: 'lookup-join', options, output: options.output, stateful: true, holdsInput: 0, details: { key: shownKeys(left, right) },
    factory: lookupJoinOperator({ keyOf: left.keyOf, tableKeyOf: right.keyOf, join: fn as unknown as (value: unknown, row: unknown) => unknown }),
  }));
}

/** Adds an interval join of two keyed streams. */
export function addIntervalJoin(left: StreamHandle, right: StreamHandle, options: IntervalJoinSettings, fn: (...given: never) => unknown): unknown {
  checkFunction(fn, 'intervalJoin', ['join'], true);
  const leftKey = left.key!;
  const rightKey = right.key;
  if (rightKey === undefined) {
    throw KeyChoiceInvalid.error({ what: 'intervalJoin was given a stream without keys', remedy: 'Call keyBy on the other stream too.', ...calledAt('intervalJoin') });
  }
  const { lowerMs, upperMs } = interval(options);
  const sides: SideDeclarations = {
    ...options.sideOutputs,
    ...(options.lateLeft === undefined ? {} : { [options.lateLeft]: left.type }),
    ...(options.lateRight === undefined ? {} : { [options.lateRight]: right.type }),
  };
  return left.environment.maker.data(addOperator([left, right], {
    operation: 'intervalJoin', type: 'interval-join', options, output: options.output, stateful: true, sides,
    details: { key: shownKeys(leftKey, rightKey), lower: lowerMs, upper: upperMs },
    factory: intervalJoinOperator({
      keyOf1: leftKey.keyOf, keyOf2: rightKey.keyOf, keyType: leftKey.type, type1: left.type, type2: right.type, lowerMs, upperMs,
      lowerInclusive: options.lowerExclusive !== true, upperInclusive: options.upperExclusive !== true,
      join: fn as unknown as IntervalJoinSpec['join'], sideOutputs: Object.keys(options.sideOutputs ?? {}),
      ...(options.lateLeft === undefined ? {} : { lateLeft: options.lateLeft }),
      ...(options.lateRight === undefined ? {} : { lateRight: options.lateRight }),
    }),
  }));
}

function addPair(
  operation: string, type: string, left: StreamHandle, right: StreamHandle, options: JoinSettings,
  factoryOf: (spec: WindowPairSpec) => Parameters<typeof addOperator>[1]['factory'],
): unknown {
  const keys = joinKeys(operation, left, right, options);
  if (options.window === undefined) {
    throw SettingInvalid.error({ what: `${operation} was given no window`, remedy: 'Say in which windows the elements meet: { window: tumblingEventTime(\'1 min\') }.', ...calledAt(operation) });
  }
  const draft: WindowDraft = windowDraft(operation, options.window, options as Omit<JoinSettings, 'where' | 'equalTo'>);
  const keyed = (handle: StreamHandle, key: ChosenKey): StreamHandle => repartition(handle, 'hash', operation, { keyOf: key.keyOf });
  return left.environment.maker.data(addOperator([keyed(left, keys.left), keyed(right, keys.right)], {
    operation, type, options, output: options.output, stateful: true, details: { ...windowDetails(draft), key: shownKeys(keys.left, keys.right) },
    factory: factoryOf({
      keyOf1: keys.left.keyOf, keyOf2: keys.right.keyOf, keyType: keys.left.type, type1: left.type, type2: right.type,
      assigner: untaggedAssigner(draft.assigner), allowedLatenessMs: draft.allowedLatenessMs,
      ...(draft.trigger === undefined ? {} : { trigger: untaggedTrigger(draft.trigger) }),
      ...(draft.evictor === undefined ? {} : { evictor: untaggedEvictor(draft.evictor) }),
    }),
  }));
}

function joinKeys(operation: string, left: StreamHandle, right: StreamHandle, options: JoinSettings): { readonly left: ChosenKey; readonly right: ChosenKey } {
  if (typeof options !== 'object' || options === null || options.where === undefined || options.equalTo === undefined) {
    throw KeyChoiceInvalid.error({ what: `${operation} was given no keys`, remedy: 'Say what must be equal: { where: \'orderId\', equalTo: \'order\' }.', ...calledAt(operation) });
  }
  return { left: chooseKey([options.where], left.type, `${operation} (where)`), right: chooseKey([options.equalTo], right.type, `${operation} (equalTo)`) };
}

function shownKeys(left: ChosenKey, right: ChosenKey): string {
  return `${left.shown} = ${right.shown}`;
}

function interval(options: IntervalJoinSettings): { readonly lowerMs: number; readonly upperMs: number } {
  const between: unknown = (options as IntervalJoinSettings | undefined)?.between;
  if (!Array.isArray(between) || between.length !== 2) {
    throw IntervalInvalid.error({ what: 'intervalJoin was given no { between: [lower, upper] }', ...calledAt('intervalJoin') });
  }
  const lowerMs = signed(between[0] as Duration, 'the lower bound of the interval');
  const upperMs = signed(between[1] as Duration, 'the upper bound of the interval');
  if (lowerMs <= upperMs) return { lowerMs, upperMs };
  throw IntervalInvalid.error({ what: `intervalJoin was given the lower bound ${lowerMs} ms above the upper bound ${upperMs} ms`, ...calledAt('intervalJoin') });
}

/** A duration with a sign: the past is negative. */
function signed(duration: Duration, name: string): number {
  if (typeof duration === 'number') return duration < 0 ? -parseDuration(-duration, name) : parseDuration(duration, name);
  if (typeof duration === 'string' && duration.trim().startsWith('-')) return -parseDuration(duration.trim().slice(1).trimStart(), name) || 0;
  return parseDuration(duration, name);
}
