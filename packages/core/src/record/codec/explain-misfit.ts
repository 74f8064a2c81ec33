/** Finds out, slowly and exactly, why a value does not fit a declared type. */
import type { MillraceError } from '../../base/errors.js';
import { ValueNotOfType } from '../errors.js';
import { typeInWords } from '../types/describe.js';
import type { ClassType, StructType, TypeNode } from '../types/type-info.js';
import { explainUnsupported, fieldPath, isPlainObject, MAX_NESTING } from '../value-domain.js';
import { presenceOf } from './presence.js';

/** The coded error for a value that a codec of `type` refused; undefined when the value fits. */
export function explainMisfit(type: TypeNode, value: unknown, path: string): MillraceError | undefined {
  const { solid, allowsNull, allowsUndefined } = presenceOf(type);
  if ((value === undefined && allowsUndefined) || (value === null && allowsNull)) return undefined;
  // What lies outside the domain is the better message than "not a string". A declared class is inside.
  if (solid.kind !== 'class' && typeof value === 'object' && value !== null && path.length < 40 * MAX_NESTING) {
    const inside = explainParts(solid, value, path);
    if (inside !== undefined) return inside;
  }
  if (typeof value === 'function' || typeof value === 'symbol') return explainUnsupported(value, path);
  if (solid.kind === 'dynamic') return explainUnsupported(value, path);
  if (solid.kind === 'class') {
    if (typeof value !== 'object' || value === null || !isInstance(solid, value)) return mismatch(solid, value, path);
    return explainFields(solid, value, path);
  }
  return fits(solid, value) ? undefined : mismatch(solid, value, path);
}

/** True for an object that a struct or class type takes, as far as its prototype goes. */
export function isInstance(type: StructType | ClassType, value: object): boolean {
  return Object.getPrototypeOf(value) === (type.kind === 'class' ? (type.prototype ?? Object.prototype) : Object.prototype);
}

function explainParts(solid: TypeNode, value: object, path: string): MillraceError | undefined {
  if (solid.kind === 'struct') return isPlainObject(value) ? explainFields(solid, value, path) : undefined;
  if (solid.kind === 'list' || solid.kind === 'tuple') {
    if (!Array.isArray(value)) return undefined;
    for (let at = 0; at < value.length; at++) {
      const type = solid.kind === 'list' ? solid.element : solid.elements[at];
      if (type === undefined) return ValueNotOfType.error({ what: `${path} has ${value.length} elements, ${solid.kind === 'tuple' ? solid.elements.length : 0} are declared`, where: { path } });
      const place = `${path}[${at}]`;
      const isThere = at in value;
      if (!isThere && presenceOf(type).allowsAbsent) continue;
      const found = isThere ? explainMisfit(type, value[at], place) : ValueNotOfType.error({ what: `there is a hole where ${typeInWords(type)} is declared`, where: { path: place } });
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (solid.kind === 'set' && value instanceof Set) {
    let at = 0;
    for (const entry of value) {
      const found = explainMisfit(solid.element, entry, `${path}.values()[${at++}]`);
      if (found !== undefined) return found;
    }
  }
  if (solid.kind === 'map' && value instanceof Map) {
    let at = 0;
    for (const [key, entry] of value) {
      const found = explainMisfit(solid.key, key, `${path}.keys()[${at}]`) ?? explainMisfit(solid.value, entry, `${path}.values()[${at++}]`);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function explainFields(type: StructType | ClassType, value: object, path: string): MillraceError | undefined {
  for (const field of type.fields) {
    const at = fieldPath(path, field.name);
    const isThere = Object.hasOwn(value, field.name);
    if (!isThere && presenceOf(field.type).allowsAbsent) continue;
    if (!isThere) return ValueNotOfType.error({ what: `the field ${JSON.stringify(field.name)} is missing; ${typeInWords(field.type)} is declared`, where: { path: at } });
    const found = explainMisfit(field.type, (value as Record<string, unknown>)[field.name], at);
    if (found !== undefined) return found;
  }
  const declared = new Set(type.fields.map((field) => field.name));
  const extra = Object.keys(value).find((name) => !declared.has(name));
  if (extra === undefined) return undefined;
  return ValueNotOfType.error({
    what: `the field ${JSON.stringify(extra)} is not declared and would be lost`,
    where: { path: fieldPath(path, extra) },
    remedy: 'Declare the field, or leave it out of the value.',
  });
}

function fits(type: TypeNode, value: unknown): boolean {
  switch (type.kind) {
    case 'timestamp':
      return typeof value === 'number';
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return typeof value === type.kind;
    case 'date':
      return value instanceof Date && Object.getPrototypeOf(value) === Date.prototype && !Number.isNaN(value.getTime());
    case 'bytes':
      return value instanceof Uint8Array && Object.getPrototypeOf(value) === Uint8Array.prototype;
    case 'list':
      return Array.isArray(value);
    case 'tuple':
      return Array.isArray(value) && value.length === type.elements.length;
    case 'map':
      return value instanceof Map && Object.getPrototypeOf(value) === Map.prototype;
    case 'set':
      return value instanceof Set && Object.getPrototypeOf(value) === Set.prototype;
    case 'struct':
      return typeof value === 'object' && value !== null && isInstance(type, value);
    default:
      return true;
  }
}

function mismatch(type: TypeNode, value: unknown, path: string): MillraceError {
  return ValueNotOfType.error({ what: `${inWords(value)} was given where ${typeInWords(type)} is declared`, where: { path } });
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a Date';
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker !== Object ? `an instance of ${maker.name}` : 'an object';
}
