/**
 * What may change in a declared type while its data stay: the comparison that a restore makes, and the way from a value
 * of the old type to one of the new.
 */
import { typeInWords } from './describe.js';
import type { ClassType, FieldType, StructType, TypeInfo, TypeNode } from './type-info.js';

/** How an old type and a new one go together. */
export interface TypeComparison {
  /** Nothing changed; values can be taken over by {@link evolveValue}; or a migration must be declared. */
  readonly verdict: 'same' | 'compatible' | 'incompatible';
  /** Each change in words, with its path: what a refusal shows. */
  readonly changes: readonly string[];
}

/**
 * Compares the type that data were written with to the one declared now. Compatible are: a new optional field, a field
 * left out, another order of fields, a value that may now be undefined or null, number and timestamp, struct and class,
 * and anything that becomes dynamic.
 */
export function compareTypes(written: TypeInfo, declared: TypeInfo): TypeComparison {
  const found: Findings = { changes: [], incompatible: false };
  compare(written, declared, '$', found);
  const verdict = found.incompatible ? 'incompatible' : found.changes.length > 0 ? 'compatible' : 'same';
  return { verdict, changes: found.changes };
}

/** Turns a value of the written type into one of the declared type. Only for types that are not incompatible. */
export function evolveValue(written: TypeInfo, declared: TypeInfo, value: unknown): unknown {
  if (declared.kind === 'dynamic' || value === undefined || value === null) return value;
  const from = unwrapped(written);
  const to = unwrapped(declared);
  switch (to.kind) {
    case 'list':
      return from.kind === 'list' ? (value as unknown[]).map((element) => evolveValue(from.element, to.element, element)) : value;
    case 'tuple':
      return from.kind === 'tuple' ? (value as unknown[]).map((element, at) => evolveValue(from.elements[at]!, to.elements[at]!, element)) : value;
    case 'set':
      return from.kind === 'set' ? new Set([...(value as Set<unknown>)].map((element) => evolveValue(from.element, to.element, element))) : value;
    case 'map':
      return from.kind === 'map'
        ? new Map([...(value as Map<unknown, unknown>)].map(([key, entry]) => [evolveValue(from.key, to.key, key), evolveValue(from.value, to.value, entry)]))
        : value;
    case 'struct':
    case 'class':
      return from.kind === 'struct' || from.kind === 'class' ? evolveFields(from, to, value) : value;
    default:
      return value;
  }
}

interface Findings {
  readonly changes: string[];
  incompatible: boolean;
}

function evolveFields(from: StructType | ClassType, to: StructType | ClassType, value: unknown): unknown {
  const old = value as Record<string, unknown>;
  const made: object = to.kind === 'class' && to.prototype !== undefined ? (Object.create(to.prototype) as object) : {};
  for (const field of to.fields) {
    const before = from.fields.find((candidate) => candidate.name === field.name);
    if (before === undefined || !Object.hasOwn(old, field.name)) continue;
    // defineProperty, because assigning a field named __proto__ would change the prototype instead.
    Object.defineProperty(made, field.name, { value: evolveValue(before.type, field.type, old[field.name]), writable: true, enumerable: true, configurable: true });
  }
  return made;
}

function unwrapped(type: TypeNode): TypeNode {
  return type.kind === 'optional' || type.kind === 'nullable' ? unwrapped(type.inner) : type;
}

function compare(written: TypeNode, declared: TypeNode, path: string, found: Findings): void {
  if (declared.kind === 'dynamic') {
    if (written.kind !== 'dynamic') found.changes.push(`${path} is now any value (was ${typeInWords(written)})`);
    return;
  }
  if (declared.kind === 'optional' || declared.kind === 'nullable') {
    if (written.kind === declared.kind) return compare(written.inner, declared.inner, path, found);
    if (written.kind === 'optional' || written.kind === 'nullable') {
      if (declared.inner.kind === written.kind) {
        found.changes.push(`${path} may now be ${declared.kind === 'nullable' ? 'null' : 'undefined'}`);
        return compare(written, declared.inner, path, found);
      }
      return refuse(written, declared, path, found);
    }
    found.changes.push(`${path} may now be ${declared.kind === 'nullable' ? 'null' : 'undefined'}`);
    return compare(written, declared.inner, path, found);
  }
  compareSolid(written, declared, path, found);
}

function compareSolid(written: TypeNode, declared: TypeNode, path: string, found: Findings): void {
  if ((written.kind === 'struct' || written.kind === 'class') && (declared.kind === 'struct' || declared.kind === 'class')) {
    return compareFields(written, declared, path, found);
  }
  if (isNumeric(written) && isNumeric(declared)) {
    if (written.kind !== declared.kind) found.changes.push(`${path} is now a ${declared.kind} (was ${written.kind})`);
    return;
  }
  if (written.kind === 'list' && declared.kind === 'list') return compare(written.element, declared.element, `${path}[]`, found);
  if (written.kind === 'set' && declared.kind === 'set') return compare(written.element, declared.element, `${path}.values()`, found);
  if (written.kind === 'map' && declared.kind === 'map') {
    compare(written.key, declared.key, `${path}.keys()`, found);
    return compare(written.value, declared.value, `${path}.values()`, found);
  }
  if (written.kind === 'tuple' && declared.kind === 'tuple' && written.elements.length === declared.elements.length) {
    declared.elements.forEach((element, at) => compare(written.elements[at]!, element, `${path}[${at}]`, found));
    return;
  }
  if (written.kind !== declared.kind || written.kind === 'tuple') refuse(written, declared, path, found);
}

function compareFields(written: StructType | ClassType, declared: StructType | ClassType, path: string, found: Findings): void {
  if (nameOf(written) !== nameOf(declared)) found.changes.push(`${path} is now ${nameOf(declared)} (was ${nameOf(written)})`);
  const before = new Map<string, FieldType>(written.fields.map((field) => [field.name, field]));
  for (const field of declared.fields) {
    const old = before.get(field.name);
    if (old !== undefined) {
      compare(old.type, field.type, `${path}.${field.name}`, found);
    } else {
      const optional = field.type.kind === 'optional';
      found.changes.push(`${path}.${field.name} is new${optional ? '' : ' and not optional, so old data have nothing to put there'}`);
      if (!optional) found.incompatible = true;
    }
  }
  const after = new Set(declared.fields.map((field) => field.name));
  for (const field of written.fields) {
    if (!after.has(field.name)) found.changes.push(`${path}.${field.name} is gone`);
  }
  const order = declared.fields.filter((field) => before.has(field.name)).map((field) => field.name);
  if (written.fields.filter((field) => after.has(field.name)).some((field, at) => field.name !== order[at])) {
    found.changes.push(`${path} has its fields in another order`);
  }
}

function nameOf(type: StructType | ClassType): string {
  return type.kind === 'class' ? `the class ${type.name}` : 'a plain object';
}

function isNumeric(type: TypeNode): boolean {
  return type.kind === 'number' || type.kind === 'timestamp';
}

function refuse(written: TypeNode, declared: TypeNode, path: string, found: Findings): void {
  found.changes.push(`${path} is now ${typeInWords(declared)} (was ${typeInWords(written)})`);
  found.incompatible = true;
}
