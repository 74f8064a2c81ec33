import { storedMapKey, type MapKey } from '../record/map-key.js';
import type { AggregateFunction } from './aggregate-function.js';
import { AggregateFieldInvalid } from './errors.js';

/**
 * A ready-made aggregate with a result. Alone it is an aggregate function; several go side by side under their names:
 * `.aggregate({ orders: count(), total: sum('amount') })`.
 */
export interface Aggregate<In, Acc, Out> extends AggregateFunction<In, Acc, Out> {
  result(accumulator: Acc): Out;
}

/** A field by its name, or by its position in a tuple. */
export type AggregateField = string | number;

/** Records that have a field of this type. */
export type WithField<F extends AggregateField, V> = { readonly [Name in F]: V };

/** How a sum may be worked out. */
export interface SumOptions {
  /** True when all values are whole numbers, so that grouping them differently changes nothing. */
  readonly exact?: boolean;
}

const readyMade = new WeakSet<object>();

/** Whether an aggregate is one of this page. The accumulator of such a one is never undefined once it has taken an element. */
export function isReadyMade(aggregate: object): boolean {
  return readyMade.has(aggregate);
}

function ready<A extends object>(aggregate: A): Readonly<A> {
  readyMade.add(aggregate);
  return Object.freeze(aggregate);
}

/** Counts the elements. */
export function count(): Aggregate<unknown, number, number> {
  return ready({
    create: () => 0,
    add: (counted: number) => counted + 1,
    merge: (counted: number, other: number) => counted + other,
    result: (counted: number) => counted,
    exact: true,
  });
}

/** Adds up a field of numbers, or of bigints: `sum<'wei', bigint>('wei')`. */
export function sum<F extends AggregateField>(field: F, options?: SumOptions): Aggregate<WithField<F, number>, number, number>;
export function sum<F extends AggregateField, V extends bigint | number>(field: F, options?: SumOptions): Aggregate<WithField<F, V>, V, V>;
export function sum<F extends AggregateField, V extends bigint | number>(field: F, options?: SumOptions): Aggregate<WithField<F, V>, V, V> {
  const plus = (total: V, addend: V): V => {
    if (typeof total !== typeof addend && (total as unknown) !== 0) throw mixed('sum', field, total, addend);
    return (total as unknown) === 0 ? addend : (((total as number) + (addend as number)) as V);
  };
  return ready({
    create: () => 0 as V,
    add: (total: V, value: WithField<F, V>) => plus(total, summand('sum', field, value) as V),
    merge: (total: V, other: V) => ((other as unknown) === 0 ? total : plus(total, other)),
    result: (total: V) => total,
    exact: options?.exact === true,
  });
}

/** The smallest value of a field of numbers, or of bigints or strings: `min<'name', string>('name')`. */
export function min<F extends AggregateField>(field: F): Aggregate<WithField<F, number>, number | undefined, number>;
export function min<F extends AggregateField, V extends bigint | number | string>(field: F): Aggregate<WithField<F, V>, V | undefined, V>;
export function min<F extends AggregateField, V extends bigint | number | string>(field: F): Aggregate<WithField<F, V>, V | undefined, V> {
  return extreme('min', field, -1);
}

/** The largest value of a field of numbers, or of bigints or strings: `max<'name', string>('name')`. */
export function max<F extends AggregateField>(field: F): Aggregate<WithField<F, number>, number | undefined, number>;
export function max<F extends AggregateField, V extends bigint | number | string>(field: F): Aggregate<WithField<F, V>, V | undefined, V>;
export function max<F extends AggregateField, V extends bigint | number | string>(field: F): Aggregate<WithField<F, V>, V | undefined, V> {
  return extreme('max', field, 1);
}

/** What {@link avg} keeps. */
export interface AverageAccumulator {
  sum: bigint | number;
  count: number;
}

/** The average of a field of numbers (or bigints), as a number. */
export function avg<F extends AggregateField>(field: F): Aggregate<WithField<F, bigint | number>, AverageAccumulator, number> {
  const take = (accumulator: AverageAccumulator, addend: bigint | number, elements: number): void => {
    if (accumulator.count === 0) accumulator.sum = addend;
    else if (typeof addend !== typeof accumulator.sum) throw mixed('avg', field, accumulator.sum, addend);
    else accumulator.sum = (accumulator.sum as number) + (addend as number);
    accumulator.count += elements;
  };
  return ready({
    create: (): AverageAccumulator => ({ sum: 0, count: 0 }),
    add: (accumulator: AverageAccumulator, value: WithField<F, bigint | number>) => take(accumulator, summand('avg', field, value), 1),
    merge(accumulator: AverageAccumulator, other: AverageAccumulator) {
      if (other.count > 0) take(accumulator, other.sum, other.count);
    },
    result: (accumulator: AverageAccumulator) => Number(accumulator.sum) / accumulator.count,
  });
}

