/** Values of the whole domain, for tests of everything that carries values. Not part of the package. */
import fc from 'fast-check';

/** Each row of the table of `value-domain.ts`, by name. */
export const DOMAIN: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['true', true],
  ['false', false],
  ['0', 0],
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['2^32 - 1', 2 ** 32 - 1],
  ['2^32', 2 ** 32],
  ['-2^32', -(2 ** 32)],
  ['-2^32 - 1', -(2 ** 32) - 1],
  ['smallest double', Number.MIN_VALUE],
  ['largest safe integer', Number.MAX_SAFE_INTEGER],
  ['0n', 0n],
  ['-1n', -1n],
  ['2^63n', 2n ** 63n],
  ['-2^63n', -(2n ** 63n)],
  ['huge bigint', -(7n ** 200n)],
  ['empty string', ''],
  ['latin1', 'Grüße aus Zürich, with more than sixteen characters'],
  ['two-byte string', 'Ελληνικά и русский, больше шестнадцати'],
  ['emoji', '😀'],
  ['lone surrogates', '\ud800 x \udc00'],
  ['NUL', '\u0000a'],
  ['Date', new Date(1_700_000_000_123)],
  ['Date before 1970', new Date(-1)],
  ['empty array', []],
  ['nested array', [1, ['two', [null, [undefined]]]]],
  ['sparse array', sparse()],
  ['empty object', {}],
  ['undefined field', { a: undefined, b: 1 }],
  ['absent field', { b: 1 }],
  ['order of fields', { z: 1, a: 2, m: 3 }],
  ['dangerous names', dangerousNames()],
  ['odd names', { '': 1, 'a b': 2, '"': 3, '\n': 4, '\ud800': 5, 'a.b[0]': 6, 12: 7 }],
  ['object without prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ['Map', new Map<unknown, unknown>([['a', 1], [2, { b: 3 }], [{ k: 1 }, null], [Number.NaN, undefined]])],
  ['Set', new Set<unknown>([1, 'a', null, { b: 1 }])],
  ['ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
  ['DataView', new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
  ['Uint8Array', new Uint8Array([0, 255])],
  ['part of a buffer', new Uint8Array([1, 2, 3, 4]).subarray(1, 3)],
  ['Int8Array', new Int8Array([-1])],
  ['Uint8ClampedArray', new Uint8ClampedArray([300])],
  ['Uint16Array', new Uint16Array([65535])],
  ['Int16Array', new Int16Array([-5])],
  ['Uint32Array', new Uint32Array([2 ** 32 - 1])],
  ['Int32Array', new Int32Array([-5])],
  ['Float32Array', new Float32Array([0.5])],
  ['Float64Array', new Float64Array([0.1, -0, Number.NaN])],
  ['BigInt64Array', new BigInt64Array([-5n])],
  ['BigUint64Array', new BigUint64Array([5n])],
  ['128 levels', nested(128)],
];

/** Values that are refused, by name. */
export function refusedValues(): readonly (readonly [string, unknown])[] {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = { again: cycle };
  class Order {
    id = 1;
  }
  return [
    ['function', () => 1],
    ['symbol', Symbol('s')],
    ['cycle', cycle],
    ['129 levels', nested(129)],
    ['WeakMap', new WeakMap()],
    ['WeakSet', new WeakSet()],
    ['Promise', Promise.resolve(1)],
    ['class instance', new Order()],
    ['Error', new Error('x')],
    ['RegExp', /x/],
    ['invalid Date', new Date(Number.NaN)],
    ['subclass of Uint8Array (as Buffer is)', new (class Sub extends Uint8Array {})(1)],
    ['subclass of Map', new (class Sub extends Map {})()],
    ['boxed number', Object(1)],
  ];
}

/** Arrays nested so deeply. */
export function nested(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = i % 2 === 0 ? [value] : { in: value };
  return value;
}

function sparse(): unknown[] {
  const array: unknown[] = [1];
  array[3] = undefined;
  array.length = 6;
  return array;
}

function dangerousNames(): object {
  return JSON.parse('{"__proto__":{"polluted":1},"constructor":"c","toString":2,"hasOwnProperty":null,"valueOf":[],"length":3}') as object;
}

/** Any value of the domain. */
export function anyDomainValue(): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.constantFrom(...DOMAIN.map(([, value]) => value)),
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
  );
  const name = fc.oneof(fc.string(), fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString'));
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.array(tie('value'), { maxLength: 3 }).map((entries) => new Set(entries)),
    ),
  })).value.filter((value) => depthOf(value) <= 128);
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return 0;
  const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  let deepest = 0;
  for (const part of parts) deepest = Math.max(deepest, depthOf(part));
  return deepest + 1;
}

/** Where two values differ, exactly: -0, holes, absent fields, prototypes and the order of fields count. Undefined when nowhere. */
export function difference(left: unknown, right: unknown, path: string = '$'): string | undefined {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) {
    return Object.is(left, right) ? undefined : path;
  }
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return `${path} (prototype)`;
  if (left instanceof Date) return left.getTime() === (right as Date).getTime() ? undefined : path;
  if (left instanceof ArrayBuffer || ArrayBuffer.isView(left)) {
    return bytesOf(left).join() === bytesOf(right as ArrayBuffer | ArrayBufferView).join() ? undefined : path;
  }
  const a = left instanceof Map || left instanceof Set ? [...left] : left;
  const b = right instanceof Map || right instanceof Set ? [...right] : right;
  const names = Object.keys(a);
  if (names.join('\u0001') !== Object.keys(b).join('\u0001')) return `${path} (fields)`;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return `${path} (length)`;
  for (const name of names) {
    const found = difference((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
