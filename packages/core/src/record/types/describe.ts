/**
 * Types as JSON: what snapshots keep beside the data, so that they can be read without the job, and what a layout
 * inferred from a batch looks like in its frame.
 */
import { encodeUtf8 } from '../../base/bytes.js';
import { murmur3 } from '../../base/murmur3.js';
import { TypeInvalid } from '../errors.js';
import { MAX_NESTING } from '../value-domain.js';
import type { FieldType, TypeInfo, TypeNode } from './type-info.js';

/** A type as JSON: the kind alone for a simple one, else an array that begins with the kind. */
export type TypeDescription =
  | SimpleKind
  | readonly ['optional' | 'nullable' | 'list' | 'set', TypeDescription]
  | readonly ['map', TypeDescription, TypeDescription]
  | readonly ['tuple', ...TypeDescription[]]
  | readonly ['struct', readonly FieldDescription[]]
  | readonly ['class', string, readonly FieldDescription[]];

/** A field's name and type. */
export type FieldDescription = readonly [string, TypeDescription];

/** The kinds without parts. */
export type SimpleKind = 'string' | 'number' | 'timestamp' | 'bigint' | 'boolean' | 'date' | 'bytes' | 'dynamic';

const SIMPLE_KINDS: ReadonlySet<string> = new Set(['string', 'number', 'timestamp', 'bigint', 'boolean', 'date', 'bytes', 'dynamic']);

/** A described type has no more fields in one struct, and no more positions in one tuple. */
const MAX_PARTS = 10_000;

/** The type as JSON. */
export function describeType(type: TypeInfo): TypeDescription {
  switch (type.kind) {
    case 'optional':
    case 'nullable':
      return [type.kind, describeType(type.inner)];
    case 'list':
    case 'set':
      return [type.kind, describeType(type.element)];
    case 'map':
      return ['map', describeType(type.key), describeType(type.value)];
    case 'tuple':
      return ['tuple', ...type.elements.map(describeType)];
    case 'struct':
      return ['struct', type.fields.map(describeField)];
    case 'class':
      return ['class', type.name, type.fields.map(describeField)];
    default:
      return type.kind;
  }
}

/**
 * The type behind a description, from a snapshot or frame. Instances of classes come back as plain objects, since the
 * class is not there. Throws `TypeInvalid` for anything that `describeType` does not make.
 */
export function typeFromDescription(description: unknown): TypeNode {
  return fromDescription(description, 0);
}

/** A stable text of 32 hexadecimal digits; equal for equal declared types. Undefined for dynamic, which is never compared. */
export function fingerprintOf(type: TypeInfo): string | undefined {
  if (type.kind === 'dynamic') return undefined;
  const text = encodeUtf8(JSON.stringify(describeType(type)));
  let fingerprint = '';
  for (let seed = 0; seed < 4; seed++) fingerprint += (murmur3(text, seed) >>> 0).toString(16).padStart(8, '0');
  return fingerprint;
}

/** A type in words, for messages: `{ id: string, tags: list of string }`. */
export function typeInWords(type: TypeInfo): string {
  switch (type.kind) {
    case 'optional':
      return `optional ${typeInWords(type.inner)}`;
    case 'nullable':
      return `${typeInWords(type.inner)} or null`;
    case 'list':
    case 'set':
      return `${type.kind} of ${typeInWords(type.element)}`;
    case 'map':
      return `map from ${typeInWords(type.key)} to ${typeInWords(type.value)}`;
    case 'tuple':
      return `[${type.elements.map(typeInWords).join(', ')}]`;
    case 'struct':
      return `{ ${type.fields.map((field) => `${field.name}: ${typeInWords(field.type)}`).join(', ')} }`;
    case 'class':
      return type.name;
    case 'dynamic':
      return 'any value';
    default:
      return type.kind;
  }
}

function describeField(field: FieldType): FieldDescription {
  return [field.name, describeType(field.type)];
}

function fromDescription(description: unknown, depth: number): TypeNode {
  if (depth > MAX_NESTING) throw malformed('is nested too deeply');
  if (typeof description === 'string') {
    if (!SIMPLE_KINDS.has(description)) throw malformed(`names the kind ${JSON.stringify(description.slice(0, 40))}, which does not exist`);
    return Object.freeze({ kind: description as SimpleKind });
  }
  if (!Array.isArray(description) || description.length > MAX_PARTS) throw malformed('is neither a kind nor an array of parts');
  const parts: readonly unknown[] = description;
  const part = (at: number): TypeNode => fromDescription(parts[at], depth + 1);
  switch (parts[0]) {
    case 'optional':
    case 'nullable':
      return Object.freeze({ kind: parts[0], inner: part(1) });
    case 'list':
    case 'set':
      return Object.freeze({ kind: parts[0], element: part(1) });
    case 'map':
      return Object.freeze({ kind: 'map', key: part(1), value: part(2) });
    case 'tuple':
      return Object.freeze({ kind: 'tuple', elements: Object.freeze(parts.slice(1).map((_, at) => part(at + 1))) });
    case 'struct':
      return Object.freeze({ kind: 'struct', fields: fieldsFrom(parts[1], depth) });
    case 'class':
      if (typeof parts[1] !== 'string') throw malformed('has a class without a name');
      return Object.freeze({ kind: 'class', name: parts[1], fields: fieldsFrom(parts[2], depth), prototype: undefined });
    default:
      throw malformed('has a part of unknown kind');
  }
}

function fieldsFrom(description: unknown, depth: number): readonly FieldType[] {
  if (!Array.isArray(description) || description.length > MAX_PARTS) throw malformed('has fields that are no list');
  const names = new Set<string>();
  const fields = description.map((field: unknown) => {
    if (!Array.isArray(field) || field.length !== 2 || typeof field[0] !== 'string') throw malformed('has a field that is no name with a type');
    if (names.has(field[0])) throw malformed(`has the field ${JSON.stringify(field[0])} twice`);
    names.add(field[0]);
    return Object.freeze({ name: field[0], type: fromDescription(field[1], depth + 1) });
  });
  return Object.freeze(fields);
}

function malformed(why: string): Error {
  return TypeInvalid.error({ what: `the description of a type ${why}`, remedy: 'The data are damaged or come from a later version: use an undamaged copy and the version that wrote them.' });
}
