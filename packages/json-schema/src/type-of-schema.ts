import { typeFromSchema, type TypeInfo } from '@millrace/core/spi';
import type { JsonSchemaDocument } from './schema-document.js';

/**
 * The type of documents of a schema. An object is a struct where the schema lets it have no other properties; what JSON
 * Schema cannot say for certain is dynamic, for one property or for all.
 */
export function typeOfSchema(schema: JsonSchemaDocument): TypeInfo {
  const plain = (): Record<string, unknown> => (typeof schema === 'boolean' ? {} : { ...schema });
  return typeFromSchema({ '~standard': { version: 1, vendor: 'json-schema', validate: (value: unknown) => ({ value }), jsonSchema: { input: plain, output: plain } } } as Parameters<typeof typeFromSchema>[0]);
}
