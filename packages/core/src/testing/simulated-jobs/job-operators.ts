/** The operators that simulated jobs are made of. Each has its model in `model.ts`. */
import { asyncMapOperator } from '../../operators/async-map.js';
import { filterOperator } from '../../operators/filter.js';
import { flatMapOperator } from '../../operators/flat-map.js';
import { keyedProcessOperator } from '../../operators/keyed-process.js';
import { lookupJoinOperator } from '../../operators/lookup-join.js';
import { mapOperator } from '../../operators/map.js';
import type { OperatorFactory } from '../../operators/operator.js';
import { coProcessOperator, processOperator } from '../../operators/process.js';
import { reduceOperator } from '../../operators/reduce.js';
import type { Timers } from '../../base/platform.js';
import { t } from '../../record/types/t.js';
import { double, explode, isSmall, NO_ROW } from './model.js';
import { timerTime, WINDOW_MS, type Reading } from './reading.js';
import { MERGED_SUM, tumblingSums } from './tumbling-sums.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });
const keyOf = ((value: Reading) => value.key) as never;

interface TimerContext {
  readonly key: string;
  readonly timers: { registerEventTime(time: number): void };
}

interface SideContext {
  readonly side: { readonly rest: Rows };
}

interface Rows {
  collect(row: Reading): void;
}

/** Every record becomes another. */
export function doubling(): OperatorFactory {
  return mapOperator(double as never);
}

/** Takes two streams; every record of both becomes another. */
export function doublingBoth(): OperatorFactory {
  const take = (reading: Reading, _context: unknown, out: Rows): void => out.collect(double(reading));
  return coProcessOperator({ fn: { processElement1: take, processElement2: take } as never });
}

/** Adds what the table has for the key. */
export function lookingUp(): OperatorFactory {
  const join = ({ key, value, at }: Reading, row: Reading | undefined): Reading => ({ key, value: value + (row?.value ?? NO_ROW), at });
  return lookupJoinOperator({ keyOf, tableKeyOf: keyOf, join: join as never });
}

/** Lets some records pass. */
export function filtering(): OperatorFactory {
  return filterOperator(isSmall as never);
}

/** Every record becomes none to three. */
export function exploding(): OperatorFactory {
  return flatMapOperator(function* (reading: Reading) {
    yield* explode(reading);
  } as never);
}

/** Doubles after some time; `spread` says how different the times are, and whether the order is kept. */
export function doublingLater(timers: Timers, spread: number): OperatorFactory {
  const fn = (reading: Reading): Promise<Reading> => new Promise((resolve) => timers.setTimer((reading.value % (spread + 1)) / 2, () => resolve(double(reading))));
  return asyncMapOperator({ ordered: spread % 2 === 0, capacity: 1 + spread, timeoutMs: 1e12, fn: fn as never });
}

/** Sums per key and tumbling window of event time, which senders may reduce. */
export function windowSums(): OperatorFactory {
  return tumblingSums(WINDOW_MS, MERGED_SUM, (sum, key, window) => ({ key, value: sum, at: window.end - 1 }));
}

/** A timer per key and time; equal ones are one. */
export function settingTimers(): OperatorFactory {
  const fn = {
    processElement: ({ at }: Reading, context: TimerContext) => context.timers.registerEventTime(timerTime(at)),
    onTimer: (at: number, context: TimerContext, out: Rows) => out.collect({ key: context.key, value: 7, at }),
  };
  return keyedProcessOperator({ keyOf, keyType: t.string, fn: fn as never });
}

/** Small records go on, the others to the side output `rest`. */
export function splitting(): OperatorFactory {
  const fn = {
    sideOutputs: { rest: t.dynamic },
    processElement: (row: Reading, context: SideContext, out: Rows) => (isSmall(row) ? out : context.side.rest).collect(row),
  };
  return processOperator(fn as never);
}

/** Tells at every record how often its key has come. */
export function counting(): OperatorFactory {
  const factory = reduceOperator({ keyOf, keyType: t.string, type: DYNAMIC, reduce: ((before: Reading) => ({ key: before.key, value: before.value + 1, at: 0 })) as never });
  return {
    create: () => {
      const operator = factory.create();
      const inner = operator.input(0);
      // Every record is a one before it is counted.
      operator.input = () => ({ process: (value) => inner.process({ key: (value as Reading).key, value: 1, at: 0 }) });
      return operator;
    },
  };
}
