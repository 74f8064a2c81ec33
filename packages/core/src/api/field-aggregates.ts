import type { AggregateFunction } from '../functions/aggregate-function.js';
import { FieldNotComparable } from './errors.js';

/** What `sum`, `min` and the others keep of a window: the element whose other fields count, and the value so far. */
interface FieldAccumulator {
  element: unknown;
  value: unknown;
}

/** The aggregations over one field. */
export type FieldAggregation = 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';

/**
 * The aggregate function behind `window(…).sum(field)` and its sisters. `sum`, `min` and `max` give the window's first
 * element with the field replaced; `minBy` and `maxBy` the whole element, the first on ties.
 */
export function fieldAggregate(kind: FieldAggregation, field: string | number): AggregateFunction<unknown, FieldAccumulator, unknown> {
  const whole = kind === 'minBy' || kind === 'maxBy';
  const sign = kind === 'min' || kind === 'minBy' ? -1 : 1;
  const take = (accumulator: FieldAccumulator, element: unknown, value: unknown): void => {
    if (accumulator.element === undefined) {
      accumulator.element = element;
      accumulator.value = value;
    } else if (kind === 'sum') accumulator.value = (accumulator.value as number) + (value as number);
    else if (compare(value, accumulator.value) * sign > 0) {
      accumulator.value = value;
      if (whole) accumulator.element = element;
    }
  };
  return Object.freeze({
    create: (): FieldAccumulator => ({ element: undefined, value: undefined }),
    add: (accumulator: FieldAccumulator, element: unknown) => take(accumulator, element, checked(kind, field, element)),
    merge: (accumulator: FieldAccumulator, other: FieldAccumulator) => {
      if (other.element !== undefined) take(accumulator, other.element, other.value);
    },
    result: ({ element, value }: FieldAccumulator) => (whole ? element : withField(element, field, value)),
  });
}

function compare(a: unknown, b: unknown): number {
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

/** Reads the field; only what can be added or compared passes. */
function checked(kind: FieldAggregation, field: string | number, element: unknown): unknown {
  const value = element === null || element === undefined ? undefined : (element as Record<string | number, unknown>)[field];
  const kinds = kind === 'sum' ? ['number', 'bigint'] : ['number', 'bigint', 'string'];
  if (kinds.includes(typeof value)) return value;
  throw FieldNotComparable.error({
    what: `${kind}(${JSON.stringify(field)}) met a record whose field is ${value === null ? 'null' : value === undefined ? 'missing' : `a ${typeof value}`}, expected ${kinds.join(' or ')}`,
  });
}

/** A copy with one field replaced: the element itself belongs to whoever emitted it. */
function withField(element: unknown, field: string | number, value: unknown): unknown {
  const copy: unknown = Array.isArray(element)
    ? element.slice()
    : Object.defineProperties(Object.create(Object.getPrototypeOf(element) as object | null) as object, Object.getOwnPropertyDescriptors(element));
  Object.defineProperty(copy, field, { value, enumerable: true, writable: true, configurable: true });
  return copy;
}
