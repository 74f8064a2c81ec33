/**
 * The value domain: what records, keys and state may hold, and come out of every codec, channel and snapshot unchanged.
 *
 * | value | survives |
 * |---|---|
 * | undefined, null, booleans, strings (lone surrogates too), numbers (NaN, -0, ±Infinity), bigints | yes |
 * | valid `Date` | yes; an invalid one is refused |
 * | arrays, holes included (a hole is not undefined) | yes |
 * | plain objects, also without prototype; an absent field is not an undefined one; any field name; order of fields | yes |
 * | `Map`, `Set`, in insertion order | yes |
 * | `ArrayBuffer`, `DataView`, every typed array | yes; the bytes a view shows, in a buffer of their own |
 * | instances of a class declared with `t.class` | yes, where the declared type says so |
 * | functions, symbols, other instances (promises, weak collections, errors, `Buffer`) | refused |
 * | values that contain themselves, or nest deeper than {@link MAX_NESTING} | refused |
 *
 * Identity is not kept: an object that is referred to twice arrives as two. A proxy cannot be told from its target by
 * a program, so one over plain data is read as plain data. Frozenness, getters (read once) and non-enumerable fields
 * do not travel. Fields named by symbols, and named fields of arrays, would cost a look at every object: encoders leave them
 * out, and `explainUnsupported`, which check mode is meant to call, refuses them.
 */
import { ValueIsCyclic, ValueNotSupported, ValueTooDeep } from './errors.js';
import type { MillraceError } from '../base/errors.js';

/** How deeply values nest at most (rule 49): the outermost container is level 1. */
export const MAX_NESTING = 128;

/** True for `{…}` and objects without a prototype, also from another realm (a test runner's, a `vm` context's). */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return isForeignObjectPrototype(prototype as object);
}

/** `Object.prototype` of another realm: the end of the chain, with the methods only that one has. */
function isForeignObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf') && Object.hasOwn(prototype, 'propertyIsEnumerable');
}

/** The typed arrays in the order of their codes in the encoding, which never changes. `DataView` has the code after them. */
export const TYPED_ARRAYS: readonly TypedArrayConstructor[] = Object.freeze([
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]);

/** What makes a typed array over a buffer. */
export interface TypedArrayConstructor {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  readonly prototype: ArrayBufferView;
  new (buffer: ArrayBuffer): ArrayBufferView;
}

/** The code of `DataView` among the views. */
export const DATA_VIEW_CODE: number = TYPED_ARRAYS.length;

/** The code of a view in the encoding; -1 for a subclass (such as `Buffer`) or a view we do not know. */
export function viewCode(view: ArrayBufferView): number {
  const prototype: unknown = Object.getPrototypeOf(view);
  for (let code = 0; code < TYPED_ARRAYS.length; code++) {
    if (TYPED_ARRAYS[code]!.prototype === prototype) return code;
  }
  return prototype === DataView.prototype ? DATA_VIEW_CODE : -1;
}

/** True for a value outside the domain whatever its contents: what the encoders ask for objects they do not know. */
export function isDomainLeaf(value: object): boolean {
  if (value instanceof Date) return Object.getPrototypeOf(value) === Date.prototype && !Number.isNaN(value.getTime());
  if (ArrayBuffer.isView(value)) return viewCode(value) >= 0;
  return value instanceof ArrayBuffer && Object.getPrototypeOf(value) === ArrayBuffer.prototype;
}

/**
 * Why a value lies outside the domain, as the coded error to throw, with the path of the first offender; undefined when
 * it lies inside. Slow and thorough: encoders call it after they have failed, check mode calls it always.
 */
export function explainUnsupported(value: unknown, path: string = '$'): MillraceError | undefined {
  return explain(value, path, []);
}

function explain(value: unknown, path: string, ancestors: object[]): MillraceError | undefined {
  if (typeof value === 'function') return unsupported(`a function${value.name === '' ? '' : ` (${value.name})`}`, path);
  if (typeof value === 'symbol') return unsupported('a symbol', path);
  if (typeof value !== 'object' || value === null) return undefined;
  if (ancestors.includes(value)) return ValueIsCyclic.error({ what: 'a value contains itself', where: { path: shorten(path) } });
  if (isDomainLeaf(value)) return undefined;
  const isContainer = Array.isArray(value) || isExactly(value, Map) || isExactly(value, Set) || isPlainObject(value);
  if (!isContainer) return unsupportedInstance(value, path);
  if (ancestors.length >= MAX_NESTING) {
    return ValueTooDeep.error({ what: `a value is nested deeper than ${MAX_NESTING} levels`, where: { path: shorten(path) } });
  }
  ancestors.push(value);
  const found = explainParts(value, path, ancestors);
  ancestors.pop();
  return found;
}

function explainParts(value: object, path: string, ancestors: object[]): MillraceError | undefined {
  if (value instanceof Map) {
    let index = 0;
    for (const [key, entry] of value) {
      const found = explain(key, `${path}.keys()[${index}]`, ancestors) ?? explain(entry, `${path}.get(${keyText(key, index)})`, ancestors);
      if (found !== undefined) return found;
      index++;
    }
    return undefined;
  }
  if (value instanceof Set) {
    let index = 0;
    for (const entry of value) {
      const found = explain(entry, `${path}.values()[${index++}]`, ancestors);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) return unsupported(`a field named by a symbol, ${String(symbol)}`, path);
  }
  for (const name of Object.keys(value)) {
    const at = fieldPath(path, name, Array.isArray(value));
    if (Array.isArray(value) && !isIndex(name)) return unsupported('an array with named fields', at);
    const found = explain((value as Record<string, unknown>)[name], at, ancestors);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path of a field, readable: `$.items[3]["first name"]`. */
export function fieldPath(path: string, name: string, inArray: boolean = false): string {
  if (inArray && isIndex(name)) return `${path}[${name}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

function isIndex(name: string): boolean {
  return /^(0|[1-9]\d*)$/.test(name);
}

function isExactly(value: object, maker: MapConstructor | SetConstructor): boolean {
  return value instanceof maker && Object.getPrototypeOf(value) === maker.prototype;
}

function keyText(key: unknown, index: number): string {
  if (typeof key === 'string') return JSON.stringify(key.slice(0, 40));
  return typeof key === 'number' || typeof key === 'boolean' ? String(key) : `key ${index}`;
}

function unsupported(what: string, path: string): MillraceError {
  return ValueNotSupported.error({ what: `${what} was found in a value`, where: { path: shorten(path) } });
}

function unsupportedInstance(value: object, path: string): MillraceError {
  if (value instanceof Date && Object.getPrototypeOf(value) === Date.prototype) {
    return ValueNotSupported.error({ what: 'an invalid Date was found in a value', where: { path: shorten(path) }, remedy: 'Check the text or number that the Date is made from.' });
  }
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  const name = typeof maker === 'function' && maker.name !== '' ? maker.name : 'a class without a name';
  const remedy = ArrayBuffer.isView(value) ? { remedy: `Make a plain view of it: new Uint8Array(value). A ${name} would not stay one.` } : {};
  return ValueNotSupported.error({ what: `an instance of ${name} was found in a value`, where: { path: shorten(path) }, ...remedy });
}

function shorten(path: string): string {
  return path.length > 160 ? `${path.slice(0, 120)}…${path.slice(-30)}` : path;
}
