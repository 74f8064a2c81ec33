/** `@millrace/schema-registry`: a client of Confluent-compatible schema registries, and what formats with one share. */
export {
  schemaRegistry, SchemaRegistry, type CompatibilityCheck, type CompatibilityLevel, type RegisteredSchema, type SchemaReference, type SchemaRegistryOptions,
  type SchemaText, type SubjectVersion,
} from './schema-registry.js';
export type { SchemaType } from './schema-type.js';
export type { RegistryAuth } from './http.js';
export { recordName, topicName, topicRecordName, type SubjectContext, type SubjectStrategy } from './subjects.js';
export { messageIndexBytes, messageIndexesAt, schemaIdAt, wireHeader, WIRE_HEADER_BYTES, type MessageIndexes } from './wire-format.js';
export { LatestCheck } from './latest-check.js';
export { flatReferences, registeredReferences, schemaOfSubject, type OfSubject, type SchemaDefinition } from './references.js';
export { oncePerSchema, WriterSchemas, WrittenSchema, type RegistryFormatOptions } from './registered-schemas.js';
export { SCHEMA_REGISTRY_ERRORS } from './error-catalogue.js';
