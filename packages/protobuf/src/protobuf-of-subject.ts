import type { Format } from '@millrace/core/spi';
import { definitionsOf, type SchemaRegistry } from '@millrace/schema-registry';
import { ProtobufIncompatible } from './errors.js';
import { protobuf, type ProtobufOptions } from './protobuf.js';

/** How {@link protobufOfSubject} finds the schema, and how the format reads and writes. */
export interface ProtobufOfSubjectOptions extends Omit<ProtobufOptions, 'file' | 'importFolders' | 'references' | 'schema'> {
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
  const { registry, subject, version = 'latest' } = options;
  const found = await registry.version(subject, version);
  if (found.type !== 'PROTOBUF') throw ProtobufIncompatible.error({ what: `version ${found.version} of ${subject} is a schema of ${found.type}` });
  return protobuf<T>({ ...options, schema: found.schema, references: await definitionsOf(registry, found) });
}
