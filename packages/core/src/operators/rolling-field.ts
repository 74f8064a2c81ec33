import { RollingFieldInvalid } from './errors.js';
import { excerpt } from '../record/excerpt.js';

/** Which field of an element is meant. */
export type FieldChoice =
  | string
  | number
  | { readonly name?: string; readonly get: (value: never) => unknown; readonly set?: (copy: never, field: unknown) => unknown };

/** Reads a field, and gives a copy of an element with the field replaced. */
export interface FieldAccess {
  readonly name: string;
  get(value: unknown): unknown;
  /** A copy of `element` with another value in the field: the element itself belongs to whoever emitted it. */
  set(element: unknown, field: unknown): unknown;
}

/** The access to a field by its name, its position, or functions of the user. */
export function fieldAccess(choice: FieldChoice): FieldAccess {
  if (typeof choice !== 'object') {
    return { name: JSON.stringify(choice), get: (value) => readField(value, choice), set: (element, field) => replaceField(element, choice, field) };
  }
  const { get, set, name = 'the field' } = choice;
  return {
    name,
    get: get as (value: unknown) => unknown,
    set: (element, field) => {
      if (set === undefined) return field;
      const copy = shallowCopy(element);
      return (set as (copy: unknown, field: unknown) => unknown)(copy, field) ?? copy;
    },
  };
}

/** The error for a field that cannot be aggregated. */
export function refuseField(kind: string, access: FieldAccess, value: unknown, field: unknown, why?: string): Error {
  const found = field === undefined ? 'missing' : field === null ? 'null' : `${excerpt(field)}, a ${typeof field}`;
  return RollingFieldInvalid.error({
    what: `${kind}(${access.name}) met a record whose field is ${found}: ${excerpt(value)}`,
    ...(why === undefined ? {} : { why }),
  });
}

function readField(value: unknown, field: string | number): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return field === 0 ? value : undefined;
  return (value as Record<string | number, unknown>)[field];
}

function replaceField(element: unknown, field: string | number, value: unknown): unknown {
  if (typeof element !== 'object' || element === null) return value;
  const copy = shallowCopy(element) as Record<string | number, unknown>;
  if (field === '__proto__') Object.defineProperty(copy, field, { value, enumerable: true, writable: true, configurable: true });
  else copy[field] = value;
  return copy;
}

/** Spread defines fields and does not assign them, so a field named `__proto__` stays a field. */
function shallowCopy(element: unknown): unknown {
  if (typeof element !== 'object' || element === null) return element;
  if (Array.isArray(element)) return element.slice();
  const prototype: unknown = Object.getPrototypeOf(element);
  if (prototype === Object.prototype) return { ...element };
  return Object.defineProperties(Object.create(prototype as object | null) as object, Object.getOwnPropertyDescriptors(element));
}
