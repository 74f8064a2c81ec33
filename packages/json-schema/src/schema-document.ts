import { JsonSchemaInvalid } from './errors.js';

/** A JSON Schema as JSON: an object, or true (anything) or false (nothing). */
export type JsonSchemaDocument = boolean | { readonly [keyword: string]: unknown };

/** The drafts that are understood. */
export type JsonSchemaDraft = '2019-09' | '2020-12' | 'draft-07';

/** The draft of a schema that names none, as registries take it. */
const UNNAMED: JsonSchemaDraft = 'draft-07';

const DRAFTS: Readonly<Record<string, JsonSchemaDraft>> = {
  'json-schema.org/draft-07/schema': 'draft-07',
  'json-schema.org/draft/2019-09/schema': '2019-09',
  'json-schema.org/draft/2020-12/schema': '2020-12',
};

/** A schema, given as JSON text or as what that parses to. Throws `MR-4261`. */
export function schemaDocument(schema: unknown): JsonSchemaDocument {
  let parsed = schema;
  if (typeof schema === 'string') {
    try {
      parsed = JSON.parse(schema);
    } catch (error) {
      throw JsonSchemaInvalid.error({ what: `the schema is no JSON: ${(error as Error).message}`, cause: error });
    }
  }
  if (typeof parsed === 'boolean' || (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))) return parsed as JsonSchemaDocument;
  throw JsonSchemaInvalid.error({ what: `the schema is ${parsed === null ? 'null' : Array.isArray(parsed) ? 'a list' : typeof parsed}, and must be an object, true or false` });
}

/** The title of a schema, which stands for its name; undefined where it has none. */
export function titleOf(schema: JsonSchemaDocument): string | undefined {
  const title = typeof schema === 'boolean' ? undefined : schema['title'];
  return typeof title === 'string' ? title : undefined;
}

/** The draft that a schema names with `$schema`. Throws `MR-4261` for another one. */
export function draftOf(schema: JsonSchemaDocument): JsonSchemaDraft {
  const named = typeof schema === 'boolean' ? undefined : schema['$schema'];
  if (named === undefined) return UNNAMED;
  const draft = DRAFTS[String(named).replace(/^https?:\/\//, '').replace(/#$/, '')];
  if (draft !== undefined) return draft;
  throw JsonSchemaInvalid.error({ what: `$schema is ${JSON.stringify(named)}, and draft-07, 2019-09 and 2020-12 are supported` });
}
