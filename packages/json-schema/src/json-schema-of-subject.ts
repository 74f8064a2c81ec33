import type { Format } from '@millrace/core/spi';
import { schemaOfSubject, type OfSubject } from '@millrace/schema-registry';
import { WriterSchemaNotJson } from './errors.js';
import { jsonSchema, type JsonSchemaOptions } from './json-schema.js';

/** How {@link jsonSchemaOfSubject} finds the schema, and how the format reads and writes. */
export interface JsonSchemaOfSubjectOptions extends OfSubject, Omit<JsonSchemaOptions, 'references' | 'schema' | 'registry' | 'subject'> {}

/**
 * The format of a JSON Schema that the registry has, for jobs that do not declare it: the records have its type. It is
 * fetched at once, so a job module waits for it at its top level.
 *
 * @example
 * ```ts no-run needs a registry
 * import { jsonSchemaOfSubject } from '@millrace/json-schema';
 * import { schemaRegistry } from '@millrace/schema-registry';
 *
 * const registry = schemaRegistry({ url: 'http://localhost:8081' });
 * const orders = await jsonSchemaOfSubject<{ id: string }>({ registry, subject: 'orders-value', version: 3 });
 * console.log(orders.type.kind);
 * ```
 */
export async function jsonSchemaOfSubject<T = unknown>(options: JsonSchemaOfSubjectOptions): Promise<Format<T>> {
  return jsonSchema<T>({ ...options, ...(await schemaOfSubject(options, 'JSON', WriterSchemaNotJson)) });
}
