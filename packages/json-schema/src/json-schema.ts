import { json, type TypeInfo } from '@millrace/core';
import type { DecodeErrorPolicy, Format } from '@millrace/core/spi';
import { flatReferences, type RegistryFormatOptions, type SchemaDefinition, WrittenSchema } from '@millrace/schema-registry';
import { dereferenced } from './dereference.js';
import { JsonSchemaInvalid, JsonSchemaNotEncodable } from './errors.js';
import { JsonSchemaDecoder } from './json-schema-decoder.js';
import { JsonSchemaEncoder } from './json-schema-encoder.js';
import { ReadSchemas } from './read-schemas.js';
import { type CheckSettings, compileCheck, type OwnSchema } from './schema-check.js';
import { schemaDocument, titleOf } from './schema-document.js';
import { typeOfSchema } from './type-of-schema.js';

/** How {@link jsonSchema} reads and writes. */
export interface JsonSchemaOptions extends RegistryFormatOptions {
  /**
   * The schema of the records, as JSON text or as what that parses to: of draft-07, 2019-09 or 2020-12, as its `$schema`
   * says (draft-07 where it says nothing). With a registry it may be left out for reading: then each record is checked with
   * the schema it was written with.
   */
  readonly schema?: boolean | object | string;
  /** The schemas that it refers to, by the name that `$ref` uses. Nothing is fetched from the addresses in a schema. */
  readonly references?: readonly SchemaDefinition[];
  /** Whether properties that are missing get the `default` of the schema when read; true unless given. */
  readonly fillDefaults?: boolean;
  /**
   * What becomes of properties that the schema refuses with `additionalProperties: false`, when read: an error (unless given), or
   * they are left out. In `anyOf` and `oneOf` they are those of the branch that then fits; where several do, it is an error.
   */
  readonly unknownProperties?: 'drop' | 'refuse';
  /** Whether `format` (date-time, email, uuid and so on) is checked; true unless given. Names that are not known are passed over. */
  readonly formats?: boolean;
  /** The property with the event time: epoch milliseconds, or a text of the format `date-time`. */
  readonly timestampField?: string;
  /** What to do with a record that cannot be decoded or does not fit; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
}

/**
 * JSON that is checked by a JSON Schema, one document per line or message. Without a registry documents are read and written
 * with one schema; with one, each begins with the id of its schema.
 *
 * Documents are checked when they are read (`MR-4262`) and before they are written (`MR-4263`), and the error has the JSON
 * pointer of what does not fit. The type of the records comes from the schema: an object is a struct where it has
 * `additionalProperties: false`, and dynamic where it may have more.
 *
 * @example
 * ```ts
 * import { jsonSchema } from '@millrace/json-schema';
 *
 * const order = jsonSchema<{ id: string; amount: number }>({
 *   schema: {
 *     $schema: 'https://json-schema.org/draft/2020-12/schema',
 *     type: 'object', properties: { id: { type: 'string' }, amount: { type: 'number', minimum: 0 } },
 *     required: ['id', 'amount'], additionalProperties: false,
 *   },
 * });
 * console.log(order.type.kind);
 * ```
 */
export function jsonSchema<T = unknown>(options: JsonSchemaOptions): Format<T> {
  const { schema, registry, references = [], onError } = options;
  const settings: CheckSettings = { fillDefaults: options.fillDefaults ?? true, dropUnknown: options.unknownProperties === 'drop', formats: options.formats ?? true };
  if (schema === undefined && registry === undefined) throw JsonSchemaInvalid.error({ what: 'there is no schema', remedy: 'Give jsonSchema() a schema, or a registry that has those of the records.' });
  const own = ownSchema(schema, references);
  const read = new ReadSchemas(own, settings, options);
  // A value that is written is not changed: nothing is filled in or left out.
  const written = own === undefined ? undefined : compileCheck(own.document, own.references, { ...settings, fillDefaults: false, dropUnknown: false });
  const text = json();
  return {
    name: 'json-schema',
    framing: registry === undefined ? 'lines' : 'none',
    separator: registry === undefined ? '\n' : '',
    type: typeOfSchema(own === undefined ? true : dereferenced(own.document, own.references)) as TypeInfo<T>,
    ...(onError === undefined ? {} : { onError }),
    fileExtension: 'ndjson',
    createDecoder: (context) => new JsonSchemaDecoder(text.createDecoder(context), read, context, options.timestampField),
    createEncoder: () => {
      if (own === undefined || written === undefined) throw JsonSchemaNotEncodable.error({ what: 'the format has no schema, and so can only read', remedy: 'Give jsonSchema() the schema to write with.' });
      return new JsonSchemaEncoder(text.createEncoder(), written, writtenSchema(options, own));
    },
  };
}

function ownSchema(schema: boolean | object | string | undefined, references: readonly SchemaDefinition[]): OwnSchema | undefined {
  if (schema === undefined) return undefined;
  return { document: schemaDocument(schema), references: flatReferences(references).map(({ name, schema: one }) => ({ name, schema: schemaDocument(one) })) };
}

function writtenSchema(options: JsonSchemaOptions, own: OwnSchema): WrittenSchema | undefined {
  const { registry, schema, references = [] } = options;
  if (registry === undefined) return undefined;
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  return new WrittenSchema({ ...options, registry }, { type: 'JSON', schema: text }, titleOf(own.document), references);
}
