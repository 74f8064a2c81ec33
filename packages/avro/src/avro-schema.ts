import { AvroSchemaInvalid } from './errors.js';

/** A type without parts. */
export interface AvroPrimitive {
  readonly kind: 'boolean' | 'bytes' | 'double' | 'float' | 'int' | 'long' | 'null' | 'string';
  readonly logical: AvroLogical | undefined;
}

/** What a value means beyond its type. Unknown and misplaced ones are left out, as the specification asks. */
export interface AvroLogical {
  readonly name: string;
  /** Of decimals. */
  readonly precision: number;
  readonly scale: number;
}

/** So many bytes. */
export interface AvroFixed {
  readonly kind: 'fixed';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly size: number;
  readonly logical: AvroLogical | undefined;
}

/** One of some names. */
export interface AvroEnum {
  readonly kind: 'enum';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly symbols: readonly string[];
  /** What stands for a symbol that the reader does not have. */
  readonly fallback: string | undefined;
}

/** A list of values of one type. */
export interface AvroArray {
  readonly kind: 'array';
  readonly items: AvroNode;
}

/** Values of one type by name. */
export interface AvroMap {
  readonly kind: 'map';
  readonly values: AvroNode;
}

/** One of some types. */
export interface AvroUnion {
  readonly kind: 'union';
  readonly branches: readonly AvroNode[];
}

/** A field of a record. */
export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroNode;
  readonly hasDefault: boolean;
  /** As JSON. */
  readonly default: unknown;
}

/** Fields in their order. A record may contain itself. */
export interface AvroRecord {
  readonly kind: 'record';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly fields: readonly AvroField[];
}

/** A type of Avro, names resolved. */
export type AvroNode = AvroArray | AvroEnum | AvroFixed | AvroMap | AvroPrimitive | AvroRecord | AvroUnion;

const PRIMITIVES: ReadonlySet<string> = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
const NAME = /^[A-Za-z_]\w*$/;
const LOGICAL_OF: Readonly<Record<string, string>> = {
  date: 'int', 'time-millis': 'int', 'time-micros': 'long', 'timestamp-millis': 'long', 'timestamp-micros': 'long', 'timestamp-nanos': 'long',
  'local-timestamp-millis': 'long', 'local-timestamp-micros': 'long', 'local-timestamp-nanos': 'long', uuid: 'string', bigint: 'long',
};
const MOST_LEVELS = 100;

/** The named types that a schema may refer to. */
export type NamedTypes = Map<string, AvroNode>;

/** Parses a schema, given as JSON text or as what that parses to. Throws `MR-4221`. */
export function parseAvroSchema(schema: unknown, named: NamedTypes = new Map()): AvroNode {
  let parsed = schema;
  if (typeof schema === 'string' && isJsonText(schema)) {
    try {
      parsed = JSON.parse(schema);
    } catch (error) {
      throw invalid(`the schema is no JSON: ${(error as Error).message}`);
    }
  }
  return parse(parsed, { named, namespace: '', level: 0 });
}

