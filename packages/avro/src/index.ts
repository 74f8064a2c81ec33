/** `@millrace/avro`: Avro as a format for sources and sinks, alone or with a schema registry. */
export { avro, type AvroOptions } from './avro.js';
export { avroOfSubject, type AvroOfSubjectOptions } from './avro-of-subject.js';
export type { LongMode } from './logical.js';
export { AVRO_ERRORS } from './error-catalogue.js';
