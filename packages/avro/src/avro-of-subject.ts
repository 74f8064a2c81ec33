import type { Format } from '@millrace/core/spi';
import { definitionsOf, type SchemaRegistry } from '@millrace/schema-registry';
import { avro, type AvroOptions } from './avro.js';
import { AvroIncompatible } from './errors.js';

/** How {@link avroOfSubject} finds the schema, and how the format reads and writes. */
export interface AvroOfSubjectOptions extends Omit<AvroOptions, 'references' | 'schema'> {
  readonly registry: SchemaRegistry;
  /** The subject to take the schema from; written records go under it, too. */
  readonly subject: string;
  /**
   * The version; the newest unless given. Each thread and each start of a job asks for itself: name a version where a job
   * must not change because somebody registers another one.
   */
  readonly version?: number | 'latest';
}

/**
 * The Avro format of a schema that the registry has, for jobs that do not declare it: the records have its type. It is
 * fetched at once, so a job module waits for it at its top level.
 *
 * @example
 * ```ts no-run needs a registry
 * import { avroOfSubject } from '@millrace/avro';
 * import { schemaRegistry } from '@millrace/schema-registry';
 *
 * const registry = schemaRegistry({ url: 'http://localhost:8081' });
 * const orders = await avroOfSubject<{ id: string }>({ registry, subject: 'orders-value', version: 3 });
 * console.log(orders.type.kind);
 * ```
 */
export async function avroOfSubject<T = unknown>(options: AvroOfSubjectOptions): Promise<Format<T>> {
  const { registry, subject, version = 'latest' } = options;
  const found = await registry.version(subject, version);
  if (found.type !== 'AVRO') throw AvroIncompatible.error({ what: `version ${found.version} of ${subject} is a schema of ${found.type}` });
  return avro<T>({ ...options, schema: found.schema, references: await definitionsOf(registry, found) });
}
