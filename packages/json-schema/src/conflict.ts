import { JsonSchemaConflict } from './errors.js';
import type { JsonSchemaDocument } from './schema-document.js';

const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const;
/** Looked into no deeper. */
const MOST_LEVELS = 32;

/** How the reader takes what it does not know. */
export interface ReaderHabits {
  readonly fillDefaults: boolean;
  readonly dropUnknown: boolean;
}

/**
 * Finds what is certain to fail when documents of one schema are read with another. It says nothing of what may fail for
 * some documents and not for others (a number that happens to be no integer, a text that is too long): each document is
 * checked when it is read. What the writer's schema does not name counts as not written. Both schemas come with their
 * references replaced. Throws `MR-4265`.
 */
export function checkNoConflict(writer: JsonSchemaDocument, reader: JsonSchemaDocument, habits: ReaderHabits): void {
  const found = conflict(writer, reader, habits, '#', 0);
  if (found !== undefined) throw JsonSchemaConflict.error({ what: found.what, where: { path: found.pointer } });
}

interface Conflict {
  readonly what: string;
  readonly pointer: string;
}

function conflict(writer: unknown, reader: unknown, habits: ReaderHabits, pointer: string, level: number): Conflict | undefined {
  if (!isObject(writer) || !isObject(reader) || level > MOST_LEVELS) return undefined;
  const [written, read] = [typesOf(writer), typesOf(reader)];
  if (written !== undefined && read !== undefined && !written.some((type) => read.includes(type))) return { what: `${written.join(' or ')} is written and ${read.join(' or ')} is read`, pointer };
  const values = valuesOf(writer);
  const allowed = valuesOf(reader)?.map((value) => JSON.stringify(value));
  if (values !== undefined && allowed !== undefined && !values.some((value) => allowed.includes(JSON.stringify(value)))) return { what: 'none of the written values is one of those that are read', pointer };
  return properties(writer, reader, habits, pointer, level) ?? (isObject(writer['items']) ? elements(writer, reader, habits, pointer, level) : undefined);
}

/** Elements count where a list must have some. */
function elements(writer: Schema, reader: Schema, habits: ReaderHabits, pointer: string, level: number): Conflict | undefined {
  return Number(writer['minItems'] ?? 0) > 0 && writer['prefixItems'] === undefined && reader['prefixItems'] === undefined ? conflict(writer['items'], reader['items'], habits, `${pointer}/0`, level + 1) : undefined;
}

function properties(writer: Schema, reader: Schema, habits: ReaderHabits, pointer: string, level: number): Conflict | undefined {
  if (isOpen(writer) || !isObject(writer['properties'])) return undefined;
  const given = writer['properties'];
  const known = isObject(reader['properties']) ? reader['properties'] : {};
  const always = namesOf(writer['required']);
  for (const name of namesOf(reader['required'])) {
    const hasDefault = habits.fillDefaults && isObject(known[name]) && 'default' in known[name];
    if (!Object.hasOwn(given, name) && !hasDefault) return { what: 'the property is required, is not written, and has no default', pointer: below(pointer, name) };
  }
  for (const name of always) {
    const closed = reader['additionalProperties'] === false && reader['patternProperties'] === undefined && !habits.dropUnknown;
    if (closed && !Object.hasOwn(known, name)) return { what: 'the property is always written, and the reader refuses properties it does not have', pointer: below(pointer, name) };
    const found = conflict(given[name], known[name], habits, below(pointer, name), level + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Schema = Readonly<Record<string, unknown>>;

/** Whether documents may have properties by other rules than `properties`. */
function isOpen(schema: Schema): boolean {
  const { type } = schema;
  return isObject(schema['additionalProperties']) || ['$ref', 'allOf', 'anyOf', 'oneOf', 'patternProperties'].some((keyword) => schema[keyword] !== undefined) || (type !== 'object' && type !== undefined);
}

/** The types a schema allows; undefined where it does not say so plainly. */
function typesOf(schema: Schema): readonly string[] | undefined {
  if (['$ref', 'allOf', 'anyOf', 'oneOf'].some((keyword) => schema[keyword] !== undefined)) return undefined;
  const { type } = schema;
  const types = (Array.isArray(type) ? type : [type]).filter((one): one is string => TYPES.includes(one as (typeof TYPES)[number]));
  // A whole number is a number, and a number may be a whole one.
  return types.length === 0 ? undefined : [...new Set(types.map((one) => (one === 'integer' ? 'number' : one)))];
}

function valuesOf(schema: Schema): readonly unknown[] | undefined {
  if (Array.isArray(schema['enum'])) return schema['enum'];
  return 'const' in schema ? [schema['const']] : undefined;
}

const namesOf = (required: unknown): readonly string[] => (Array.isArray(required) ? required.filter((one): one is string => typeof one === 'string') : []);
const below = (pointer: string, name: string): string => `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
