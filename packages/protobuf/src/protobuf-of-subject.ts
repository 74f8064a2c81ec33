import type { Format } from '@millrace/core/spi';
import { schemaOfSubject, type OfSubject } from '@millrace/schema-registry';
import { ProtobufIncompatible } from './errors.js';
import { protobuf, type ProtobufOptions } from './protobuf.js';

/** How {@link protobufOfSubject} finds the schema, and how the format reads and writes. */
export interface ProtobufOfSubjectOptions extends OfSubject, Omit<ProtobufOptions, 'file' | 'importFolders' | 'references' | 'schema' | 'registry' | 'subject'> {}

/**
 * The Protobuf format of a schema that the registry has, for jobs that do not declare it: the records have the type of the
 * `message`. It is fetched at once, so a job module waits for it at its top level.
 *
 * @example
 * ```ts no-run needs a registry
 * import { protobufOfSubject } from '@millrace/protobuf';
 * import { schemaRegistry } from '@millrace/schema-registry';
 *
 * const registry = schemaRegistry({ url: 'http://localhost:8081' });
 * const orders = await protobufOfSubject<{ id: string }>({ registry, subject: 'orders-value', version: 3, message: 'shop.Order' });
 * console.log(orders.type.kind);
 * ```
 */
export async function protobufOfSubject<T = unknown>(options: ProtobufOfSubjectOptions): Promise<Format<T>> {
  return protobuf<T>({ ...options, ...(await schemaOfSubject(options, 'PROTOBUF', ProtobufIncompatible)) });
}