/** Whether a schema that is a text is JSON; else it is the name of a type. */
export function isJsonText(schema: string): boolean {
  return /^\s*[{["]/.test(schema);
}

/** The name of a type, or its kind: what stands for it in a union. */
export function branchName(node: AvroNode): string {
  return 'name' in node ? node.name : node.kind;
}

interface Scope {
  readonly named: NamedTypes;
  readonly namespace: string;
  readonly level: number;
}

type Attributes = Readonly<Record<string, unknown>>;

function parse(schema: unknown, scope: Scope): AvroNode {
  if (scope.level > MOST_LEVELS) throw invalid(`the schema has more than ${MOST_LEVELS} levels`);
  const below = { ...scope, level: scope.level + 1 };
  if (typeof schema === 'string') return reference(schema, scope);
  if (Array.isArray(schema)) return union(schema, below);
  if (typeof schema !== 'object' || schema === null) throw invalid(`${JSON.stringify(schema)} is no type`);
  const attributes = schema as Attributes;
  const { type } = attributes;
  switch (type) {
    case 'array':
      return { kind: 'array', items: parse(attributes['items'], below) };
    case 'map':
      return { kind: 'map', values: parse(attributes['values'], below) };
    case 'record':
    case 'error':
      return record(attributes, below);
    case 'enum':
      return enumeration(attributes, scope);
    case 'fixed':
      return fixed(attributes, scope);
    default:
      if (typeof type !== 'string' || !PRIMITIVES.has(type)) return parse(type, below);
      return { kind: type as AvroPrimitive['kind'], logical: logicalOf(attributes, type) };
  }
}

function reference(name: string, { named, namespace }: Scope): AvroNode {
  if (PRIMITIVES.has(name)) return { kind: name as AvroPrimitive['kind'], logical: undefined };
  const found = named.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? named.get(name);
  if (found === undefined) throw invalid(`the type ${JSON.stringify(name)} is not defined`);
  return found;
}

function union(schemas: readonly unknown[], scope: Scope): AvroUnion {
  const branches = schemas.map((one) => parse(one, scope));
  const names = branches.map(branchName);
  const double = names.find((name, at) => names.indexOf(name) !== at);
  if (double !== undefined) throw invalid(`a union has ${double} twice`);
  if (names.includes('union')) throw invalid('a union has a union in it');
  if (names.length === 0) throw invalid('a union is empty');
  return { kind: 'union', branches };
}

function record(attributes: Attributes, scope: Scope): AvroRecord {
  const { name, namespace, aliases } = nameOf(attributes, scope);
  const fields: AvroField[] = [];
  const made: AvroRecord = { kind: 'record', name, aliases, fields };
  define(scope, name, made);
  if (!Array.isArray(attributes['fields'])) throw invalid(`the record ${name} has no fields`);
  for (const field of attributes['fields'] as readonly Attributes[]) {
    const fieldName = field?.['name'];
    if (typeof fieldName !== 'string' || !NAME.test(fieldName)) throw invalid(`${name} has a field with the name ${JSON.stringify(fieldName)}`);
    if (fields.some((other) => other.name === fieldName)) throw invalid(`${name} has the field ${fieldName} twice`);
    // Some writers put the logical type beside the type of the field.
    const type = parse(field['type'], { ...scope, namespace });
    fields.push({ name: fieldName, aliases: textsOf(field['aliases']), type, hasDefault: Object.hasOwn(field, 'default'), default: field['default'] });
  }
  return made;
}

function enumeration(attributes: Attributes, scope: Scope): AvroEnum {
  const { name, aliases } = nameOf(attributes, scope);
  const symbols = textsOf(attributes['symbols']);
  const fallback = attributes['default'];
  if (symbols.length === 0 || new Set(symbols).size !== symbols.length || !symbols.every((symbol) => NAME.test(symbol))) throw invalid(`the symbols of the enum ${name} are no list of different names`);
  if (fallback !== undefined && !symbols.includes(fallback as string)) throw invalid(`the default of the enum ${name} is none of its symbols`);
  const made: AvroEnum = { kind: 'enum', name, aliases, symbols, fallback: fallback as string | undefined };
  define(scope, name, made);
  return made;
}

function fixed(attributes: Attributes, scope: Scope): AvroFixed {
  const { name, aliases } = nameOf(attributes, scope);
  const size = attributes['size'];
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(`the size of ${name} is ${JSON.stringify(size)}`);
  const made: AvroFixed = { kind: 'fixed', name, aliases, size: size as number, logical: logicalOf(attributes, 'fixed') };
  define(scope, name, made);
  return made;
}

function define({ named }: Scope, name: string, node: AvroNode): void {
  if (named.has(name)) throw invalid(`the type ${name} is defined twice`);
  named.set(name, node);
}

function nameOf(attributes: Attributes, scope: Scope): { name: string; namespace: string; aliases: readonly string[] } {
  const { name: given, namespace: own } = attributes;
  if (typeof given !== 'string' || !given.split('.').every((part) => NAME.test(part))) throw invalid(`${JSON.stringify(given)} is no name of a type`);
  const dot = given.lastIndexOf('.');
  const namespace = dot >= 0 ? given.slice(0, dot) : typeof own === 'string' ? own : scope.namespace;
  const full = (text: string): string => (text.includes('.') || namespace === '' ? text : `${namespace}.${text}`);
  if (PRIMITIVES.has(full(given))) throw invalid(`${given} is the name of a type of Avro itself`);
  return { name: full(given), namespace, aliases: textsOf(attributes['aliases']).map(full) };
}

function logicalOf(attributes: Attributes, kind: string): AvroLogical | undefined {
  const { logicalType: name, precision, scale = 0 } = attributes;
  if (typeof name !== 'string') return undefined;
  if (name !== 'decimal') return LOGICAL_OF[name] === kind ? { name, precision: 0, scale: 0 } : undefined;
  const isValid = (kind === 'bytes' || kind === 'fixed') && Number.isInteger(precision) && (precision as number) > 0 && Number.isInteger(scale) && (scale as number) >= 0 && (scale as number) <= (precision as number);
  return isValid ? { name, precision: precision as number, scale: scale as number } : undefined;
}

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []);

function invalid(what: string): Error {
  return AvroSchemaInvalid.error({ what });
}
