import type { AggregateFunction } from '../functions/aggregate-function.js';
import type { RollingKind } from '../operators/rolling.js';
import { fieldAccess, refuseField, type FieldAccess } from '../operators/rolling-field.js';

/** What `sum`, `min` and the others keep of a window: the element whose other fields count, and the value so far. */
interface FieldAccumulator {
  element: unknown;
  value: unknown;
}

/**
 * The aggregate function behind `window(…).sum(field)` and its sisters. `sum`, `min` and `max` give the window's first
 * element with the field replaced; `minBy` and `maxBy` the whole element, the first on ties.
 */
export function fieldAggregate(kind: RollingKind, field: string | number): AggregateFunction<unknown, FieldAccumulator, unknown> {
  const access = fieldAccess(field);
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
    add: (accumulator: FieldAccumulator, element: unknown) => take(accumulator, element, checked(kind, access, element)),
    merge: (accumulator: FieldAccumulator, other: FieldAccumulator) => {
      if (other.element !== undefined) take(accumulator, other.element, other.value);
    },
    result: ({ element, value }: FieldAccumulator) => (whole ? element : access.set(element, value)),
  });
}

function compare(a: unknown, b: unknown): number {
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

/** Reads the field; only what can be added or compared passes. */
function checked(kind: RollingKind, access: FieldAccess, element: unknown): unknown {
  const value = access.get(element);
  if (typeof value === 'number' || typeof value === 'bigint' || (kind !== 'sum' && typeof value === 'string')) return value;
  throw refuseField(kind, access, element, value);
}
