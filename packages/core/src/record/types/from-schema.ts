/**
 * Types from Standard Schemas (zod, arktype and their kin), through the JSON Schema of their output side. What JSON
 * Schema cannot say becomes dynamic, for one field or for all: that costs speed, never correctness.
 */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { DynamicType, FieldType, StructType, TypeCarrier, TypeInfo, TypeNode } from './type-info.js';
import { t } from './t.js';

/** A JSON Schema as far as it is read here. */
type JsonSchema = { readonly [keyword: string]: unknown };

/** Nested deeper, a schema is dynamic. */
const MAX_SCHEMA_DEPTH = 32;

/** True for a value with the Standard Schema property. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}

/**
 * The type of a schema's results. A schema without the JSON Schema hook, or one that refuses it (transforms), is
 * dynamic. The compile-time type is always the schema's output.
 */
export function typeFromSchema<S extends StandardSchemaV1>(schema: S): TypeInfo<StandardSchemaV1.InferOutput<S>> {
  const json = outputJsonSchema(schema);
  const node: TypeNode = json === undefined ? t.dynamic : fromJson(json, 0);
  return node as TypeInfo<StandardSchemaV1.InferOutput<S>>;
}

function outputJsonSchema(schema: StandardSchemaV1): JsonSchema | undefined {
  const standard = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  const output = standard.jsonSchema?.output;
  if (typeof output !== 'function') return undefined;
  // Zod gives {} instead of throwing for a date, a bigint, a map or a transform when asked so: only that field is dynamic then.
  for (const libraryOptions of [undefined, { unrepresentable: 'any' }]) {
    try {
      const json: unknown = output({ target: 'draft-2020-12', ...(libraryOptions === undefined ? {} : { libraryOptions }) });
      if (typeof json === 'object' && json !== null) return json as JsonSchema;
    } catch {
      // Not representable: the next attempt asks for less, and after it the schema is dynamic.
    }
  }
  return undefined;
}

function fromJson(json: unknown, depth: number): TypeNode {
  if (typeof json !== 'object' || json === null || depth > MAX_SCHEMA_DEPTH) return t.dynamic;
  const schema = json as JsonSchema;
  if (schema['$ref'] !== undefined || schema['allOf'] !== undefined || schema['not'] !== undefined) return t.dynamic;
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(alternatives)) return fromAlternatives(alternatives, depth);
  if (Array.isArray(schema['type'])) return fromAlternatives(schema['type'].map((type: unknown) => ({ ...schema, type })), depth);
  if (schema['type'] === undefined) return fromValues(schema['enum'] ?? ('const' in schema ? [schema['const']] : undefined));
  switch (schema['type']) {
    case 'string':
      return t.string;
    case 'number':
    case 'integer':
      return t.number;
    case 'boolean':
      return t.boolean;
    case 'array':
      return fromArray(schema, depth);
    case 'object':
      return fromObject(schema, depth);
    default:
      return t.dynamic;
  }
}

/** Values without a type keyword: an enumeration of strings is a string, and so on. */
function fromValues(values: unknown): TypeNode {
  if (!Array.isArray(values) || values.length === 0) return t.dynamic;
  const kinds = new Set(values.map((value: unknown) => typeof value));
  if (kinds.size > 1) return t.dynamic;
  if (kinds.has('string')) return t.string;
  if (kinds.has('number')) return t.number;
  return kinds.has('boolean') ? t.boolean : t.dynamic;
}

/** Alternatives of one simple kind are that kind, with null it is nullable; others are dynamic. */
function fromAlternatives(alternatives: readonly unknown[], depth: number): TypeNode {
  const isNull = (json: unknown): boolean => typeof json === 'object' && json !== null && (json as JsonSchema)['type'] === 'null';
  const solid = alternatives.filter((json) => !isNull(json)).map((json) => fromJson(json, depth + 1));
  const first = solid[0];
  if (first === undefined) return t.dynamic;
  const simple = first.kind === 'string' || first.kind === 'number' || first.kind === 'boolean';
  const agree = solid.length === 1 || (simple && solid.every((type) => type.kind === first.kind));
  if (!agree || first.kind === 'dynamic') return t.dynamic;
  return solid.length < alternatives.length && first.kind !== 'nullable' ? t.nullable(first as TypeInfo) : first;
}

function fromArray(schema: JsonSchema, depth: number): TypeNode {
  const positions = schema['prefixItems'];
  if (Array.isArray(positions)) {
    const fixed = schema['items'] === false && (schema['minItems'] === undefined || schema['minItems'] === positions.length);
    return fixed ? t.tuple(...positions.map((json: unknown) => fromJson(json, depth + 1) as TypeInfo)) : t.dynamic;
  }
  return schema['items'] === undefined ? t.dynamic : t.list(fromJson(schema['items'], depth + 1) as TypeInfo);
}

/** Only an object that says it has no other fields is a struct: others may carry more, which a struct would refuse. */
function fromObject(schema: JsonSchema, depth: number): StructType | (DynamicType & TypeCarrier<unknown>) {
  const properties = schema['properties'];
  if (typeof properties !== 'object' || properties === null || schema['additionalProperties'] !== false || schema['patternProperties'] !== undefined) {
    return t.dynamic;
  }
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const fields: FieldType[] = [];
  for (const name of Object.keys(properties)) {
    const type = fromJson((properties as JsonSchema)[name], depth + 1);
    // A required field of unknown type may still be absent: "any value" takes undefined, too.
    const field: TypeNode = required.has(name) && type.kind !== 'dynamic' ? type : t.optional(type as TypeInfo);
    fields.push(Object.freeze({ name, type: field }));
  }
  return Object.freeze({ kind: 'struct', fields: Object.freeze(fields) });
}
