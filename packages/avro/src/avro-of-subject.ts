import type { Format } from '@millrace/core/spi';
import { schemaOfSubject, type OfSubject } from '@millrace/schema-registry';
import { avro, type AvroOptions } from './avro.js';
import { AvroIncompatible } from './errors.js';

/** How {@link avroOfSubject} finds the schema, and how the format reads and writes. */
export interface AvroOfSubjectOptions extends OfSubject, Omit<AvroOptions, 'references' | 'schema' | 'registry' | 'subject'> {}

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
  return avro<T>({ ...options, ...(await schemaOfSubject(options, 'AVRO', AvroIncompatible)) });
}
