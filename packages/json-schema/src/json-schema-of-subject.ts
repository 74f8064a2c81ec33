import type { Format } from '@millrace/core/spi';
import { definitionsOf, type SchemaRegistry } from '@millrace/schema-registry';
import { WriterSchemaNotJson } from './errors.js';
import { jsonSchema, type JsonSchemaOptions } from './json-schema.js';

/** How {@link jsonSchemaOfSubject} finds the schema, and how the format reads and writes. */
export interface JsonSchemaOfSubjectOptions extends Omit<JsonSchemaOptions, 'references' | 'schema'> {
  readonly registry: SchemaRegistry;
  /** The subject to take the schema from; written records go under it, too. */
  readonly subject: string;
  /** The version; the newest unless given, which each thread and each start of a job asks for anew. */
  readonly version?: number | 'latest';
}

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
  const { registry, subject, version = 'latest' } = options;
  const found = await registry.version(subject, version);
  if (found.type !== 'JSON') throw WriterSchemaNotJson.error({ what: `version ${found.version} of ${subject} is a schema of ${found.type}` });
  return jsonSchema<T>({ ...options, schema: found.schema, references: await definitionsOf(registry, found) });
}
