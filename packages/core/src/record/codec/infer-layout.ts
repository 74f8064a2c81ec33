/**
 * A layout for records of unknown type, inferred from the records themselves. It is only an encoding: it travels with
 * each frame, is never compared or kept, and whatever does not fit it travels in another way.
 */
import type { FieldType, TypeNode } from '../types/type-info.js';
import { MAX_GENERATED_FIELDS } from './code-generation.js';

/** Objects inside objects become columns to this depth. */
const MAX_DEPTH = 4;

const DYNAMIC: TypeNode = Object.freeze({ kind: 'dynamic' });

/** The layout that fits the values `from` to `to - 1` best; dynamic when they have nothing in common. */
export function inferLayout(values: readonly unknown[], from: number, to: number): TypeNode {
  return inferType(values.slice(from, to), 0);
}

function inferType(values: readonly unknown[], depth: number): TypeNode {
  let kind: string | undefined;
  let hasNull = false;
  let hasUndefined = false;
  const solid: unknown[] = [];
  for (const value of values) {
    if (value === null) hasNull = true;
    else if (value === undefined) hasUndefined = true;
    else {
      const found = kindOf(value);
      if (kind !== undefined && kind !== found) return DYNAMIC;
      kind = found;
      solid.push(value);
    }
  }
  const inner = solidType(kind, solid, depth);
  if (inner.kind === 'dynamic') return inner;
  const nullable: TypeNode = hasNull ? { kind: 'nullable', inner } : inner;
  return hasUndefined ? { kind: 'optional', inner: nullable } : nullable;
}

function solidType(kind: string | undefined, values: readonly unknown[], depth: number): TypeNode {
  switch (kind) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return { kind };
    case 'struct':
      return depth < MAX_DEPTH ? inferStruct(values as readonly object[], depth) : DYNAMIC;
    default:
      return DYNAMIC;
  }
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object') return typeof value;
  return Object.getPrototypeOf(value) === Object.prototype ? 'struct' : 'other';
}

function inferStruct(values: readonly object[], depth: number): TypeNode {
  const names = mergedNames(values);
  if (names === undefined || names.length === 0) return DYNAMIC;
  const fields: FieldType[] = names.map((name) => {
    const column: unknown[] = [];
    for (const value of values) {
      if (Object.hasOwn(value, name)) column.push((value as Record<string, unknown>)[name]);
    }
    const type = inferType(column, depth + 1);
    const mayBeAbsent = column.length < values.length;
    return { name, type: mayBeAbsent && type.kind !== 'optional' ? { kind: 'optional', inner: type } : type };
  });
  return { kind: 'struct', fields };
}

/** All field names in an order that agrees with most records; undefined when there are too many. */
function mergedNames(values: readonly object[]): string[] | undefined {
  const names: string[] = [];
  const known = new Set<string>();
  for (const value of values) {
    let after = -1;
    for (const name of Object.keys(value)) {
      if (known.has(name)) {
        after = names.indexOf(name, after + 1) === -1 ? after : names.indexOf(name, after + 1);
        continue;
      }
      if (names.length >= MAX_GENERATED_FIELDS) return undefined;
      known.add(name);
      names.splice(++after, 0, name);
    }
  }
  return names;
}