/** What {@link first} and {@link last} keep. */
export interface HeldValue {
  /** False until there is a value: a value may itself be undefined. */
  held: boolean;
  value: unknown;
}

/** A field of the first element to arrive (not of the earliest by time). */
export function first<F extends AggregateField, V = unknown>(field: F): Aggregate<WithField<F, V>, HeldValue, V> {
  return holding<F, V>(field, false);
}

/** A field of the last element to arrive (not of the latest by time). */
export function last<F extends AggregateField, V = unknown>(field: F): Aggregate<WithField<F, V>, HeldValue, V> {
  return holding<F, V>(field, true);
}

/** All values of a field in the order of their arrival. Keeps all of them in state. */
export function collectList<F extends AggregateField, V = unknown>(field: F): Aggregate<WithField<F, V>, V[], readonly V[]> {
  return ready({
    create: (): V[] => [],
    add(list: V[], value: WithField<F, V>) {
      list.push(fieldOf(field, value) as V);
    },
    merge(list: V[], other: V[]) {
      for (const value of other) list.push(value);
    },
    result: (list: V[]) => list.slice(),
  });
}

/** Counts the different values of a field; values that can be keys, compared as keys are. Keeps all of them in state. */
export function countDistinct<F extends AggregateField>(field: F): Aggregate<WithField<F, unknown>, Set<MapKey>, number> {
  return ready({
    create: () => new Set<MapKey>(),
    add(seen: Set<MapKey>, value: WithField<F, unknown>) {
      seen.add(distinctKey(field, value));
    },
    merge(seen: Set<MapKey>, other: Set<MapKey>) {
      for (const key of other) seen.add(key);
    },
    result: (seen: Set<MapKey>) => seen.size,
    exact: true,
  });
}

function extreme<F extends AggregateField, V extends bigint | number | string>(name: string, field: F, sign: number): Aggregate<WithField<F, V>, V | undefined, V> {
  const better = (best: V | undefined, value: V): V => {
    if (best === undefined) return value;
    if (typeof best !== typeof value) throw mixed(name, field, best, value);
    return (value < best ? -1 : value > best ? 1 : 0) * sign > 0 ? value : best;
  };
  return ready({
    create: (): V | undefined => undefined,
    add(best: V | undefined, value: WithField<F, V>) {
      const found = fieldOf(field, value);
      const type = typeof found;
      if (type !== 'string' && type !== 'bigint' && (type !== 'number' || found !== found)) throw refused(name, field, value, found);
      return better(best, found as V);
    },
    merge: (best: V | undefined, other: V | undefined) => (other === undefined ? best : better(best, other)),
    result: (best: V | undefined) => best as V,
    exact: true,
  });
}

function holding<F extends AggregateField, V>(field: F, replaces: boolean): Aggregate<WithField<F, V>, HeldValue, V> {
  return ready({
    create: (): HeldValue => ({ held: false, value: undefined }),
    add(accumulator: HeldValue, value: WithField<F, V>) {
      if (accumulator.held && !replaces) return;
      accumulator.held = true;
      accumulator.value = fieldOf(field, value);
    },
    merge(accumulator: HeldValue, other: HeldValue) {
      if (!other.held || (accumulator.held && !replaces)) return;
      accumulator.held = true;
      accumulator.value = other.value;
    },
    result: (accumulator: HeldValue) => accumulator.value as V,
  });
}

function fieldOf(field: AggregateField, value: unknown): unknown {
  return value === null || value === undefined ? undefined : (value as Record<AggregateField, unknown>)[field];
}

function summand(name: string, field: AggregateField, value: unknown): bigint | number {
  const found = fieldOf(field, value);
  if (typeof found === 'number' || typeof found === 'bigint') return found;
  throw refused(name, field, value, found);
}

function distinctKey(field: AggregateField, value: unknown): MapKey {
  const found = fieldOf(field, value);
  try {
    return storedMapKey(found);
  } catch (error) {
    throw refused('countDistinct', field, value, found, error);
  }
}

function refused(name: string, field: AggregateField, value: unknown, found: unknown, cause?: unknown): Error {
  return AggregateFieldInvalid.error({
    what: `${name}(${JSON.stringify(field)}) met ${shown(found)} in the record ${shown(value)}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

function mixed(name: string, field: AggregateField, before: unknown, now: unknown): Error {
  return AggregateFieldInvalid.error({ what: `${name}(${JSON.stringify(field)}) met the ${typeof now} ${String(now)} after a ${typeof before}` });
}

function shown(value: unknown): string {
  if (value === undefined) return 'a missing value';
  const text = typeof value === 'bigint' ? `${value}n` : typeof value === 'number' ? String(value) : describeObject(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function describeObject(value: unknown): string {
  try {
    return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
  } catch {
    return typeof value;
  }
}
