/** Random declared types with values of them, for tests. Not part of the package. */
import fc from 'fast-check';
import { t } from '../types/t.js';
import type { FieldType, TypeInfo, TypeNode } from '../types/type-info.js';
import { anyDomainValue } from '../value-domain.test-values.js';

/** A type and some values of it. */
export interface TypeAndValues {
  readonly type: TypeInfo;
  readonly values: readonly unknown[];
}

class Sample {}

/** Any declared type with up to eight values. */
export function anyTypeAndValues(maxValues: number = 8): fc.Arbitrary<TypeAndValues> {
  return anyType(3).chain((type) => fc.record({ type: fc.constant(type), values: fc.array(valueOf(type), { maxLength: maxValues }) }));
}

/** Any struct type with values of it. */
export function anyStructAndValues(maxValues: number = 40): fc.Arbitrary<TypeAndValues> {
  return anyStruct(2).chain((type) => fc.record({ type: fc.constant(type), values: fc.array(valueOf(type), { maxLength: maxValues }) }));
}

function anyType(depth: number): fc.Arbitrary<TypeInfo> {
  const simple: fc.Arbitrary<TypeInfo> = fc.constantFrom<TypeInfo>(t.string, t.number, t.bigint, t.boolean, t.timestamp, t.date, t.bytes, t.dynamic);
  if (depth === 0) return simple;
  const inner = anyType(depth - 1);
  return fc.oneof(
    simple,
    inner.map((type) => t.list(type)),
    inner.map((type) => t.set(type)),
    inner.map((type) => t.optional(type)),
    inner.map((type) => t.nullable(type)),
    fc.tuple(inner, inner).map(([key, value]) => t.map(key, value)),
    fc.array(inner, { maxLength: 3 }).map((elements) => t.tuple(...elements)),
    anyStruct(depth - 1),
  );
}

function anyStruct(depth: number): fc.Arbitrary<TypeInfo> {
  const name = fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString', 'a "quoted" name', '7'), fc.string({ maxLength: 3 }));
  return fc.uniqueArray(fc.record({ name, type: anyType(depth) }), { selector: (field) => field.name, maxLength: 5 }).chain((fields: FieldType[]) =>
    fc.boolean().map((isClass): TypeInfo => {
      // Integer names come first in every object, so a struct that is to keep its order has them first.
      const order = Object.keys(Object.fromEntries(fields.map((field) => [field.name, 0])));
      const ordered = [...fields].sort((left, right) => order.indexOf(left.name) - order.indexOf(right.name));
      return isClass ? { kind: 'class', name: 'Sample', fields: ordered, prototype: Sample.prototype } : { kind: 'struct', fields: ordered };
    }),
  );
}

const ABSENT = Symbol('absent');

function valueOf(type: TypeNode): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'string':
      return fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', '\ud800', 'ж', 'x'.repeat(300)));
    case 'number':
    case 'timestamp':
      return fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, 1e15));
    case 'bigint':
      return fc.bigInt();
    case 'boolean':
      return fc.boolean();
    case 'date':
      return fc.date({ noInvalidDate: true });
    case 'bytes':
      return fc.uint8Array({ maxLength: 5 }).map((bytes) => Uint8Array.from(bytes));
    case 'dynamic':
      return anyDomainValue();
    case 'optional':
      return fc.oneof(valueOf(type.inner), fc.constant(undefined));
    case 'nullable':
      return fc.oneof(valueOf(type.inner), fc.constant(null));
    case 'list':
      return fc.array(valueOf(type.element), { maxLength: 4 });
    case 'set':
      return fc.array(valueOf(type.element), { maxLength: 3 }).map((entries) => new Set(entries));
    case 'map':
      return fc.array(fc.tuple(valueOf(type.key), valueOf(type.value)), { maxLength: 3 }).map((entries) => new Map(entries));
    case 'tuple':
      return fc.tuple(...type.elements.map(valueOf));
    case 'struct':
    case 'class':
      return fc.tuple(...type.fields.map((field) => fieldValue(field.type))).map((values) => {
        const object = type.kind === 'class' ? (Object.create(type.prototype!) as object) : {};
        type.fields.forEach((field, at) => {
          if (values[at] !== ABSENT) Object.defineProperty(object, field.name, { value: values[at], writable: true, enumerable: true, configurable: true });
        });
        return object;
      });
  }
}

function fieldValue(type: TypeNode): fc.Arbitrary<unknown> {
  return mayBeAbsent(type) ? fc.oneof(valueOf(type), fc.constant(ABSENT)) : valueOf(type);
}

function mayBeAbsent(type: TypeNode): boolean {
  return type.kind === 'optional' || (type.kind === 'nullable' && mayBeAbsent(type.inner));
}
