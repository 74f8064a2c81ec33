import type { StandardSchemaV1 } from '@standard-schema/spec';
import { fromHex } from '../base/bytes.js';
import type { FieldType, TypeInfo, TypeNode } from '../record/types/type-info.js';

/** Collects what does not fit while a value is converted. */
interface Misfits {
  readonly issues: { readonly message: string; readonly path: readonly PropertyKey[] }[];
}

type Path = readonly (number | string)[];

/**
 * A schema for text formats made of a type: it checks parsed values, and gives the types that text has no form for what
 * they are written as: a Date from ISO text, a bigint from a whole number or digits, a Map from an object or pairs, a Set
 * from a list, bytes from hexadecimal text.
 */
export function schemaOfType<T>(type: TypeInfo<T>): StandardSchemaV1<unknown, T> {
  return {
    '~standard': {
      version: 1,
      vendor: 'millrace',
      validate: (value) => {
        const misfits: Misfits = { issues: [] };
        const converted = convert(type, value, [], misfits);
        return misfits.issues.length === 0 ? { value: converted as T } : { issues: misfits.issues };
      },
    },
  };
}

function convert(type: TypeNode, value: unknown, path: Path, misfits: Misfits): unknown {
  switch (type.kind) {
    case 'dynamic':
      return value;
    case 'string':
    case 'boolean':
      return typeof value === type.kind ? value : misfit(type, value, path, misfits);
    case 'number':
      return typeof value === 'number' ? value : misfit(type, value, path, misfits);
    case 'timestamp':
      return Number.isSafeInteger(value) ? value : misfit(type, value, path, misfits);
    case 'bigint':
      return toBigint(type, value, path, misfits);
    case 'date':
      return toDate(type, value, path, misfits);
    case 'bytes':
      return toBytes(type, value, path, misfits);
    case 'optional':
      return value === undefined ? undefined : convert(type.inner, value, path, misfits);
    case 'nullable':
      return value === null ? null : convert(type.inner, value, path, misfits);
    case 'list':
      return Array.isArray(value) ? value.map((element, at) => convert(type.element, element, [...path, at], misfits)) : misfit(type, value, path, misfits);
    case 'set':
      return Array.isArray(value)
        ? new Set(value.map((element, at) => convert(type.element, element, [...path, at], misfits)))
        : misfit(type, value, path, misfits);
    case 'tuple':
      return Array.isArray(value) && value.length === type.elements.length
        ? type.elements.map((element, at) => convert(element, value[at], [...path, at], misfits))
        : misfit(type, value, path, misfits);
    case 'map':
      return toMap(type, value, path, misfits);
    case 'struct':
      return toFields(type.fields, value, {}, path, misfits);
    case 'class':
      return toFields(type.fields, value, Object.create(type.prototype ?? Object.prototype) as object, path, misfits);
  }
}

function toBigint(type: TypeNode, value: unknown, path: Path, misfits: Misfits): unknown {
  if (typeof value === 'bigint') return value;
  if (Number.isInteger(value)) return BigInt(value as number);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  return misfit(type, value, path, misfits);
}

function toDate(type: TypeNode, value: unknown, path: Path, misfits: Misfits): unknown {
  if (typeof value === 'string' && /^[+-]?\d{4,6}-\d\d/.test(value)) {
    const date = new Date(value);
    if (!Number.isNaN(date.getTime())) return date;
  }
  return misfit(type, value, path, misfits);
}

function toBytes(type: TypeNode, value: unknown, path: Path, misfits: Misfits): unknown {
  const isHex = typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(value);
  return isHex ? fromHex(value) : misfit(type, value, path, misfits);
}

function toMap(type: Extract<TypeNode, { kind: 'map' }>, value: unknown, path: Path, misfits: Misfits): unknown {
  if (typeof value !== 'object' || value === null) return misfit(type, value, path, misfits);
  const map = new Map<unknown, unknown>();
  const entries: readonly unknown[] = Array.isArray(value) ? value : Object.entries(value);
  entries.forEach((entry, at) => {
    if (!Array.isArray(entry) || entry.length !== 2) return void misfit(type, entry, [...path, at], misfits);
    const place = Array.isArray(value) ? at : String(entry[0]);
    map.set(convert(type.key, entry[0], [...path, place], misfits), convert(type.value, entry[1], [...path, place], misfits));
  });
  return map;
}

function toFields(fields: readonly FieldType[], value: unknown, into: object, path: Path, misfits: Misfits): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    misfits.issues.push({ message: `an object was expected, not ${nameOf(value)}`, path });
    return into;
  }
  const given = value as Record<string, unknown>;
  for (const { name, type } of fields) {
    if (!Object.hasOwn(given, name)) {
      if (type.kind !== 'optional') misfits.issues.push({ message: 'is missing', path: [...path, name] });
      continue;
    }
    const converted = convert(type, given[name], [...path, name], misfits);
    if (name === '__proto__') Object.defineProperty(into, name, { value: converted, configurable: true, enumerable: true, writable: true });
    else (into as Record<string, unknown>)[name] = converted;
  }
  return into;
}

function misfit(type: TypeNode, value: unknown, path: Path, misfits: Misfits): undefined {
  misfits.issues.push({ message: `${type.kind} was expected, not ${nameOf(value)}`, path });
  return undefined;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `${typeof value} ${String(value).slice(0, 40)}`;
}
